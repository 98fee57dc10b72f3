"""The life of one task in the master's books: begun, given a status, ended."""

from dataclasses import replace

from barter.core.task_state import TERMINAL, TRANSITIONS, TaskState
from barter.core.tasks import Reason, Source, TaskInfo, TaskStatus
from barter.master.cluster import Cluster
from barter.master.holdings import of_known
from barter.master.messages import Update
from barter.master.state import Agent, Framework, Task


def master_status(task: Task, state: TaskState, reason: Reason, message: str, now: int) -> TaskStatus:
    """A status of the master's own, which wants no acknowledgement."""
    return TaskStatus(
        task.info.task_id, state, Source.MASTER, now, agent_id=task.agent_id, reason=reason, message=message
    )


def told_again(task: Task) -> TaskStatus:
    """What is known of a task, health too, from the master; it wants no acknowledgement."""
    status = task.status
    reason = Reason.RETURNED_LATE if task.undecided else status.reason or Reason.RECONCILIATION
    return replace(status, source=Source.MASTER, uuid="", agent_id=task.agent_id, reason=reason)


def begin(cluster: Cluster, framework: Framework, agent: Agent, info: TaskInfo, status: TaskStatus, now: int) -> Task:
    """Enter a task that is launched, or that an agent tells of; a terminal one goes to the ended at once.

    One of an agent that kept no role of it counts for the framework's first. It is as old as what is told of it.
    """
    if not info.role:
        info = replace(info, role=framework.info.roles[0])
    info = of_known(info, agent.reservations)
    task = Task(framework.framework_id, agent.info.agent_id, info, status, min(now, status.timestamp_ms or now))
    cluster.count(status.state, 1)
    if status.state in TERMINAL:
        cluster.ended.add(task)
        return task
    framework.tasks[info.task_id] = agent.tasks[task.key] = task
    cluster.hold(agent, framework, info)
    cluster.owe_inverse(agent, framework.framework_id)
    if info.demand_id:
        cluster.allocator.placed(framework.framework_id, info.demand_id, agent.info.agent_id, 1)
    cluster.endpoints.sync(task, agent.info.host)
    return task


def apply(cluster: Cluster, task: Task, status: TaskStatus, now: int) -> bool:
    """Move a live task to a status, if the table allows it after the current one; otherwise only record that."""
    old, new = task.status.state, status.state
    if new not in TRANSITIONS[old]:
        cluster.history.record(now, "status_refused", task.info.task_id, f"{old} cannot become {new}")
        return False
    _record(cluster, status, now)
    cluster.set_status(task, status)
    if new in TERMINAL:
        _retire(cluster, task)
    return True


def overrule(cluster: Cluster, task: Task, status: TaskStatus, now: int) -> None:
    """Give a live task the status its agent tells at registration: there the agent, not the table, is right."""
    if task.status.state is not status.state:
        _record(cluster, status, now)
    cluster.set_status(task, status)
    if status.state in TERMINAL:
        _retire(cluster, task)


def end_by_master(cluster: Cluster, task: Task, state: TaskState, reason: Reason, message: str, now: int) -> None:
    """End a live task on the master's own judgement, and tell its framework."""
    status = master_status(task, state, reason, message, now)
    if apply(cluster, task, status, now) and (framework := cluster.frameworks.get(task.framework_id)):
        cluster.to_framework(framework, Update((status,)), message)


def _record(cluster: Cluster, status: TaskStatus, now: int) -> None:
    said = " ".join(part for part in (status.reason, status.message) if part)
    cluster.history.record(now, "task_status", status.task_id, f"{status.state}: {said}" if said else status.state)


def _retire(cluster: Cluster, task: Task) -> None:
    framework, agent = cluster.frameworks.get(task.framework_id), cluster.agents.get(task.agent_id)
    if framework is not None:
        framework.tasks.pop(task.info.task_id, None)
    if agent is not None:
        agent.tasks.pop(task.key, None)
        cluster.release(agent, framework, task.info)
    if task.info.demand_id:
        cluster.allocator.placed(task.framework_id, task.info.demand_id, task.agent_id, -1)
    task.kill = None
    cluster.ended.add(task)
