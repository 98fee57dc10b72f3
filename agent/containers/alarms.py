"""What is due when: a heap, in which an alarm that no longer matters costs nothing but its place."""

import heapq
from collections.abc import Iterator
from enum import Enum, auto

from barter.agent.containers.task import ContainerTask


class Due(Enum):
    INSPECT = auto()
    LOOK = auto()
    FOLLOW = auto()
    COPY = auto()
    REPORT_END = auto()
    MEMORY_UNHEARD = auto()
    OUTPUT_OVERDUE = auto()
    QUIET_OVERDUE = auto()
    REMOVE = auto()


class Alarms:
    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Due, ContainerTask]] = []
        self._count = 0

    def set(self, when: int, due: Due, task: ContainerTask) -> None:
        self._count += 1
        heapq.heappush(self._heap, (when, self._count, due, task))

    def ring(self, now: int) -> Iterator[tuple[Due, ContainerTask]]:
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)[2:]

    def next(self) -> int | None:
        return self._heap[0][0] if self._heap else None
