"""Until when a leader may act, kept by the thread that hears ZooKeeper: a loop that is busy for long loses nothing."""

from barter.core.candidacy import Action, Event, Renewed, SessionEvent, SessionLost, SessionOpened
from barter.core.election import Election, Phase
from barter.core.machine import Tick
from barter.shell.clock import LeaseClock


class Lease:
    """The election as its runner sees it: what the thread has heard meanwhile counts before time does.

    `hear` comes in the client's thread, before the loop hears the same; it only counts sessions and keeps a moment,
    so that a reader in the loop sees an older state at worst, which has a shorter lease.
    """

    def __init__(self, election: Election, clock: LeaseClock) -> None:
        self._election, self._clock = election, clock
        self._opened = self._opened_here = 0
        self._heard_ms = 0
        self._ended = False

    def hear(self, event: SessionEvent) -> None:
        match event:
            case SessionOpened(_, sent_ms):
                self._opened += 1
                self._heard_ms = sent_ms
            case SessionLost():
                self._opened += 1
            case Renewed(sent_ms):
                self._heard_ms = sent_ms
            case _:
                pass

    def end(self) -> None:
        """It leads no more, from now on."""
        self._ended = True

    def may_act(self) -> bool:
        """Who led and was told no once is never told yes again: what it held back meanwhile was dropped for good."""
        now = self._clock.now()
        self._catch_up(now)
        may = not self._ended and self._opened == self._opened_here and self._election.may_act(now)
        self._ended = self._ended or (self._election.phase is Phase.LEADING and not may)
        return may

    def next_wakeup(self) -> int | None:
        return self._election.next_wakeup()

    def step(self, event: Event | Tick, now: int) -> list[Action]:
        if isinstance(event, SessionOpened | SessionLost):
            self._opened_here += 1
        elif isinstance(event, Renewed) and self._ended:
            return []
        else:
            self._catch_up(now)
        return self._election.step(event, now)

    def _catch_up(self, now: int) -> None:
        """Of the session that the loop knows, and no later one."""
        heard_ms = self._heard_ms
        if not self._ended and self._opened == self._opened_here:
            self._election.step(Renewed(heard_ms), now)
