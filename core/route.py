"""Which master to try, when to try again, and when a silent one counts as lost: for agents and frameworks."""

from collections.abc import Sequence

from barter.core.turns import Turns

ANSWER_MS = 10_000
SILENT_HEARTBEATS = 3
SHORTEST_SILENCE_MS = 3_000


class Route:
    """The masters in turn, and how long each may be silent.

    Silence is judged twice before a link is given up: after something that blocked the process, what came
    meanwhile is heard first.
    """

    def __init__(self, masters: Sequence[str]) -> None:
        self.masters = Turns(masters)
        self.deadline: int | None = None
        self.silence_ms = ANSWER_MS
        self._suspect = False

    @property
    def address(self) -> str:
        return self.masters.address

    def set_out(self, now: int) -> str:
        """The address to try now."""
        self.silence_ms = ANSWER_MS
        self.heard(now)
        return self.masters.next()

    def arrived(self, heartbeat_ms: int, now: int) -> None:
        """The master has answered the registration or subscription."""
        self.masters.arrived()
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
        return self.masters.lost(leader, jitter)
