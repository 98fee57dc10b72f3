"""Frameworks: subscribed, taken over, disconnected, removed."""

from dataclasses import replace

from barter.core.cluster import FrameworkInfo
from barter.core.ids import FrameworkId
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.core.units import format_duration
from barter.master import offers, tasks
from barter.master.adopt import was_removed
from barter.master.cluster import Cluster
from barter.master.events import Subscribe
from barter.master.facts import FrameworkAdmitted, FrameworkRemoved
from barter.master.inverse import owe_framework
from barter.master.messages import Error, KillFramework, Subscribed, Update
from barter.master.state import NO_SESSION, Framework
from barter.master.timers import FailoverEnds


def subscribe(cluster: Cluster, event: Subscribe, now: int) -> None:
    """Admit a framework, or let a known one go on from another stream; then tell it all it has not acknowledged."""
    info, session = event.info, event.session
    if session in cluster.sessions:
        own = cluster.frameworks[cluster.sessions[session]]
        cluster.to_framework(own, Error("subscribe: this stream has subscribed already"), "it subscribed twice")
        return
    if info.framework_id and was_removed(cluster, info.framework_id):
        reason = f"framework {info.framework_id} was removed: subscribe with an empty id for a new one"
        cluster.close(session, reason, fatal=True)
        return
    framework = _admit(cluster, info, now)
    if framework.connected:
        cluster.close(framework.session, "failed over: the framework subscribed on another stream", fatal=True)
        _leave_session(cluster, framework, "the framework subscribed on another stream", now)
    framework.session, framework.subscribed_ms = session, now
    framework.demands_only, framework.suppressed = event.demands_only, frozenset()
    framework.demands = {}
    cluster.sessions[session] = framework.framework_id
    cluster.allocator.clear_refusals(framework.framework_id)
    cluster.touch(framework=framework)
    cluster.to_framework(framework, Subscribed(framework.framework_id), "it subscribed")
    cluster.history.record(now, "framework_subscribed", framework.framework_id, info.name)
    if framework.pending:
        again = tuple(pending.status for pending in framework.pending.values())
        cluster.to_framework(framework, Update(again), "not acknowledged yet")
    owe_framework(cluster, framework)


def _admit(cluster: Cluster, info: FrameworkInfo, now: int) -> Framework:
    framework = cluster.frameworks.get(info.framework_id) if info.framework_id else None
    if framework is not None and framework.info == info:
        return framework
    if not info.framework_id:
        cluster.frameworks_made += 1
        made = FrameworkId(f"{cluster.cluster_id}-{cluster.epoch}-{cluster.frameworks_made:04d}")
        info = replace(info, framework_id=made)
    if framework is None:
        framework = Framework(info, behind=_follows_one_behind(cluster, info))
        cluster.frameworks[info.framework_id] = framework
        cluster.history.record(now, "framework_admitted", info.framework_id, info.name)
    framework.info = info
    cluster.persist(FrameworkAdmitted(info), "the framework is new, or describes itself anew")
    return framework


def _follows_one_behind(cluster: Cluster, info: FrameworkInfo) -> bool:
    """One that comes again and again as a new framework is in line where it was."""
    whose = (info.name, info.principal)
    return any(each.behind and (each.info.name, each.info.principal) == whose for each in cluster.frameworks.values())


def _leave_session(cluster: Cluster, framework: Framework, reason: str, now: int) -> None:
    """Its offers go back without a word: nobody is there to hear it."""
    cluster.sessions.pop(framework.session, None)
    framework.session = NO_SESSION
    framework.absences += 1
    held = tuple(framework.offers.values())
    offers.rescind(cluster, held, "offer_rescinded", reason, now)
    for opened in held:
        offers.left_unused(cluster, opened)
    cluster.touch(framework=framework)


def disconnected(cluster: Cluster, framework: Framework, now: int) -> None:
    """Its tasks go on; it has its failover timeout to come back."""
    _leave_session(cluster, framework, "its framework lost its stream", now)
    timeout = framework.info.failover_timeout_ms
    waits = f"its tasks are kept for {format_duration(timeout)}"
    cluster.history.record(now, "framework_disconnected", framework.framework_id, waits)
    cluster.timers.at(now + timeout, FailoverEnds(framework.framework_id, framework.absences))


def failover_ends(cluster: Cluster, due: FailoverEnds, now: int) -> None:
    framework = cluster.frameworks.get(due.framework_id)
    if framework is None or framework.connected or framework.absences != due.absence:
        return
    timeout = format_duration(framework.info.failover_timeout_ms)
    remove(cluster, framework, f"not back within its failover timeout of {timeout}", now)


def teardown(cluster: Cluster, framework: Framework, now: int) -> None:
    """Its own wish: its stream ends without an error."""
    cluster.close(framework.session, "", fatal=False)
    remove(cluster, framework, "the framework tore itself down", now)


def teardown_by_operator(cluster: Cluster, framework_id: FrameworkId, now: int) -> str:
    framework = cluster.frameworks.get(framework_id)
    if framework is None:
        return f"the master knows no framework {framework_id!r}: see `barter frameworks`"
    reason = "removed by an operator"
    if framework.connected:
        cluster.close(framework.session, reason, fatal=True)
    remove(cluster, framework, reason, now)
    return ""


def remove(cluster: Cluster, framework: Framework, reason: str, now: int) -> None:
    """Durably, then have its tasks killed; it can never subscribe again under this id.

    Its tasks' resources are free at once, as in Mesos: until an agent has ended them it refuses what does not fit.
    """
    framework_id = framework.framework_id
    _leave_session(cluster, framework, reason, now)
    cluster.persist(FrameworkRemoved(framework_id), reason)
    concerned = {task.agent_id: None for task in framework.tasks.values()}
    concerned |= {pending.agent_id: None for pending in framework.pending.values()}
    for task in tuple(framework.tasks.values()):
        status = tasks.master_status(task, TaskState.KILLED, Reason.FRAMEWORK_REMOVED, reason, now)
        tasks.apply(cluster, task, status, now)
    for agent_id in concerned:
        agent = cluster.agents.get(agent_id)
        if agent is not None:
            cluster.to_agent(agent, KillFramework(framework_id, reason), reason)
    cluster.endpoints.tell(framework_id, (), framework.services)
    cluster.edges.forget(service.service_id for service in framework.services)
    del cluster.frameworks[framework_id]
    cluster.fresh_frameworks.pop(framework_id, None)
    cluster.allocator.remove_seeker(framework_id)
    cluster.framework_settled(framework_id)
    cluster.history.record(now, "framework_removed", framework_id, reason)
