"""Which master to try, and how long to wait before: for all who keep a session with whichever leads."""

from collections.abc import Sequence

FIRST_DELAY_MS = 100
LONGEST_DELAY_MS = 2_000
FOLLOWED_MOST = 3
SPREAD_MS = 40


class Turns:
    """The masters in turn, the leader first where one was named; delays of 0.1 s doubling to 2 s, halved by chance.

    A leader that is named is gone to at once, spread by chance over `spread_ms`; of those that name each other in a
    circle, `FOLLOWED_MOST` in a row.
    """

    def __init__(self, masters: Sequence[str]) -> None:
        self._masters = tuple(masters)
        self._next = 0
        self._leader = ""
        self._told = ("", 0)
        self._lost = 0
        self._followed = 0
        self._again = ""
        self._should_lead = False
        self.address = ""
        self.redirected = False
        self._silent = ""

    def __str__(self) -> str:
        return ",".join(self._masters)

    @property
    def unreachable(self) -> str:
        """What to tell the master that is tried: who should lead and does not answer; empty where that is itself."""
        return self._silent if self._silent != self.address else ""

    @property
    def none_known(self) -> bool:
        return not self._masters and not self._leader

    def next(self) -> str:
        """The address to try now: `address` from here on, and `redirected` when another master named it."""
        self.redirected = bool(self._leader)
        self._should_lead = bool(self._leader or self._again)
        if self._should_lead:
            self.address, self._leader, self._again = self._leader or self._again, "", ""
        else:
            self.address = self._in_turn()
        return self.address

    def arrived(self) -> None:
        """There is a session; should it be lost, its master is the first to be tried."""
        self._lost = self._followed = 0
        self._again, self._leader = self.address, ""
        self._silent = ""

    def shun(self) -> None:
        """The present master is to be left, being silent or no leader any more: the others come first."""
        self._again = self._leader = ""
        self._silent = self.address

    def replace(self, masters: Sequence[str], leader: str, epoch: int) -> bool:
        """These are the masters now, and who leads since which epoch; whether that is another than was known."""
        self._masters = tuple(masters) or self._masters
        news = bool(leader) and (leader, epoch) != self._told and leader != self._again
        if news:
            self._told, self._leader = (leader, epoch), leader
        return news

    def lost(self, leader: str, jitter: int, spread_ms: int = SPREAD_MS) -> int:
        """The milliseconds to wait before the next try; `leader` where one was named, `jitter` from 0 to 999."""
        leader = self._leader if leader in ("", self.address) else leader
        self._leader = ""
        if leader and self.address == self._silent:
            self._silent = ""
        if leader and self._followed < FOLLOWED_MOST:
            self._followed += 1
            self._leader, self._again = leader, ""
            return spread_ms * jitter // 1000
        self._followed = 0
        if self._should_lead and not self._again and not leader:
            self._silent = self.address
        longest = min(FIRST_DELAY_MS << min(self._lost, 8), LONGEST_DELAY_MS)
        self._lost += 1
        return longest // 2 + longest * jitter // 2000

    def _in_turn(self) -> str:
        """The next of the list, but for the one that was tried last."""
        if self._masters[self._next % len(self._masters)] == self.address:
            self._next += 1
        found = self._masters[self._next % len(self._masters)]
        self._next += 1
        return found
