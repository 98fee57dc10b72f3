"""What the tasks of an agent use, as their executors measured it last, and what all of them have used together."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from barter.agent.book import Book
from barter.agent.events import TaskUsage
from barter.agent.facts import TaskKey

MEASURE_MS = 10_000


@dataclass(frozen=True, slots=True)
class Reading:
    used: TaskUsage
    measured_ms: int


@dataclass(slots=True)
class Sums:
    """Of all tasks since this agent's start, ended ones as far as they were measured: microseconds and bytes."""

    cpu_us: int = 0
    read: int = 0
    written: int = 0
    received: int = 0
    sent: int = 0

    def add(self, new: TaskUsage, old: TaskUsage) -> None:
        self.cpu_us += _grown(new.cpu_us, old.cpu_us)
        self.read += _grown(new.read, old.read)
        self.written += _grown(new.written, old.written)
        self.received += _grown(new.received, old.received)
        self.sent += _grown(new.sent, old.sent)


class Measurements:
    """Of live tasks only; `sums` never fall. What the tasks of an earlier start had used by then is not in them."""

    def __init__(self, earlier: Book) -> None:
        self.sums = Sums()
        self._last: dict[TaskKey, Reading] = {}
        self._earlier = {entry.key for entry in earlier.entries() if entry.live}

    def take(self, usage: Iterable[TaskUsage], book: Book, now: int) -> None:
        for key in [key for key in self._last if not _live(book, key)]:
            del self._last[key]
        for each in usage:
            key = each.framework_id, each.task_id
            if _live(book, key):
                self.sums.add(each, self._before(key, each))
                self._last[key] = Reading(each, now)

    def _before(self, key: TaskKey, first: TaskUsage) -> TaskUsage:
        if (known := self._last.get(key)) is not None:
            return known.used
        if key in self._earlier:
            self._earlier.remove(key)
            return first
        return TaskUsage(*key, 0, 0)

    def of(self, book: Book) -> Iterator[Reading]:
        return (reading for key, reading in self._last.items() if _live(book, key))


def _live(book: Book, key: TaskKey) -> bool:
    entry = book.find(*key)
    return entry is not None and entry.live


def _grown(new: int | None, old: int | None) -> int:
    return max((new or 0) - (old or 0), 0)
