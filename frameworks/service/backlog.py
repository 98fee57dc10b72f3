"""The events that wait for the machine: few at a time, so that who asks does not wait for hundreds of statuses."""

from collections import deque

from barter.frameworks.service.events import Event, Offered, Request

REQUESTS, OTHERS, OFFERS = 16, 32, 8


class Backlog:
    """Requests of the API overtake what comes from the master, and leave it room in each turn."""

    def __init__(self) -> None:
        self._requests: deque[Event] = deque()
        self._others: deque[Event] = deque()

    def __bool__(self) -> bool:
        return bool(self._requests or self._others)

    def add(self, event: Event) -> None:
        match event:
            case Offered(offers=offers):
                parts = range(0, len(offers), OFFERS)
                self._others.extend(Offered(offers[first : first + OFFERS]) for first in parts)
            case _ if isinstance(event, Request):
                self._requests.append(event)
            case _:
                self._others.append(event)

    def take(self) -> list[Event]:
        """Those of one turn; an offer, on which much may be launched, is most of it."""
        taken, room = _first(self._requests, REQUESTS), OTHERS
        while self._others and room > 0:
            room -= OTHERS // 2 if isinstance(self._others[0], Offered) else 1
            taken.append(self._others.popleft())
        return taken


def _first(events: deque[Event], most: int) -> list[Event]:
    return [events.popleft() for _ in range(min(most, len(events)))]
