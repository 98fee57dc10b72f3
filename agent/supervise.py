"""When the executor is started (again): at once the first time, then later and later while it keeps dying."""

from barter.agent.executor.protocol import PROTOCOL

FIRST_DELAY_MS = 100
LONGEST_DELAY_MS = 5_000
STABLE_MS = 10_000


class Supervisor:
    """`connected` names the executor with an open session, or is empty; `protocol` is that of the last one."""

    def __init__(self) -> None:
        self.connected = ""
        self.protocol = PROTOCOL
        self.alive = False
        self._start_ms: int | None = None
        self._started_ms = 0
        self._delay_ms = 0

    def hello(self, executor: str, protocol: int = PROTOCOL) -> None:
        self.connected, self.protocol, self.alive, self._start_ms = executor, protocol, True, None

    def disconnected(self, executor: str) -> None:
        if self.connected == executor:
            self.connected = ""

    def replaced(self) -> None:
        """It is about to end for one of this version."""
        self.connected, self.protocol = "", PROTOCOL

    def died(self, now: int) -> int:
        """Plan the next start; returns in how many ms it is."""
        if self.alive and now - self._started_ms >= STABLE_MS:
            self._delay_ms = 0
        self.connected, self.protocol, self.alive = "", PROTOCOL, False
        delay, self._delay_ms = self._delay_ms, min(max(self._delay_ms * 2, FIRST_DELAY_MS), LONGEST_DELAY_MS)
        self._start_ms = now + delay
        return delay

    def start(self, now: int) -> bool:
        """Whether it is to be started now."""
        if self._start_ms is None or now < self._start_ms:
            return False
        self._start_ms, self._started_ms, self.alive = None, now, True
        return True

    def stay_down(self) -> None:
        """It is not wanted any more."""
        self._start_ms = None

    def wakeup(self) -> int | None:
        return self._start_ms
