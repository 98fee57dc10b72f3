"""Agents drained, deactivated, activated, marked gone.

A drain is durable and absolute in time. What follows from it is worked out at the end of a batch, from the agent as it
stands: so it goes on over restarts of masters and agents, wherever they came in between.
"""

from dataclasses import replace

from barter.core.maintenance import Maintenance, Mode
from barter.core.tasks import Reason
from barter.core.units import format_duration
from barter.master import inverse, offers
from barter.master.cluster import Cluster
from barter.master.events import Activate, Deactivate, Drain, MarkGone, Release
from barter.master.facts import MaintenanceSet
from barter.master.gone import mark_gone, mark_removed_gone
from barter.master.messages import Error, Kill
from barter.master.state import Agent, Framework, Task
from barter.master.timers import MaintenanceDue

DAY_MS = 24 * 3_600_000
LONGEST_GRACE_MS, FURTHEST_START_MS = 30 * DAY_MS, 366 * DAY_MS


def maintain(cluster: Cluster, event: Drain | Deactivate | Activate | MarkGone, now: int) -> str:
    """Returns why not."""
    agent = cluster.agents.get(event.agent_id)
    if agent is None:
        removed = cluster.reach.removed.get(event.agent_id)
        if removed is not None and isinstance(event, MarkGone):
            return mark_removed_gone(cluster, removed, event, now)
        if removed is not None:
            name = f"agent {event.agent_id} ({removed.hostname})"
            return f"{name} was removed, as it was out of reach: see `barter removals`"
        gone = cluster.gone.get(event.agent_id)
        fate = f"was {gone.reason}" if gone else "is not known here: see `barter agents`"
        return f"agent {event.agent_id} {fate}"
    match event:
        case Drain():
            return _drain(cluster, agent, event, now)
        case Deactivate():
            return _deactivate(cluster, agent, event, now)
        case Activate():
            return _activate(cluster, agent, event, now)
        case MarkGone():
            return mark_gone(cluster, agent, event, now)


def _drain(cluster: Cluster, agent: Agent, event: Drain, now: int) -> str:
    if refusal := _no_drain(agent, event, now):
        return refusal
    old = agent.maintenance
    running = old is not None and old.mode is Mode.DRAINING
    start_ms = old.start_ms if old is not None and running else event.start_ms or now
    deadline_ms = (event.start_ms or now) + event.grace_ms
    mode = Mode.DRAINING if start_ms <= now else Mode.ACTIVE
    _set(cluster, agent, Maintenance(agent.info.agent_id, mode, start_ms, deadline_ms, event.reason))
    _say(cluster, agent, old, now)
    offers.rescind(cluster, agent.offers.values(), "offer_rescinded", _why(agent), now)
    inverse.owe_all(cluster, agent)
    watch(cluster, agent)
    return ""


def _no_drain(agent: Agent, event: Drain, now: int) -> str:
    name = f"agent {event.agent_id} ({agent.info.hostname})"
    if not 0 <= event.grace_ms <= LONGEST_GRACE_MS:
        return (
            f"a grace of {format_duration(event.grace_ms)}: it has to be from 0 to {format_duration(LONGEST_GRACE_MS)}"
        )
    if event.start_ms and event.start_ms <= now:
        ago = format_duration(now - event.start_ms)
        return f"the start is {ago} in the past: leave it out to drain {name} now"
    if event.start_ms > now + FURTHEST_START_MS:
        return f"the start is more than {format_duration(FURTHEST_START_MS)} ahead"
    if agent.mode is Mode.DRAINED:
        return f"{name} is drained already: activate it first to drain it again"
    if event.start_ms and agent.mode is not Mode.ACTIVE:
        return f"{name} is {agent.mode}, which a later start would end: activate it first, or drain it now"
    return ""


def _deactivate(cluster: Cluster, agent: Agent, event: Deactivate, now: int) -> str:
    if agent.mode is Mode.DEACTIVATED:
        return f"agent {event.agent_id} ({agent.info.hostname}) is deactivated already"
    old = agent.maintenance
    _set(cluster, agent, Maintenance(agent.info.agent_id, Mode.DEACTIVATED, reason=event.reason))
    why = _why(agent)
    offers.rescind(cluster, agent.offers.values(), "offer_rescinded", why, now)
    _end_drain(cluster, agent, old, why)
    cluster.history.record(now, "agent_deactivated", event.agent_id, why)
    return ""


def _activate(cluster: Cluster, agent: Agent, event: Activate, now: int) -> str:
    old = agent.maintenance
    if old is None:
        return f"agent {event.agent_id} ({agent.info.hostname}) is active already"
    announced = old.mode is Mode.ACTIVE
    _set(cluster, agent, Maintenance(agent.info.agent_id))
    why = f"activated by an operator{f': {event.reason}' if event.reason else ''}"
    if announced:
        offers.rescind(cluster, agent.offers.values(), "offer_rescinded", why, now)
    _end_drain(cluster, agent, old, why)
    cluster.history.record(now, "agent_activated", event.agent_id, f"{why}; it was {standing(old)}")
    return ""


def release(cluster: Cluster, framework: Framework, event: Release, now: int) -> None:
    """Kill those of the tasks that are on agents to be given up; who ended or is being killed already needs no word."""
    staying: list[str] = []
    for task_id in event.task_ids:
        task = framework.tasks.get(task_id)
        if task is None or task.kill is not None:
            continue
        agent = cluster.agents[task.agent_id]
        if not agent.unavailable_from_ms:
            staying.append(f"{task_id} is on agent {task.agent_id}, which stays")
        else:
            _kill(cluster, agent, task, f"released by {framework.info.name}", now)
    if staying:
        more = f"; and {len(staying) - 1} more" if len(staying) > 1 else ""
        message = f"release: task {staying[0]}{more}: kill it if it is to end"
        cluster.to_framework(framework, Error(message), message)


def look(cluster: Cluster, now: int) -> None:
    """At the end of a batch, once all else is done that changes tasks: what is due on agents under maintenance."""
    for agent_id in tuple(cluster.maintained):
        if (agent := cluster.agents.get(agent_id)) is not None:
            _advance(cluster, agent, now)
    cluster.maintained.clear()
    if cluster.owed_inverse:
        inverse.send(cluster)


def due(cluster: Cluster, timer: MaintenanceDue) -> None:
    """A timer of a drain that was changed or ended since finds nothing due."""
    agent = cluster.agents.get(timer.agent_id)
    if agent is not None:
        cluster.touch(agent)


def watch(cluster: Cluster, agent: Agent) -> None:
    """Look at it when its drain begins, and when that ends."""
    maintenance = agent.maintenance
    if maintenance is not None and maintenance.start_ms:
        for when in (maintenance.start_ms, maintenance.deadline_ms):
            cluster.timers.at(when, MaintenanceDue(agent.info.agent_id))


def standing(maintenance: Maintenance) -> str:
    """In one word."""
    return "announced" if maintenance.mode is Mode.ACTIVE else maintenance.mode.value


def _advance(cluster: Cluster, agent: Agent, now: int) -> None:
    """One that has not been heard of since the master's start may yet tell of tasks: it is not drained."""
    old = agent.maintenance
    if old is None or old.mode is Mode.DEACTIVATED or now < old.start_ms:
        return
    mode = Mode.DRAINING if agent.tasks else Mode.DRAINED
    if agent.never_heard and mode is Mode.DRAINED:
        mode = Mode.DRAINING if old.mode is Mode.ACTIVE else old.mode
    if mode is not old.mode:
        _set(cluster, agent, replace(old, mode=mode))
        _say(cluster, agent, old, now)
        offers.rescind(cluster, agent.offers.values(), "offer_rescinded", _why(agent), now)
    if now >= old.deadline_ms:
        for task in agent.tasks.values():
            if task.kill is None or task.kill.cause is not Reason.AGENT_DRAINING:
                _kill(cluster, agent, task, "not released by the deadline", now)


def _kill(cluster: Cluster, agent: Agent, task: Task, why: str, now: int) -> None:
    """With its own grace. One that is away is told when it is back."""
    assert agent.maintenance is not None
    wanted = f"drained: {agent.maintenance.reason}" if agent.maintenance.reason else "drained"
    reason = f"{wanted}; {why}"
    task.kill = Kill(task.framework_id, task.info.task_id, -1, reason, Reason.AGENT_DRAINING)
    cluster.history.record(now, "task_kill", task.info.task_id, reason)
    cluster.to_agent(agent, task.kill, reason)


def _set(cluster: Cluster, agent: Agent, maintenance: Maintenance) -> None:
    usual = maintenance.mode is Mode.ACTIVE and not maintenance.start_ms
    agent.maintenance = None if usual else maintenance
    cluster.reach.changed |= agent.unreachable
    cluster.persist(MaintenanceSet(maintenance), f"agent {agent.info.agent_id} is {standing_of(agent)}")
    cluster.touch(agent)


def standing_of(agent: Agent) -> str:
    return "active" if agent.maintenance is None else standing(agent.maintenance)


def _end_drain(cluster: Cluster, agent: Agent, old: Maintenance | None, reason: str) -> None:
    if old is not None and old.start_ms:
        inverse.rescind(cluster, agent, old, reason)


def _why(agent: Agent) -> str:
    maintenance = agent.maintenance
    assert maintenance is not None
    more = f": {maintenance.reason}" if maintenance.reason else ""
    return f"agent {agent.info.agent_id} is {standing(maintenance)}{more}"


def _say(cluster: Cluster, agent: Agent, old: Maintenance | None, now: int) -> None:
    maintenance = agent.maintenance
    assert maintenance is not None
    kinds = {Mode.ACTIVE: "agent_drain_announced", Mode.DRAINING: "agent_draining", Mode.DRAINED: "agent_drained"}
    said = _why(agent)
    if maintenance.mode is not Mode.DRAINED:
        left = format_duration(max(maintenance.deadline_ms - now, 0))
        said += f"; {len(agent.tasks)} tasks, killed in {left} at the latest"
    if old is not None and old.mode is maintenance.mode:
        said += f"; this replaces what was to be over in {format_duration(max(old.deadline_ms - now, 0))}"
    cluster.history.record(now, kinds[maintenance.mode], agent.info.agent_id, said)
