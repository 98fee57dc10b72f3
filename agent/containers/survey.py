"""The engine's news and lists: what earlier executors left, and what was missed while the engine was away."""

from barter.agent.containers.actions import Action, List, Log, Recovered, Watch
from barter.agent.containers.book import RETRY_MS, Book
from barter.agent.containers.ends import LEFT, Ends
from barter.agent.containers.events import EngineLost, Listed, Seen, Standing
from barter.agent.containers.removals import Removals
from barter.agent.containers.task import ContainerTask, Phase
from barter.agent.executor.events import Held, NotStarted, Order
from barter.core.machine import earliest
from barter.core.tasks import Reason

FIRST_PAUSE_MS, LAST_PAUSE_MS = 100, 2_000


class Survey:
    """`known` once a first list was read: before it, nothing is launched."""

    def __init__(self, book: Book, ends: Ends, removals: Removals) -> None:
        self._book = book
        self._ends = ends
        self._removals = removals
        self._watch_ms: int | None = 0
        self._list_ms: int | None = None
        self._pause = FIRST_PAUSE_MS
        self._said_lost = False
        self._number = 0
        self._compared: list[ContainerTask] = []
        self.known = False

    def next(self) -> int | None:
        return earliest(self._watch_ms, self._list_ms, self._book.late_ms)

    def tick(self, now: int) -> list[Action]:
        actions: list[Action] = []
        if self._watch_ms is not None and self._watch_ms <= now:
            self._watch_ms = None
            actions.append(Watch())
        if self._book.late_ms is not None and self._book.late_ms <= now:
            self._book.late_ms, self._list_ms = None, now if self.known else self._list_ms
        if self._list_ms is not None and self._list_ms <= now:
            actions += self._list()
        return actions

    def connected(self, now: int) -> list[Action]:
        self._pause = FIRST_PAUSE_MS
        self._book.news += 1
        if self._book.news > 1:
            self._ends.engine_back(now)
        said, self._said_lost = self._said_lost, False
        answers: list[Action] = [Log("info", "the Docker Engine answers again", "")] if said else []
        return [*answers, *self._list()]

    def lost(self, event: EngineLost, now: int) -> list[Action]:
        self._watch_ms = now + self._pause
        self._pause = min(self._pause * 2, LAST_PAUSE_MS)
        if self._said_lost:
            return []
        self._said_lost = True
        if self._number:
            return [Log("warning", "lost the Docker Engine, trying on", event.why)]
        message = "no Docker Engine answers: start it, or set DOCKER_HOST; trying on"
        return [Log("error", message, event.why)]

    def list_failed(self, number: int, now: int) -> list[Action]:
        if number == self._number:
            self._list_ms = now + RETRY_MS
        return []

    def listed(self, event: Listed, now: int, *, quiet: bool) -> list[Action]:
        """An earlier list's answer tells nothing: ends may have been missed between it and the news."""
        if event.number != self._number:
            return []
        if self.known:
            return [*self._compare(event, now, quiet=quiet), *self._sweep(event)]
        self.known = True
        found = [(seen.order, seen) for seen in event.found if seen.order is not None]
        mine = [(Held(order, address=seen.address), seen) for order, seen in found if order.key not in self._book.tasks]
        if mine:
            self._ends.engine_back(now)
        recovered = Recovered(tuple(held for held, _ in mine))
        return [recovered, *(action for held, seen in mine for action in self._recover(held, seen, now, quiet=quiet))]

    def _list(self) -> list[Action]:
        self._list_ms = None
        self._number += 1
        self._compared = [task for task in self._book.tasks.values() if task.phase is Phase.RUNNING]
        return [List(self._number)]

    def _compare(self, event: Listed, now: int, *, quiet: bool) -> list[Action]:
        """Look closer at what ran before the list and does not in it."""
        running = {seen.container for seen in event.found if seen.standing is Standing.RUNNING}
        actions: list[Action] = []
        for task in self._compared:
            if task.phase is Phase.RUNNING:
                there = task.container in running
                actions += self._ends.follow(task, now, quiet=quiet) if there else self._book.inspect(task)
        self._compared = []
        return actions

    def _sweep(self, event: Listed) -> list[Action]:
        """Remove what came to be after its launch was given up."""
        actions: list[Action] = []
        for seen in event.found:
            if seen.order is None or seen.standing is not Standing.CREATED or seen.container in self._book.containers:
                continue
            if seen.order.key not in self._book.tasks:
                actions += self._removals.remove(self._keep(seen.order, seen), "nobody waits for its start")
        return actions

    def _recover(self, held: Held, seen: Seen, now: int, *, quiet: bool) -> list[Action]:
        """Hold a container of an earlier executor."""
        task = self._book.tasks[held.order.key] = self._keep(held.order, seen)
        if seen.standing is Standing.CREATED:
            task.verdict = NotStarted(task.key, Reason.LAUNCH_FAILED, LEFT)
            return self._removals.remove(task, LEFT)
        task.phase, task.found = Phase.RUNNING, True
        if seen.standing is Standing.EXITED:
            return self._book.inspect(task)
        self._ends.look_later(task, now)
        return self._ends.follow(task, now, quiet=quiet)

    def _keep(self, order: Order, seen: Seen) -> ContainerTask:
        task = ContainerTask(order, Phase.DISCARDING, seen.container)
        self._book.containers[seen.container] = task
        return task
