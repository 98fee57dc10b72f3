"""Statuses that the agent has not recorded yet, oldest first."""

from collections import deque

from barter.agent.executor.actions import ExecutorStatus


class Outbox:
    def __init__(self) -> None:
        self._waiting: deque[ExecutorStatus] = deque()
        self.next_sequence = 1

    @property
    def empty(self) -> bool:
        return not self._waiting

    def add(self, status: ExecutorStatus) -> None:
        """Keep a status that was made with `next_sequence`."""
        self._waiting.append(status)
        self.next_sequence = status.sequence + 1

    def recorded(self, sequence: int) -> list[ExecutorStatus]:
        """Drop and return all up to and with `sequence`."""
        dropped: list[ExecutorStatus] = []
        while self._waiting and self._waiting[0].sequence <= sequence:
            dropped.append(self._waiting.popleft())
        return dropped

    def waiting(self) -> tuple[ExecutorStatus, ...]:
        return tuple(self._waiting)
