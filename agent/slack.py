"""Slack: the cpus that tasks hold and do not use, lent to revocable tasks for as long as that stays so.

A task lends a share of what it holds beyond the most it used in its last samples. What revocable tasks hold is lent
already. Mesos calls the whole oversubscription, and this part of it the resource estimator.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from barter.agent.book import Book
from barter.agent.events import TaskUsage
from barter.agent.facts import TaskKey
from barter.core.resources import Resources, resources
from barter.core.task_state import TaskState

LENDER_MEASURES_MS = 2_000
SILENT_MS = 30_000
WINDOW = 10
LEAST_SAMPLES = 3
LENT_PERCENT = 80
STEP = 100
GROWTH = 200


@dataclass(slots=True)
class _Measured:
    """The milli-cpus of a task's last samples."""

    heard_ms: int
    cpus: deque[int] = field(default_factory=lambda: deque(maxlen=WINDOW))


class Slack:
    """In milli-cpus. `told` is what the master was told last, in whole steps, and what admission goes by.

    Less is told at once, more when it is at least GROWTH more. A task of which nothing was heard for SILENT_MS lends
    nothing. What revocable tasks of an earlier start hold counts as lent until there was time to measure.
    """

    def __init__(self, held: int, *, lends: bool) -> None:
        self.lends = lends
        self.told = held if lends else 0
        self._held = self.told
        self._held_until_ms: int | None = None
        self._measured: dict[TaskKey, _Measured] = {}
        self._due_ms: int | None = 0 if self._held else None

    @property
    def resources(self) -> Resources:
        return resources(cpus=self.told)

    def measured(self, usage: Iterable[TaskUsage], now: int) -> None:
        """Take in what the executor has measured; to be reckoned with at the next Tick."""
        for each in usage:
            measured = self._measured.setdefault((each.framework_id, each.task_id), _Measured(now))
            measured.heard_ms = now
            measured.cpus.append(max(each.cpus, 0))
        self.touch(now)

    def touch(self, now: int) -> None:
        """Tasks have ended, or were measured: what is lent may be another amount."""
        if self.lends and self._measured:
            self._due_ms = now

    def reckon(self, book: Book, machine: int, now: int) -> bool:
        """Whether what the tasks of a machine of so many milli-cpus lend is to be told anew; False before it is due."""
        if self._due_ms is None or now < self._due_ms:
            return False
        if self._held and self._held_until_ms is None:
            self._held_until_ms = now + SILENT_MS
        self._forget(book, now)
        lent = min(sum(self._lent(book, key, each) for key, each in self._measured.items()), machine) // STEP * STEP
        if self._held_until_ms is not None and now < self._held_until_ms:
            lent = max(lent, self._held)
        else:
            self._held = 0
        self._due_ms = self._next(now)
        if self.told <= lent < self.told + GROWTH:
            return False
        self.told = lent
        return True

    def wakeup(self) -> int | None:
        return self._due_ms

    def _forget(self, book: Book, now: int) -> None:
        for key in [key for key, each in self._measured.items() if now - each.heard_ms >= SILENT_MS]:
            del self._measured[key]
        for key in list(self._measured):
            entry = book.find(*key)
            if entry is None or not entry.live:
                del self._measured[key]

    def _lent(self, book: Book, key: TaskKey, measured: _Measured) -> int:
        entry = book.find(*key)
        if entry is None or entry.status.state is not TaskState.RUNNING or entry.task.revocable:
            return 0
        if len(measured.cpus) < LEAST_SAMPLES:
            return 0
        return max(entry.task.resources.scalars.get("cpus", 0) - max(measured.cpus), 0) * LENT_PERCENT // 100

    def _next(self, now: int) -> int | None:
        ends = [each.heard_ms + SILENT_MS for each in self._measured.values()]
        if self._held and self._held_until_ms is not None:
            ends.append(self._held_until_ms)
        return min((end for end in ends if end > now), default=None)
