"""What waits to be written on one stream."""

import asyncio

from barter.master.joining import Message, joined, size

WAITING_MOST = 200_000
BEATS_MOST = 2


class Outbox:
    """A peer that reads empties it between two heartbeats, however much was put in at once.

    It is `overfull` when more than `WAITING_MOST` items wait and none was taken for `BEATS_MOST` heartbeats.
    """

    def __init__(self) -> None:
        self._waiting: list[Message] = []
        self._items = 0
        self._wake = asyncio.Event()
        self._closed = False
        self._beats = 0
        self.overfull = False

    def put(self, message: Message) -> None:
        if self._closed or self.overfull:
            return
        self._items += size(message)
        self._waiting.append(message)
        self._wake.set()

    def beat(self) -> None:
        """A heartbeat is due: have something written, if nothing else waits."""
        self._beats += 1
        self.overfull = self._items > WAITING_MOST and self._beats > BEATS_MOST
        self._wake.set()

    def close(self) -> None:
        """End after what already waits."""
        self._closed = True
        self._wake.set()

    async def take(self) -> list[Message] | None:
        """All that waits, as soon as there is any; nothing when it is time for a heartbeat; None once closed."""
        while not self._waiting:
            if self._closed:
                return None
            if self._beats:
                self._beats = 0
                return []
            self._wake.clear()
            await self._wake.wait()
        taken, self._waiting, self._items, self._beats = self._waiting, [], 0, 0
        return joined(taken)
