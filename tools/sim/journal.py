"""What the keeper of process tasks writes down: its notes survive it, but nothing of them is synced."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from random import Random

from barter.agent.executor.events import Ended, Order, TaskKey

LINES_LOST_MOST = 3


@dataclass(slots=True)
class Entry:
    order: Order
    killing: bool = False
    end: Ended | None = None


class Journal:
    """One line for each thing that is written; when power is lost the last few may be."""

    def __init__(self) -> None:
        self._entries: dict[TaskKey, Entry] = {}
        self._undo: deque[Callable[[], object]] = deque(maxlen=LINES_LOST_MOST)

    def entries(self) -> list[Entry]:
        return list(self._entries.values())

    def find(self, key: TaskKey) -> Entry | None:
        return self._entries.get(key)

    def intend(self, order: Order) -> None:
        self._entries[order.key] = Entry(order)
        self._undo.append(partial(self._entries.pop, order.key, None))

    def killing(self, entry: Entry) -> None:
        if not entry.killing:
            entry.killing = True
            self._undo.append(lambda: setattr(entry, "killing", False))

    def ended(self, end: Ended) -> None:
        if (entry := self._entries.get(end.key)) is not None:
            entry.end = end
            self._undo.append(lambda: setattr(entry, "end", None))

    def forget(self, keys: Iterable[TaskKey]) -> None:
        for key in keys:
            if (entry := self._entries.pop(key, None)) is not None:
                self._undo.append(partial(self._entries.__setitem__, key, entry))

    def lose_power(self, rng: Random) -> None:
        for _ in range(rng.randrange(len(self._undo) + 1)):
            self._undo.pop()()
        self._undo.clear()
