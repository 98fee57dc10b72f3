"""What happened, and why: a bounded ring that operators list and watch."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

KEPT = 10_000
LONGEST_SUBJECT, LONGEST_REASON = 255, 1_000


class Entry(NamedTuple):
    """`subject` is the agent, framework, offer or task it is about."""

    sequence: int
    timestamp_ms: int
    kind: str
    subject: str
    reason: str


class History:
    def __init__(self, kept: int = KEPT) -> None:
        self.sequence = 0
        self._ring: deque[Entry] = deque(maxlen=kept)

    def record(self, now: int, kind: str, subject: str, reason: str) -> None:
        """Peers word subjects and reasons too, so both are cut to what is worth keeping."""
        self.sequence += 1
        self._ring.append(Entry(self.sequence, now, kind, subject[:LONGEST_SUBJECT], reason[:LONGEST_REASON]))

    def since(self, sequence: int) -> tuple[Entry, ...]:
        """Those kept with a higher sequence, oldest first; costs as many steps as it returns."""
        fresh = min(max(self.sequence - sequence, 0), len(self._ring))
        return tuple(islice(reversed(self._ring), fresh))[::-1]

    def last(self, count: int) -> tuple[Entry, ...]:
        """The last `count`, oldest first; all that are kept where it is 0."""
        return self.since(self.sequence - count if count > 0 else 0)

    def of(self, subject: str) -> Iterator[Entry]:
        return (entry for entry in self._ring if entry.subject == subject[:LONGEST_SUBJECT])
