"""Agents: registered, heard of, disconnected, leaving for good."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from barter.core.removals import RemovedAgent
from barter.core.task_state import TERMINAL, TaskState
from barter.core.tasks import Reason, TaskStatus
from barter.master import offers, operations, removals, returning, revocable, tasks
from barter.master.adopt import known_or_adopted
from barter.master.cluster import Cluster
from barter.master.events import AgentRegister, AgentTask, AgentUnregister, AgentVolumes
from barter.master.facts import AgentAdmitted
from barter.master.gone import sent_away
from barter.master.liveness import back as back_in_reach
from barter.master.liveness import heartbeat_ms, settle, watch
from barter.master.messages import Kill, KillFramework, Registered, Update
from barter.master.removal import remove
from barter.master.state import NO_SESSION, Agent, Framework, Task, TaskKey
from barter.master.updates import REMOVED, untold

FORGOT = "the agent came back without the task"
BACK = "its agent is back"
_AWAY = TaskState.UNREACHABLE


def register(cluster: Cluster, event: AgentRegister, now: int) -> None:
    """Admit an agent or take one back; what it tells of its tasks is the truth."""
    if sent_away(cluster, event, now):
        return
    if (why := _impostor(cluster, event)) is not None:
        cluster.close(event.session, why, fatal=False)
        cluster.history.record(now, "agent_refused", event.info.agent_id, why)
        return
    known = cluster.agents.get(event.info.agent_id)
    removed = cluster.reach.removed.get(event.info.agent_id)
    missed = known.never_heard if known is not None else removed is not None and not removed.tasks_known
    late = known.unreachable if known is not None else removed is not None
    agent = _admit(cluster, event, now)
    cluster.to_agent(agent, Registered(agent.heartbeat_ms), "the agent registered")
    stored = AgentVolumes(event.session, event.info.agent_id, event.volumes)
    operations.registered(cluster, agent, stored, now)
    listed = {(framework_id, info.task_id) for framework_id, info, _ in event.tasks}
    open_updates = {(framework_id, status.task_id) for framework_id, status in event.updates}
    away = [key for key, task in agent.tasks.items() if key in open_updates and task.status.state is _AWAY]
    buried = {key for key in open_updates if (told := cluster.ended.get(key)) and told.info.is_executor}
    back = Return(agent, open_updates, late, removed)
    dropped = {each[0]: None for each in event.tasks if not _take_in(cluster, back, each, now)}
    if removed is not None:
        removals.back(cluster, removed, back.staying, now)
    for framework_id in dropped:
        cluster.to_agent(agent, KillFramework(framework_id, REMOVED), REMOVED)
    for key in [key for key in agent.tasks if key not in listed]:
        _forgotten(cluster, agent.tasks[key], now)
    untold(cluster, agent, event.updates, buried, now)
    _in_reach_again(cluster, [agent.tasks[key] for key in (*away, *back.revived) if key in agent.tasks], now)
    for task in agent.tasks.values():
        if task.kill is not None:
            cluster.to_agent(agent, task.kill, "asked for before the agent came back")
    revocable.slack(cluster, agent, event.slack, now)
    cluster.told_more |= bool(agent.tasks or agent.reservations)
    if missed:
        settle(cluster, agent, now)


def _impostor(cluster: Cluster, event: AgentRegister) -> str | None:
    """Why an agent that comes under the id of a connected one is refused, unless it is that agent on a new stream."""
    known, info = cluster.agents.get(event.info.agent_id), event.info
    if known is None or not known.connected or known.info.node_address == info.node_address:
        return None
    return (
        f"agent {info.agent_id} is connected and answers at {known.info.node_address}, not at {info.node_address}: "
        "if its work dir was copied, give this agent an empty --work-dir"
    )


def _admit(cluster: Cluster, event: AgentRegister, now: int) -> Agent:
    info = event.info
    agent = cluster.agents.get(info.agent_id)
    known = agent is not None and agent.info == info
    if agent is None:
        agent = cluster.agents[info.agent_id] = Agent(info)
    else:
        _replace_session(cluster, agent, event.session, now)
        cluster.total.take(agent.info.resources)
        agent.info = info
    cluster.total.add(info.resources)
    if not known:
        cluster.persist(AgentAdmitted(info), "the agent is new, or describes itself anew")
    agent.session, agent.leaving = event.session, False
    back_in_reach(cluster, agent)
    agent.heard_ms = agent.registered_ms = now
    agent.heartbeat_ms = heartbeat_ms(cluster)
    watch(cluster, agent)
    cluster.touch(agent)
    word = "agent_reregistered" if known else "agent_registered"
    cluster.history.record(now, word, info.agent_id, f"{info.hostname}: {info.resources}, {len(event.tasks)} tasks")
    return agent


def _replace_session(cluster: Cluster, agent: Agent, session: int, now: int) -> None:
    if agent.connected and agent.session != session:
        cluster.close(agent.session, "failed over: the agent registered again on another stream", fatal=True)
    offers.rescind(cluster, agent.offers.values(), "offer_rescinded", "the agent registered again", now)


@dataclass(frozen=True, slots=True)
class Return:
    """Of an agent that registers: whether it was out of reach for longer than the agent timeout, or `removed` for that.

    `revived` are the tasks that its framework takes back after it was told that they are gone, `staying` those that
    run there and stay gone.
    """

    agent: Agent
    open_updates: set[TaskKey]
    late: bool
    removed: RemovedAgent | None
    revived: list[TaskKey] = field(default_factory=list)
    staying: list[TaskKey] = field(default_factory=list)


def _take_in(cluster: Cluster, back: Return, told: AgentTask, now: int) -> bool:
    """False where the task's framework was removed and the task must go."""
    framework_id, info, status = told
    agent, key = back.agent, (framework_id, info.task_id)
    framework = known_or_adopted(cluster, framework_id, now)
    if framework is None:
        return status.state in TERMINAL
    task = framework.tasks.get(info.task_id)
    ended = cluster.ended.get(key)
    if task is None and ended is None and back.removed is not None and _told_gone(back.removed, key):
        ended = returning.known_as_gone(cluster, framework, agent, info, back.removed, now)
    if task is None and ended is not None:
        if returning.takes_back(framework, ended):
            returning.revive(cluster, framework, agent, ended, status, now)
            back.revived.append(key)
        else:
            _stays_ended(cluster, agent, ended, status, now)
            if back.removed is not None and _told_gone(back.removed, key) and status.state not in TERMINAL:
                back.staying.append(key)
    elif task is None:
        begun = tasks.begin(cluster, framework, agent, info, status, now)
        cluster.history.record(now, "task_told", info.task_id, f"{status.state} on {agent.info.hostname}")
        if back.late and status.state not in TERMINAL:
            returning.returned(cluster, framework, begun, now)
    elif task.agent_id == agent.info.agent_id:
        if back.late and status.state not in TERMINAL:
            returning.returned(cluster, framework, task, now)
        _catch_up(cluster, framework, task, status, key in back.open_updates, now)
    else:
        reason = f"agent {agent.info.agent_id} tells of a task of agent {task.agent_id}"
        cluster.history.record(now, "task_refused", info.task_id, reason)
    return True


def _told_gone(removed: RemovedAgent, key: TaskKey) -> bool:
    """Where more were than could be kept, all of its are taken for it: it was given none since."""
    return key in removed.tasks or (removed.more and not removed.returned)


def _stays_ended(cluster: Cluster, agent: Agent, task: Task, status: TaskStatus, now: int) -> None:
    """Its framework was told that it ended: what still runs of it must go."""
    if status.state in TERMINAL:
        return
    reason = f"it was reported as {task.status.state}"
    late = task.status.reason is Reason.AGENT_REMOVED
    cause = Reason.RETURNED_LATE if late else Reason.KILLED_BY_FRAMEWORK
    cluster.history.record(now, "task_refused", task.info.task_id, reason)
    cluster.to_agent(agent, Kill(task.framework_id, task.info.task_id, -1, reason, cause), reason)


def _catch_up(
    cluster: Cluster, framework: Framework, task: Task, status: TaskStatus, update_open: bool, now: int
) -> None:
    """Tell the framework what changed meanwhile, unless an update of the agent's own will."""
    changed = task.status.state is not status.state
    tasks.overrule(cluster, task, status, now)
    if changed and not update_open:
        cluster.to_framework(framework, Update((_back(task, now),)), BACK)


def _in_reach_again(cluster: Cluster, back: Sequence[Task], now: int) -> None:
    """After the agent's own updates: a framework that has had them before takes them for no news."""
    for task in back:
        cluster.to_framework(cluster.frameworks[task.framework_id], Update((_back(task, now),)), BACK)


def _back(task: Task, now: int) -> TaskStatus:
    """As its agent tells it: a framework's process that was not there before knows its health from nowhere else."""
    again = tasks.told_again(task)
    return replace(again, timestamp_ms=now, message=again.message or BACK)


def _forgotten(cluster: Cluster, task: Task, now: int) -> None:
    tasks.end_by_master(cluster, task, TaskState.LOST, Reason.AGENT_FORGOT, FORGOT, now)


def disconnected(cluster: Cluster, agent: Agent, now: int) -> None:
    """Its tasks go on; it has the agent timeout to come back before they count as unreachable."""
    agent.session = NO_SESSION
    reason = "its agent lost its stream"
    offers.rescind(cluster, agent.offers.values(), "offer_rescinded", reason, now)
    cluster.touch(agent)
    cluster.history.record(now, "agent_disconnected", agent.info.agent_id, "its stream ended")


def unregister(cluster: Cluster, agent: Agent, event: AgentUnregister, now: int) -> None:
    """The agent has ended its tasks and left; whatever the master still has of it is gone with it.

    That its session is closed for good tells it that its goodbye was heard; until then it would say it again.
    """
    reason = f"the agent left: {event.reason or 'no reason given'}"
    remove(cluster, agent, TaskState.GONE, Reason.AGENT_STOPPED, reason, now)
    removals.forget(cluster, agent.info.agent_id, reason)
    cluster.history.record(now, "agent_left", agent.info.agent_id, reason)
