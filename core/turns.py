"""Which master to try, and how long to wait before: for all who keep a session with whichever leads."""

from collections.abc import Sequence

FIRST_DELAY_MS = 100
LONGEST_DELAY_MS = 2_000


class Turns:
    """The masters in turn, the leader first where one was named; delays of 0.1 s doubling to 2 s, halved by chance."""

    def __init__(self, masters: Sequence[str]) -> None:
        self._masters = tuple(masters)
        self._next = 0
        self._leader = ""
        self._lost = 0
        self._back = False
        self.address = masters[0]
        self.redirected = False

    def __str__(self) -> str:
        return ",".join(self._masters)

    def next(self) -> str:
        """The address to try now: `address` from here on, and `redirected` when another master named it."""
        self._back, self.redirected = False, bool(self._leader)
        if self._leader:
            self.address, self._leader = self._leader, ""
        else:
            self.address = self._masters[self._next % len(self._masters)]
            self._next += 1
        return self.address

    def arrived(self) -> None:
        """There is a session; should it be lost, its master is the first to be tried."""
        self._lost = 0
        self._back = True

    def shun(self) -> None:
        """The present master is to be left, being silent or no leader any more: the others come first."""
        self._back = False

    def lost(self, leader: str, jitter: int) -> int:
        """The milliseconds to wait before the next try; `leader` where one was named, `jitter` from 0 to 999."""
        longest = min(FIRST_DELAY_MS << min(self._lost, 8), LONGEST_DELAY_MS)
        self._lost += 1
        self._leader = leader
        if self._back and self.address in self._masters:
            self._next = self._masters.index(self.address)
        return longest // 2 + longest * jitter // 2000
