"""What the master orders. The epoch has been judged before; an order that cannot be obeyed is answered by a status."""

from barter.agent.admission import Refusal, judge, unreachable
from barter.agent.book import home_of
from barter.agent.events import Acknowledged, KillFramework, KillTask, RunTasks
from barter.agent.facts import Admitted, FrameworkRemoved
from barter.agent.turn import Turn
from barter.agent.volumes import Volumes
from barter.core.cluster import AgentInfo
from barter.core.groups import group_problem, units
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import NOTHING, Resources
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskInfo, TaskStatus

LEAVING = Refusal(TaskState.DROPPED, Reason.AGENT_STOPPED, "the agent is leaving the cluster")


class Judge:
    """What a task is judged by, beside what live tasks hold. `protocol` is that of the agent's own executor."""

    def __init__(
        self, turn: Turn, info: AgentInfo, slack: Resources, volumes: Volumes, *, protocol: int, leaving: bool
    ) -> None:
        self._turn, self._info, self._slack, self._volumes = turn, info, slack, volumes
        self._protocol, self._leaving = protocol, leaving

    def one(self, order: RunTasks, task: TaskInfo) -> Refusal | None:
        if refused := _duplicate(order, task.task_id):
            return refused
        if self._leaving:
            return LEAVING
        book = self._turn.book
        return (
            judge(task, self._info, book, self._slack)
            or unreachable(order.framework_id, task, book, self._protocol)
            or self._volumes.refusal(self._turn, task)
        )

    def group(self, order: RunTasks, tasks: tuple[TaskInfo, ...]) -> tuple[TaskInfo, Refusal] | None:
        """The first that is refused where they are to run together, and why."""
        first, book = tasks[0], self._turn.book
        if problem := group_problem(tasks):
            return first, Refusal(TaskState.ERROR, Reason.INVALID_TASK, problem)
        if book.group(order.framework_id, first.group_id):
            message = f"group {first.group_id} runs here already: choose another group_id"
            return first, Refusal(TaskState.ERROR, Reason.INVALID_TASK, message)
        for count, task in enumerate(tasks):
            with book.supposing(order.framework_id, tasks[:count]):
                refused = self.one(order, task)
            if refused is not None:
                return task, refused
        return None


def run(turn: Turn, order: RunTasks, judged: Judge) -> None:
    """Admit what may run; where its executor is connected, hand it over at once. Of a group all may run or none.

    A task counts as handed over from the transaction that admits it, before it is sent: should the agent die in
    between, a later executor that does not know the task is told to start it only where it never began, see
    `reconcile`: it never runs twice.
    """
    refusals: list[str] = []
    for unit in units(order.tasks):
        if unit[0].group_id:
            refusals += _run_group(turn, order, unit, judged)
        elif not _known(turn, order, unit[0].task_id):
            refused = judged.one(order, unit[0])
            if refused is None:
                _admit(turn, order, unit[0])
            else:
                refusals.append(_refuse(turn, order, unit[0], refused))
    for task_id, problem in order.malformed.items():
        if not _known(turn, order, task_id):
            unread = TaskInfo(task_id, "", NOTHING)
            refusals.append(_refuse(turn, order, unread, Refusal(TaskState.ERROR, Reason.INVALID_TASK, problem)))
    if refusals:
        turn.note(f"{len(refusals)} tasks of {order.framework_id} refused, the first: {refusals[0]}", problem=True)


def _run_group(turn: Turn, order: RunTasks, unit: tuple[TaskInfo, ...], judged: Judge) -> list[str]:
    tasks = tuple(task for task in unit if not _known(turn, order, task.task_id))
    if not tasks:
        return []
    found = judged.group(order, tasks)
    if found is None:
        for task in tasks:
            _admit(turn, order, task)
        return []
    culprit, refused = found
    others = f"task {culprit.task_id} of its group was refused: {refused.message}"
    once = {task.task_id: task for task in tasks}
    return [
        _refuse(turn, order, task, refused if task_id == culprit.task_id else refused._replace(message=others))
        for task_id, task in once.items()
    ]


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


def _admit(turn: Turn, order: RunTasks, task: TaskInfo) -> None:
    home = home_of(order.framework_id, task)
    executor = turn.reach(home)
    status = TaskStatus(task.task_id, TaskState.STAGING, Source.AGENT, turn.now, "", turn.agent_id)
    turn.record(Admitted(order.framework_id, task, status, executor, order.spent.get(task.task_id, 0)))
    if executor:
        turn.launch(order.framework_id, task, "ordered by the master", home)


def _refuse(turn: Turn, order: RunTasks, task: TaskInfo, refused: Refusal) -> str:
    """Record the refusal as the task's end, to be acknowledged as any other; returns it in words."""
    state, reason, message = refused
    updates = order.spent.get(task.task_id, 0) + 1
    uuid = f"{task.task_id}:{updates}"
    status = TaskStatus(task.task_id, state, Source.AGENT, turn.now, uuid, turn.agent_id, reason, message)
    turn.record(Admitted(order.framework_id, task, status, "", updates))
    turn.send(((order.framework_id, status),))
    return f"{task.task_id}: {message}"


def kill(turn: Turn, order: KillTask) -> None:
    """Tell TASK_KILLING at once, which is also how a kill outlives a restart of the agent."""
    entry = turn.book.find(order.framework_id, order.task_id)
    if entry is None or not entry.live:
        return
    reason = order.reason or "killed by its framework"
    end(turn, order.framework_id, order.task_id, order.grace_ms, order.cause, reason)


def kill_framework(turn: Turn, order: KillFramework) -> None:
    reason = order.reason or "its framework is removed"
    entries = turn.book.of_framework(order.framework_id)
    if not entries:
        return
    turn.record(FrameworkRemoved(order.framework_id))
    for entry in entries:
        if entry.live:
            end(turn, *entry.key, -1, Reason.FRAMEWORK_REMOVED, reason)
        else:
            turn.settle(entry)


def end(turn: Turn, framework_id: FrameworkId, task_id: TaskId, grace_ms: int, reason: Reason, message: str) -> None:
    """Have a live task end: at once when no executor ever got it, else by the executor, now or when it is back."""
    entry = turn.book.find(framework_id, task_id)
    if entry is None or not entry.live:
        return
    if not entry.executor:
        turn.tell(entry, TaskState.KILLED, reason, message)
        return
    if entry.status.state is not TaskState.KILLING:
        turn.tell(entry, TaskState.KILLING, reason, message)
    if turn.reach(entry.home):
        turn.kill(entry, grace_ms, message)


def acknowledge(turn: Turn, order: Acknowledged) -> None:
    for framework_id, task_id, uuid in order.acks:
        entry = turn.book.find(framework_id, task_id)
        if entry is not None and uuid in entry.pending:
            turn.acknowledge(entry, uuid)
