"""When which task wants attention: a heap, in which a time that no longer matters costs nothing but its place."""

import heapq
from collections.abc import Iterator

from barter.agent.executor.events import TaskKey


class Timers:
    def __init__(self) -> None:
        self._heap: list[tuple[int, TaskKey]] = []

    def set(self, due: int, key: TaskKey) -> None:
        heapq.heappush(self._heap, (due, key))

    def due(self, now: int) -> Iterator[TaskKey]:
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)[1]

    def next(self) -> int | None:
        return self._heap[0][0] if self._heap else None
