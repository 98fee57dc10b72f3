"""Which master to try, when to try again, and when a silent one counts as lost."""

from collections.abc import Sequence

FIRST_DELAY_MS = 100
LONGEST_DELAY_MS = 2_000
SUBSCRIBE_TIMEOUT_MS = 10_000
SILENT_HEARTBEATS = 3
SHORTEST_SILENCE_MS = 3_000


class Route:
    """The masters in turn, the leader first where one was named; delays of 0.1 s doubling to 2 s, halved by chance.

    Silence is judged twice before a link is given up: after a callback that blocked the loop, what came
    meanwhile is heard first.
    """

    def __init__(self, masters: Sequence[str]) -> None:
        self._masters = tuple(masters)
        self._next = 0
        self._leader = ""
        self.attempts = 0
        self.address = masters[0]
        self.deadline: int | None = None
        self._silence_ms = SUBSCRIBE_TIMEOUT_MS
        self._suspect = False

    @property
    def masters(self) -> str:
        return ",".join(self._masters)

    def set_out(self, now: int) -> str:
        """The address to try now."""
        if self._leader:
            self.address, self._leader = self._leader, ""
        else:
            self.address = self._masters[self._next % len(self._masters)]
            self._next += 1
        self._silence_ms = SUBSCRIBE_TIMEOUT_MS
        self.heard(now)
        return self.address

    def arrived(self, heartbeat_ms: int, now: int) -> None:
        """Subscribed; should this link be lost, its master is the first to be tried."""
        self.attempts = 0
        self._leader = ""
        if self.address in self._masters:
            self._next = self._masters.index(self.address)
        self._silence_ms = max(heartbeat_ms * SILENT_HEARTBEATS, SHORTEST_SILENCE_MS)
        self.heard(now)

    def heard(self, now: int) -> None:
        self._suspect = False
        self.deadline = now + self._silence_ms

    def is_silent(self, now: int) -> bool:
        """Whether the link is to be given up; asked at its deadline."""
        if self.deadline is None or now < self.deadline:
            return False
        if self._suspect:
            return True
        self._suspect = True
        self.deadline = now + self._silence_ms // 3
        return False

    def lost(self, leader: str, jitter: int) -> int:
        """The milliseconds to wait before the next try; `jitter` from 0 to 999."""
        longest = min(FIRST_DELAY_MS << min(self.attempts, 8), LONGEST_DELAY_MS)
        self.attempts += 1
        self._leader = leader
        self.deadline = None
        return longest // 2 + longest * jitter // 2000
