"""The core of a runtime that uses a container engine: what to ask of it, and what to tell the executor."""

from barter.agent.containers import events as ev
from barter.agent.containers.actions import Action
from barter.agent.containers.alarms import Due
from barter.agent.containers.book import Book
from barter.agent.containers.ends import Ends
from barter.agent.containers.launches import Launches
from barter.agent.containers.removals import Removals
from barter.agent.containers.survey import Survey
from barter.agent.containers.task import ContainerTask, Phase
from barter.agent.executor.events import TaskKey
from barter.core.machine import Tick, earliest


class Containers:
    """`step(event, now) -> actions`. Every call is answered once; late and unknown answers change nothing.

    The first Tick opens the engine's news. Orders given before the first list wait for it.
    """

    def __init__(self) -> None:
        self._book = Book()
        self._ends = Ends(self._book)
        self._removals = Removals(self._book)
        self._launches = Launches(self._book, self._ends, self._removals)
        self._survey = Survey(self._book, self._ends, self._removals)

    def container_of(self, key: TaskKey) -> str:
        """The id of a task's container, empty while it has none."""
        task = self._book.tasks.get(key)
        return task.container if task is not None else ""

    def sandbox_of(self, key: TaskKey) -> str:
        """Empty for a task it does not hold."""
        task = self._book.tasks.get(key)
        return task.order.sandbox if task is not None else ""

    def step(self, event: ev.Event | Tick, now: int) -> list[Action]:
        actions = self._apply(event, now)
        closing = self._removals.closing
        if self._survey.known and not closing:
            actions += self._launches.pump(now)
        if self._launches.quiet or closing:
            actions += self._removals.quiet()
        return [*actions, *self._removals.close()] if closing else actions

    def next_wakeup(self) -> int | None:
        return earliest(self._survey.next(), self._book.alarms.next())

    def _apply(self, event: ev.Event | Tick, now: int) -> list[Action]:
        match event:
            case Tick():
                return self._tick(now)
            case ev.Launch():
                return [action for order in event.orders for action in self._launches.launch(order, now)]
            case ev.End():
                return self._end(event, now)
            case ev.Release():
                return [action for key in event.keys for action in self._release(key, now)]
            case ev.Close():
                self._removals.closing = True
                return []
            case ev.Removed():
                return self._removals.removed(event.container)
            case ev.RemoveFailed():
                return self._removals.failed(event.container, now)
            case ev.LogsCopied():
                return self._copied(event, now)
            case ev.EngineConnected() | ev.EngineLost() | ev.Listed() | ev.ListFailed():
                return self._news(event, now)
            case ev.Died() | ev.OutOfMemory() | ev.Inspected() | ev.InspectFailed() | ev.KillFailed():
                task = self._book.tasks.get(event.key)
                return [] if task is None else self._told(event, task, now)
        return self._answer(event, now)

    def _answer(
        self,
        event: ev.Created
        | ev.CreateFailed
        | ev.StartDone
        | ev.StartFailed
        | ev.PullDone
        | ev.PullProgress
        | ev.PullFailed,
        now: int,
    ) -> list[Action]:
        match event:
            case ev.Created():
                return self._launches.created(event)
            case ev.CreateFailed():
                return self._launches.create_failed(event, now)
            case ev.StartDone():
                return self._launches.start_done(event.key, now)
            case ev.StartFailed():
                return self._launches.start_failed(event, now)
            case ev.PullDone():
                return self._launches.pull_done(event, now)
            case ev.PullProgress():
                return self._launches.pull_progress(event, now)
            case ev.PullFailed():
                return self._launches.pull_failed(event, now)

    def _news(self, event: ev.EngineConnected | ev.EngineLost | ev.Listed | ev.ListFailed, now: int) -> list[Action]:
        match event:
            case ev.EngineConnected():
                return [*self._survey.connected(now), *self._owed(), *self._removals.all_again()]
            case ev.EngineLost():
                return self._survey.lost(event, now)
            case ev.Listed():
                return self._survey.listed(event, now, quiet=self._launches.quiet)
            case ev.ListFailed():
                return self._survey.list_failed(event.number, now)

    def _told(
        self,
        event: ev.Died | ev.OutOfMemory | ev.Inspected | ev.InspectFailed | ev.KillFailed,
        task: ContainerTask,
        now: int,
    ) -> list[Action]:
        match event:
            case ev.Died():
                return self._ends.died(task, event.code, event.ended_ms, now)
            case ev.OutOfMemory():
                return self._ends.out_of_memory(task, now)
            case ev.KillFailed():
                task.owed = event.signal
                return []
        if not task.asking:
            return []
        task.asking = False
        if isinstance(event, ev.InspectFailed):
            return self._ends.inspect_failed(task, now)
        match task.phase:
            case Phase.FINDING:
                return self._launches.found(task, event.seen, now)
            case Phase.PROBING:
                return self._launches.probed(task, event.seen, now)
        return self._ends.inspected(task, event.seen, now)

    def _end(self, event: ev.End, now: int) -> list[Action]:
        task = self._book.tasks.get(event.key)
        if task is None:
            return []
        task.killing = True
        if task.phase is Phase.RUNNING:
            return self._ends.kill(task, "SIGKILL" if event.force else "SIGTERM", "the executor ends it")
        return self._launches.give_up(task, now)

    def _release(self, key: TaskKey, now: int) -> list[Action]:
        task = self._book.tasks.get(key)
        if task is None or task.phase is not Phase.OVER:
            return []
        del self._book.tasks[key]
        return self._removals.release(task, now)

    def _copied(self, event: ev.LogsCopied, now: int) -> list[Action]:
        task = self._book.containers.get(event.container)
        if task is None:
            return []
        actions = self._ends.copied(task, now, whole=event.whole)
        return [*actions, *self._removals.output_settled(task, now)] if task.settled else actions

    def _owed(self) -> list[Action]:
        """Signals that did not get through are sent again."""
        actions: list[Action] = []
        for task in self._book.tasks.values():
            if task.owed and task.phase is Phase.RUNNING:
                actions += self._ends.kill(task, task.owed, "the engine was away when it was sent")
            task.owed = ""
        return actions

    def _tick(self, now: int) -> list[Action]:
        actions = self._survey.tick(now)
        for due, task in self._book.alarms.ring(now):
            actions += self._ring(due, task, now)
        return actions

    def _ring(self, due: Due, task: ContainerTask, now: int) -> list[Action]:
        match due:
            case Due.INSPECT:
                return self._book.inspect(task) if task.phase in (Phase.RUNNING, Phase.FINDING, Phase.PROBING) else []
            case Due.LOOK:
                return self._ends.look(task, now)
            case Due.FOLLOW:
                return self._ends.follow(task, now, quiet=self._launches.quiet)
            case Due.COPY:
                return self._ends.copy_again(task)
            case Due.REPORT_END:
                return self._ends.report(task)
            case Due.MEMORY_UNHEARD:
                return self._ends.memory_unheard(task, now)
            case Due.OUTPUT_OVERDUE:
                return self._removals.output_settled(task, now)
            case Due.QUIET_OVERDUE:
                return self._removals.overdue(task)
            case Due.REMOVE:
                return self._removals.again(task)
