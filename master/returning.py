"""Tasks that come back with an agent that was out of reach: what their framework wants is done with them."""

from barter.core.cluster import ReturningTasks
from barter.core.removals import RemovedAgent
from barter.core.task_state import TERMINAL, TaskState
from barter.core.tasks import Reason, Source, TaskInfo, TaskStatus
from barter.master import tasks
from barter.master.cluster import Cluster
from barter.master.events import Keep
from barter.master.messages import Kill, Update
from barter.master.state import Agent, Framework, Task, TaskKey

TAKES_BACK = (ReturningTasks.KEEP, ReturningTasks.DECIDE)
LATE = "it returned late"


def returned(cluster: Cluster, framework: Framework, task: Task, now: int) -> None:
    """It is live, and its framework was told that it was out of reach or gone."""
    task_id = task.info.task_id
    match framework.info.returning_tasks:
        case ReturningTasks.KILL if task.kill is None:
            reason = f"{LATE}, and {framework.info.name} wants such tasks killed"
            task.kill = Kill(framework.framework_id, task_id, -1, reason, Reason.RETURNED_LATE)
            cluster.history.record(now, "task_kill", task_id, reason)
        case ReturningTasks.DECIDE if task.kill is None:
            task.undecided = True
            said = f"{LATE}; it is kept until {framework.info.name} kills it or says that it stays"
            cluster.history.record(now, "task_undecided", task_id, said)
        case _:
            cluster.history.record(now, "task_returned", task_id, f"{LATE}, and is kept")


def takes_back(framework: Framework, ended: Task) -> bool:
    """Whether the framework wants back what it was told is gone with its agent."""
    return ended.status.reason is Reason.AGENT_REMOVED and framework.info.returning_tasks in TAKES_BACK


def known_as_gone(
    cluster: Cluster, framework: Framework, agent: Agent, info: TaskInfo, removed: RemovedAgent, now: int
) -> Task:
    """As an earlier master told it to the framework."""
    message = removed.reason
    gone = TaskStatus(
        info.task_id, TaskState.GONE, Source.MASTER, removed.removed_ms, "", agent.info.agent_id, Reason.AGENT_REMOVED,
        message,
    )  # fmt: skip
    return tasks.begin(cluster, framework, agent, info, gone, now)


def revive(cluster: Cluster, framework: Framework, agent: Agent, ended: Task, status: TaskStatus, now: int) -> Task:
    """Its framework takes it back: what the agent says of it is the truth. Returns the task as it is now."""
    cluster.ended.drop(ended.key)
    cluster.count(ended.status.state, -1)
    task = tasks.begin(cluster, framework, agent, ended.info, status, now)
    if status.state not in TERMINAL:
        task.kill = ended.kill
        returned(cluster, framework, task, now)
    return task


def keep(cluster: Cluster, framework: Framework, event: Keep, now: int) -> None:
    """The framework's decision; one about a task that waits for none changes nothing."""
    for task_id in event.task_ids:
        task = framework.tasks.get(task_id)
        if task is not None and task.undecided:
            task.undecided = False
            cluster.history.record(now, "task_kept", task_id, f"{LATE}, and {framework.info.name} keeps it")


def gone_for_good(cluster: Cluster, removed: RemovedAgent, reason: str, now: int) -> None:
    """An operator says that a removed agent will not return: who waits for its tasks need not."""
    for framework_id, task_id in removed.tasks:
        framework = cluster.frameworks.get(framework_id)
        if framework is None or framework.info.returning_tasks not in TAKES_BACK:
            continue
        status = TaskStatus(
            task_id, TaskState.GONE_BY_OPERATOR, Source.MASTER, now, "", removed.agent_id, Reason.AGENT_GONE, reason
        )
        ended = cluster.ended.get((framework_id, task_id))
        if ended is None or ended.status.reason is Reason.AGENT_REMOVED:
            if ended is not None:
                cluster.count(ended.status.state, -1)
                cluster.count(status.state, 1)
                ended.status = status
            cluster.history.record(now, "task_status", task_id, f"{status.state}: {status.reason} {reason}")
            cluster.to_framework(framework, Update((status,)), reason)


def answer(cluster: Cluster, key: TaskKey, now: int) -> TaskStatus | None:
    """What is known of a task that an earlier master told as gone with its agent."""
    removed = cluster.reach.holder(key)
    if removed is None:
        return None
    return TaskStatus(
        key[1], TaskState.GONE, Source.MASTER, now, "", removed.agent_id, Reason.AGENT_REMOVED, removed.reason
    )
