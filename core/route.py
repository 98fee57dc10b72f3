"""Which master to try, when to try again, and when a silent one counts as lost: for agents and frameworks."""

from collections.abc import Sequence
from dataclasses import dataclass

from barter.core.turns import Turns

HOLD_MS = 10_000
"""A master that knows no leader keeps a call for so long before it refuses it."""
ANSWER_MS = 15_000
SILENT_HEARTBEATS = 3
SHORTEST_SILENCE_MS = 3_000
HEARTBEAT_MS = 1_000
SPREADS = 25


@dataclass(frozen=True, slots=True)
class MastersAre:
    """Event: the masters there are now, and which of them leads, since which epoch; empty and 0 while none does.

    `jitter` is a random number from 0 to 999.
    """

    addresses: tuple[str, ...]
    leader: str = ""
    epoch: int = 0
    jitter: int = 0


class Route:
    """The masters in turn, and how long each may be silent.

    Silence is judged twice before a link is given up: after something that blocked the process, what came
    meanwhile is heard first. All who go to a new leader spread over a part of their heartbeat, which is longer the
    more they are.
    """

    def __init__(self, masters: Sequence[str]) -> None:
        self.masters = Turns(masters)
        self.deadline: int | None = None
        self.silence_ms = ANSWER_MS
        self._heartbeat_ms = HEARTBEAT_MS
        self._suspect = False

    @property
    def address(self) -> str:
        return self.masters.address

    @property
    def unreachable(self) -> str:
        """See `Turns.unreachable`."""
        return self.masters.unreachable

    def set_out(self, now: int) -> str:
        """The address to try now."""
        self.silence_ms = ANSWER_MS
        self.heard(now)
        return self.masters.next()

    def told(self, event: MastersAre, epoch: int) -> bool:
        """Whether there is a leader to go to, other than the present one and of no earlier epoch than is known."""
        leader = event.leader if event.epoch >= epoch else ""
        return self.masters.replace(event.addresses, leader, event.epoch) and leader != self.address

    def arrived(self, heartbeat_ms: int, now: int) -> None:
        """The master has answered the registration or subscription."""
        self.masters.arrived()
        self._heartbeat_ms = heartbeat_ms
        self.silence_ms = max(heartbeat_ms * SILENT_HEARTBEATS, SHORTEST_SILENCE_MS)
        self.heard(now)

    def heard(self, now: int) -> None:
        self._suspect = False
        self.deadline = now + self.silence_ms

    def is_silent(self, now: int) -> bool:
        """Whether the link is to be given up; asked at its deadline."""
        if self.deadline is None or now < self.deadline:
            return False
        if self._suspect:
            self.masters.shun()
            return True
        self._suspect = True
        self.deadline = now + self.silence_ms // 3
        return False

    def lost(self, leader: str, jitter: int) -> int:
        """The milliseconds to wait before the next try, see `Turns.lost`."""
        self.deadline = None
        return self.masters.lost(leader, jitter, self._heartbeat_ms // SPREADS)

    def spread(self, jitter: int) -> int:
        """The milliseconds after which to go to a leader that was just told of."""
        return self._heartbeat_ms // SPREADS * jitter // 1000
