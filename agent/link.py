"""The session with a master as far as time decides it: heartbeats out, and silence in."""

REGISTER_MS = 10_000
SILENT_HEARTBEATS = 3
"""The last of them is counted from the moment the silence was noticed: the agent itself may have been late."""


class MasterLink:
    """`connected` from the stream's opening, `registered` once the master has answered."""

    def __init__(self) -> None:
        self.connected = False
        self.registered = False
        self.heartbeat_ms = 0
        self._silent_ms = 0
        self._noticed = False
        self._beat_ms = 0

    def open(self, now: int) -> None:
        self.connected, self.registered = True, False
        self._silent_ms = now + REGISTER_MS

    def close(self) -> None:
        self.connected = self.registered = False

    def register(self, heartbeat_ms: int, now: int) -> None:
        self.registered, self.heartbeat_ms = True, heartbeat_ms
        self._beat_ms = now + heartbeat_ms
        self.heard(now)

    def heard(self, now: int) -> None:
        if self.registered:
            self._silent_ms, self._noticed = now + (SILENT_HEARTBEATS - 1) * self.heartbeat_ms, False

    def silence(self, now: int) -> str:
        """Why this master is to be left now; empty while it is not."""
        if not self.connected or now < self._silent_ms:
            return ""
        if not self.registered:
            return f"it did not answer the registration within {REGISTER_MS} ms"
        if not self._noticed:
            self._silent_ms, self._noticed = now + self.heartbeat_ms, True
            return ""
        return f"it was silent for {SILENT_HEARTBEATS} heartbeats of {self.heartbeat_ms} ms"

    def beat(self, now: int) -> bool:
        """Whether a heartbeat is due; the next one is then a heartbeat away."""
        if not self.registered or now < self._beat_ms:
            return False
        self._beat_ms = now + self.heartbeat_ms
        return True

    def wakeup(self) -> int | None:
        if not self.connected:
            return None
        return min(self._silent_ms, self._beat_ms) if self.registered else self._silent_ms
