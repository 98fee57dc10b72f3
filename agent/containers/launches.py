"""From an order to a container that runs, a few at a time, or to a reason why none does."""

from collections import OrderedDict

from barter.agent.containers.actions import Action, Create, Report
from barter.agent.containers.book import LATE_MS, Book, not_started
from barter.agent.containers.ends import Ends
from barter.agent.containers.events import (
    Created,
    CreateFailed,
    PullDone,
    PullFailed,
    PullProgress,
    Seen,
    Standing,
    StartFailed,
    Trouble,
)
from barter.agent.containers.pulls import Pulls
from barter.agent.containers.removals import Removals
from barter.agent.containers.task import ContainerTask, Phase
from barter.agent.executor.events import NotStarted, Order, Started, TaskKey
from barter.core.tasks import Reason

LAUNCHES_AT_ONCE = 8
KILLED = "killed before it started"


class Launches:
    """A launch has its place while it is being created and started, not while it waits for an image or an engine."""

    def __init__(self, book: Book, ends: Ends, removals: Removals) -> None:
        self._book = book
        self._ends = ends
        self._removals = removals
        self._pulls = Pulls()
        self._waiting: OrderedDict[TaskKey, ContainerTask] = OrderedDict()
        self._placed: set[TaskKey] = set()

    @property
    def quiet(self) -> bool:
        return not self._waiting and not self._placed

    def launch(self, order: Order, now: int) -> list[Action]:
        if order.key in self._book.tasks:
            return []
        task = self._book.tasks[order.key] = ContainerTask(order)
        if order.task.container is not None and order.task.container.force_pull:
            return self._pull(task, now, anew=True)
        return self._queue(task)

    def pump(self, now: int) -> list[Action]:
        """Begin as many as may be under way."""
        actions: list[Action] = []
        while self._waiting and len(self._placed) < LAUNCHES_AT_ONCE:
            key, task = self._waiting.popitem(last=False)
            if task.died:
                actions += self._started(task, now)
                continue
            self._placed.add(key)
            task.phase = Phase.STARTING if task.container else Phase.CREATING
            actions += self._book.start(task) if task.container else [Create(task.order)]
        return actions

    def give_up(self, task: ContainerTask, now: int) -> list[Action]:
        """A kill came before the start: nothing more is begun, calls under way are waited for."""
        if task.phase is Phase.QUEUED:
            del self._waiting[task.key]
            return self._discard(task, KILLED) if task.container else not_started(task, KILLED)
        if task.phase is Phase.PULLING:
            return [*self._pulls.leave(task, now), *not_started(task, KILLED)]
        return []

    def created(self, event: Created) -> list[Action]:
        task = self._in(event.key, Phase.CREATING)
        if task is None:
            return []
        task.container = event.container
        self._book.containers[event.container] = task
        if task.killing:
            return self._discard(task, KILLED)
        task.phase = Phase.STARTING
        return self._book.start(task)

    def create_failed(self, event: CreateFailed, now: int) -> list[Action]:
        task = self._in(event.key, Phase.CREATING)
        if task is None:
            return []
        self._placed.discard(event.key)
        match event.trouble:
            case Trouble.IMAGE_MISSING if task.killing:
                return not_started(task, KILLED)
            case Trouble.IMAGE_MISSING if not task.pulled:
                return self._pull(task, now)
            case Trouble.NAME_TAKEN | Trouble.LOST | Trouble.REFUSED:
                task.phase, task.failure = Phase.FINDING, event.message
                if event.trouble is Trouble.NAME_TAKEN:
                    task.failure = _foreign(task)
                return self._book.inspect(task)
        return not_started(task, event.message, _reason(event.trouble))

    def start_done(self, key: TaskKey, now: int) -> list[Action]:
        task = self._in(key, Phase.STARTING)
        if task is None:
            return []
        if task.has_own_address and not task.died:
            # The engine chose it as it started the container.
            task.phase, task.failure = Phase.PROBING, "its container is gone, removed by somebody else"
            return self._book.inspect(task)
        return self._started(task, now)

    def start_failed(self, event: StartFailed, now: int) -> list[Action]:
        task = self._in(event.key, Phase.STARTING)
        if task is None:
            return []
        if task.died:
            return self._started(task, now)
        self._placed.discard(event.key)
        if event.trouble is Trouble.AWAY:
            # It cannot run, so nobody has to wait until the engine is there to remove it.
            return [*not_started(task, event.message), *self._removals.remove(task, "it was not started")]
        if event.trouble in (Trouble.LOST, Trouble.REFUSED):
            task.phase, task.failure = Phase.PROBING, event.message
            return self._book.inspect(task)
        return self._discard(task, event.message, _reason(event.trouble))

    def found(self, task: ContainerTask, seen: Seen | None, now: int) -> list[Action]:
        """What has the name of a task whose creation was not answered, or was refused because of the name."""
        if seen is None:
            self._book.late_ms = now + LATE_MS
            return not_started(task, task.failure)
        if seen.order is None or seen.order.key != task.key:
            return not_started(task, _foreign(task))
        task.container = seen.container
        self._book.containers[seen.container] = task
        if seen.standing is not Standing.CREATED:
            return self._ran(task, seen, now)
        return self._discard(task, KILLED) if task.killing else self._queue(task)

    def probed(self, task: ContainerTask, seen: Seen | None, now: int) -> list[Action]:
        """How a container is whose start was not answered."""
        if seen is not None and seen.standing is not Standing.CREATED:
            return self._ran(task, seen, now)
        if task.died:
            return self._started(task, now)
        return self._discard(task, task.failure)

    def pull_progress(self, event: PullProgress, now: int) -> list[Action]:
        return self._pulls.progress(event.number, event.message, now)

    def pull_done(self, event: PullDone, now: int) -> list[Action]:
        waited, actions = self._pulls.ended(event.number, now)
        for task in waited:
            actions += self._queue(task)
        return actions

    def pull_failed(self, event: PullFailed, now: int) -> list[Action]:
        waited, actions = self._pulls.ended(event.number, now)
        for task in waited:
            actions += not_started(task, event.message, event.reason)
        return actions

    def _queue(self, task: ContainerTask) -> list[Action]:
        task.phase = Phase.QUEUED
        self._waiting[task.key] = task
        return []

    def _pull(self, task: ContainerTask, now: int, *, anew: bool = False) -> list[Action]:
        task.phase, task.pulled = Phase.PULLING, True
        return self._pulls.join(task, now, anew=anew)

    def _ran(self, task: ContainerTask, seen: Seen, now: int) -> list[Action]:
        if seen.standing is Standing.EXITED and not task.died:
            self._ends.note(task, seen)
        task.address = seen.address
        return self._started(task, now)

    def _started(self, task: ContainerTask, now: int) -> list[Action]:
        self._placed.discard(task.key)
        return [Report(Started(task.key, task.address)), *self._ends.begin(task, now)]

    def _discard(self, task: ContainerTask, message: str, reason: Reason = Reason.LAUNCH_FAILED) -> list[Action]:
        """Say that it did not start once its container is gone and cannot."""
        self._placed.discard(task.key)
        task.phase = Phase.DISCARDING
        task.verdict = NotStarted(task.key, reason, message)
        return self._removals.remove(task, message)

    def _in(self, key: TaskKey, phase: Phase) -> ContainerTask | None:
        task = self._book.tasks.get(key)
        return task if task is not None and task.phase is phase else None


def _reason(trouble: Trouble) -> Reason:
    return Reason.DISK_FULL if trouble is Trouble.DISK_FULL else Reason.LAUNCH_FAILED


def _foreign(task: ContainerTask) -> str:
    name = task.order.container_name
    return f"a container named {name!r} exists and is not this task's: remove or rename it"
