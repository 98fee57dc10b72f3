"""The events that wait for the machine: few at a time, so that who asks does not wait for hundreds of statuses."""

from collections import deque

from barter.frameworks.service.events import Event, Request

REQUESTS, OTHERS = 16, 32


class Backlog:
    """Requests of the API overtake what comes from the master, and leave it room in each turn."""

    def __init__(self) -> None:
        self._requests: deque[Event] = deque()
        self._others: deque[Event] = deque()

    def __bool__(self) -> bool:
        return bool(self._requests or self._others)

    def add(self, event: Event) -> None:
        (self._requests if isinstance(event, Request) else self._others).append(event)

    def take(self) -> list[Event]:
        """Those of one turn."""
        return [*_first(self._requests, REQUESTS), *_first(self._others, OTHERS)]


def _first(events: deque[Event], most: int) -> list[Event]:
    return [events.popleft() for _ in range(min(most, len(events)))]
