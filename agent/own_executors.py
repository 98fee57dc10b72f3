"""The executors that frameworks bring: each is a task of its framework, and runs other tasks of it.

The agent's own executor starts and ends them as it does any task, so they survive what tasks survive. Here is what
follows for the tasks they run: from the end of an executor, from one that never comes, and from one with nothing to do.
"""

from barter.agent import orders
from barter.agent.actions import SendToExecutor, SendToScheduler
from barter.agent.book import Book, Entry
from barter.agent.events import ExecutorMessage, SchedulerMessage
from barter.agent.facts import TaskKey
from barter.agent.turn import Turn
from barter.core.machine import earliest
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, TaskStatus

REGISTER_MS = 60_000
IDLE_MS = 60_000
LAST_WORDS_MS = 2_000


class OwnExecutors:
    """Which of them are connected, and since when others are missed."""

    def __init__(self) -> None:
        self._connected: set[TaskKey] = set()
        self._missed: dict[TaskKey, int] = {}
        self._idle: dict[TaskKey, int] = {}
        self._ended: dict[TaskKey, int] = {}

    def reach(self, executor: TaskKey) -> str:
        """Its name, empty while it is not connected: it is started once, so the task names the process."""
        return executor[1] if executor in self._connected else ""

    def hello(self, turn: Turn, executor: TaskKey) -> bool:
        """Whether it is one that should be here."""
        if executor not in turn.book.executors:
            return False
        self._connected.add(executor)
        self._missed.pop(executor, None)
        return True

    def disconnected(self, executor: TaskKey) -> None:
        self._connected.discard(executor)

    def to_executor(self, turn: Turn, event: SchedulerMessage) -> None:
        """Best effort, as in Mesos: what comes while it is not connected is dropped."""
        for executor, executor_id in turn.book.executors.items():
            if (executor[0], executor_id) == (event.framework_id, event.executor_id) and executor in self._connected:
                turn.add(SendToExecutor(executor, event.data))
                return
        turn.note(f"a message for executor {event.executor_id}, which is not connected, is dropped", problem=True)

    def to_scheduler(self, turn: Turn, event: ExecutorMessage) -> None:
        executor_id = turn.book.executors.get(event.home)
        if executor_id is not None and turn.master_connected:
            turn.add(SendToScheduler(event.home[0], executor_id, event.data))

    def advance(self, turn: Turn) -> None:
        """End what is due to end now."""
        book = turn.book
        for executor in list(book.executors):
            self._watch(turn, executor)
        for executor in [each for each in book.run_by if each not in book.executors]:
            self._bury(turn, executor)
        if self._missed or self._idle or self._ended:
            self._forget(book)

    def wakeup(self) -> int | None:
        missed, idle, ended = (min(each.values(), default=None) for each in (self._missed, self._idle, self._ended))
        return earliest(_after(missed, REGISTER_MS), _after(idle, IDLE_MS), _after(ended, LAST_WORDS_MS))

    def _watch(self, turn: Turn, executor: TaskKey) -> None:
        entry = turn.book.find(*executor)
        assert entry is not None
        state = entry.status.state
        if executor not in self._connected and state is TaskState.RUNNING:
            if turn.now - self._missed.setdefault(executor, turn.now) >= REGISTER_MS:
                why = f"it did not connect to its agent within {REGISTER_MS // 1000} s"
                orders.end(turn, *executor, -1, Reason.EXECUTOR_FAILED, why)
        else:
            self._missed.pop(executor, None)
        if executor in turn.book.run_by or state is TaskState.KILLING:
            self._idle.pop(executor, None)
        elif turn.now - self._idle.setdefault(executor, turn.now) >= IDLE_MS:
            why = f"it had no task for {IDLE_MS // 1000} s"
            orders.end(turn, *executor, -1, Reason.EXECUTOR_IDLE, why)

    def _bury(self, turn: Turn, executor: TaskKey) -> None:
        """End the tasks of an executor that has ended, once it cannot have more to say of them."""
        since = self._ended.setdefault(executor, turn.now)
        if executor in self._connected and turn.now - since < LAST_WORDS_MS:
            return
        last = turn.book.find(*executor)
        for key in list(turn.book.run_by[executor]):
            entry = turn.book.find(*key)
            if entry is not None:
                _end(turn, entry, None if last is None else last.status)

    def _forget(self, book: Book) -> None:
        for kept in (self._missed, self._idle):
            for executor in [each for each in kept if each not in book.executors]:
                del kept[executor]
        for executor in [each for each in self._ended if each not in book.run_by]:
            del self._ended[executor]


def _end(turn: Turn, entry: Entry, last: TaskStatus | None) -> None:
    assert entry.task.executor is not None
    name = entry.task.executor.executor_id
    if entry.status.state is TaskState.KILLING:
        message = f"{entry.status.message}; its executor {name} has ended"
        turn.tell(entry, TaskState.KILLED, entry.status.reason, message)
    elif last is None or last.state is TaskState.LOST:
        turn.tell(entry, TaskState.LOST, Reason.EXECUTOR_LOST, f"its executor {name} is gone")
    elif last.state is TaskState.KILLED and last.reason is not Reason.EXECUTOR_FAILED:
        turn.tell(entry, TaskState.KILLED, last.reason, f"its executor {name} was killed: {last.message}")
    else:
        turn.tell(entry, TaskState.FAILED, Reason.EXECUTOR_FAILED, f"its executor {name} ended: {last.message}")


def _after(since: int | None, wait_ms: int) -> int | None:
    return None if since is None else since + wait_ms
