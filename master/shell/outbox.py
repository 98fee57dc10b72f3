"""What waits to be written on one stream."""

from barter.master.joining import Message, joined, size

WAITING_MOST = 200_000
BEATS_MOST = 20


class Outbox:
    """A peer that reads empties it between two heartbeats, however much was put in at once.

    It is `overfull` when more than `WAITING_MOST` items wait and none was taken for `BEATS_MOST` heartbeats.
    """

    def __init__(self) -> None:
        self._waiting: list[Message] = []
        self._items = 0
        self._beats = 0
        self.closed = False
        self.overfull = False

    def put(self, message: Message) -> None:
        if self.closed or self.overfull:
            return
        self._items += size(message)
        self._waiting.append(message)

    def beat(self) -> None:
        """A heartbeat is due: have something written, if nothing else waits."""
        self._beats += 1
        self.overfull = self._items > WAITING_MOST and self._beats > BEATS_MOST

    def close(self) -> None:
        """Take nothing more in."""
        self.closed = True

    def take(self) -> list[Message] | None:
        """All that waits; nothing when it is time for a heartbeat; None where there is nothing to write."""
        if not self._waiting:
            due, self._beats = self._beats, 0
            return [] if due and not self.closed else None
        taken, self._waiting, self._items, self._beats = self._waiting, [], 0, 0
        return joined(taken)
