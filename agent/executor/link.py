"""When the executor opens a session with its agent: at once, then after pauses that double while none lasts."""

from enum import Enum, auto

FIRST_PAUSE_MS = 100
LONGEST_PAUSE_MS = 2_000


class Phase(Enum):
    AWAY = auto()
    DIALLING = auto()
    CONNECTED = auto()


class AgentLink:
    """One attempt at a time, from when one is `due` until it is `gone`."""

    def __init__(self) -> None:
        self._phase = Phase.AWAY
        self._retry_ms = 0
        self._pause_ms = FIRST_PAUSE_MS
        self._opened_ms = 0

    @property
    def connected(self) -> bool:
        return self._phase is Phase.CONNECTED

    def due(self, now: int) -> bool:
        """Whether to connect now; the attempt is then under way."""
        if self._phase is not Phase.AWAY or now < self._retry_ms:
            return False
        self._phase = Phase.DIALLING
        return True

    def open(self, now: int) -> bool:
        """Whether this is news."""
        if self._phase is not Phase.DIALLING:
            return False
        self._phase, self._opened_ms = Phase.CONNECTED, now
        return True

    def gone(self, now: int) -> None:
        """The attempt has ended, or never came to a session."""
        if self._phase is Phase.AWAY:
            return
        if self.connected and now - self._opened_ms > LONGEST_PAUSE_MS:
            self._pause_ms = FIRST_PAUSE_MS
        self._phase, self._retry_ms = Phase.AWAY, now + self._pause_ms
        self._pause_ms = min(self._pause_ms * 2, LONGEST_PAUSE_MS)

    def wakeup(self) -> int | None:
        return self._retry_ms if self._phase is Phase.AWAY else None
