"""What the master orders. The epoch has been judged before; an order that cannot be obeyed is answered by a status."""

from barter.agent.admission import Refusal, judge
from barter.agent.events import Acknowledged, KillFramework, KillTask, RunTasks
from barter.agent.facts import Admitted, FrameworkRemoved
from barter.agent.turn import Turn
from barter.agent.volumes import Volumes
from barter.core.cluster import AgentInfo
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import NOTHING, Resources
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskInfo, TaskStatus

LEAVING = Refusal(TaskState.DROPPED, Reason.AGENT_STOPPED, "the agent is leaving the cluster")


def run(
    turn: Turn, order: RunTasks, info: AgentInfo, executor: str, slack: Resources, volumes: Volumes, *, leaving: bool
) -> None:
    """Admit what may run; with an `executor` connected, hand it over at once.

    A task counts as handed over from the transaction that admits it, before it is sent: should the agent die in
    between, a later executor that does not know the task makes it TASK_LOST, and it never runs twice.
    """
    refusals: list[str] = []
    for task in order.tasks:
        if _known(turn, order, task.task_id):
            continue
        refused = _duplicate(order, task.task_id)
        if refused is None:
            refused = LEAVING if leaving else judge(task, info, turn.book, slack) or volumes.refusal(turn, task)
        if refused is None:
            _admit(turn, order, task, executor)
        else:
            refusals.append(_refuse(turn, order, task, refused))
    for task_id, problem in order.malformed.items():
        if not _known(turn, order, task_id):
            unread = TaskInfo(task_id, "", NOTHING)
            refusals.append(_refuse(turn, order, unread, Refusal(TaskState.ERROR, Reason.INVALID_TASK, problem)))
    if refusals:
        turn.note(f"{len(refusals)} tasks of {order.framework_id} refused, the first: {refusals[0]}", problem=True)


def _known(turn: Turn, order: RunTasks, task_id: TaskId) -> bool:
    """Whether the agent answers for this task already: then the order came twice, and so do its updates."""
    entry = turn.book.find(order.framework_id, task_id)
    if entry is None:
        return False
    turn.note(f"task {task_id} is here already ({entry.status.state}): ordered twice, it runs once", problem=True)
    turn.send(turn.book.unacknowledged_of(entry))
    return True


def _duplicate(order: RunTasks, task_id: TaskId) -> Refusal | None:
    if task_id not in order.spent:
        return None
    message = f"a task {task_id} ran or was refused here before, and an id is used once: choose another"
    return Refusal(TaskState.DROPPED, Reason.DUPLICATE_TASK_ID, message)


def _admit(turn: Turn, order: RunTasks, task: TaskInfo, executor: str) -> None:
    status = TaskStatus(task.task_id, TaskState.STAGING, Source.AGENT, turn.now, "", turn.agent_id)
    turn.record(Admitted(order.framework_id, task, status, executor, order.spent.get(task.task_id, 0)))
    if executor:
        turn.launch(order.framework_id, task, "ordered by the master")


def _refuse(turn: Turn, order: RunTasks, task: TaskInfo, refused: Refusal) -> str:
    """Record the refusal as the task's end, to be acknowledged as any other; returns it in words."""
    state, reason, message = refused
    updates = order.spent.get(task.task_id, 0) + 1
    uuid = f"{task.task_id}:{updates}"
    status = TaskStatus(task.task_id, state, Source.AGENT, turn.now, uuid, turn.agent_id, reason, message)
    turn.record(Admitted(order.framework_id, task, status, "", updates))
    turn.send(((order.framework_id, status),))
    return f"{task.task_id}: {message}"


def kill(turn: Turn, order: KillTask, executor: str) -> None:
    """Tell TASK_KILLING at once, which is also how a kill outlives a restart of the agent."""
    entry = turn.book.find(order.framework_id, order.task_id)
    if entry is None or not entry.live:
        return
    reason = order.reason or "killed by its framework"
    end(turn, order.framework_id, order.task_id, order.grace_ms, order.cause, reason, executor)


def kill_framework(turn: Turn, order: KillFramework, executor: str) -> None:
    reason = order.reason or "its framework is removed"
    entries = turn.book.of_framework(order.framework_id)
    if not entries:
        return
    turn.record(FrameworkRemoved(order.framework_id))
    for entry in entries:
        if entry.live:
            end(turn, *entry.key, -1, Reason.FRAMEWORK_REMOVED, reason, executor)
        else:
            turn.settle(entry)


def end(
    turn: Turn, framework_id: FrameworkId, task_id: TaskId, grace_ms: int, reason: Reason, message: str, executor: str
) -> None:
    """Have a live task end: at once when no executor ever got it, else by the executor, now or when it is back."""
    entry = turn.book.find(framework_id, task_id)
    if entry is None:
        return
    if not entry.executor:
        turn.tell(entry, TaskState.KILLED, reason, message)
        return
    if entry.status.state is not TaskState.KILLING:
        turn.tell(entry, TaskState.KILLING, reason, message)
    if executor:
        turn.kill(entry, grace_ms, message)


def acknowledge(turn: Turn, order: Acknowledged) -> None:
    for framework_id, task_id, uuid in order.acks:
        entry = turn.book.find(framework_id, task_id)
        if entry is not None and uuid in entry.pending:
            turn.acknowledge(entry, uuid)
