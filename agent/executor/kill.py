"""How a task is ended: SIGTERM at once, SIGKILL after a grace, and SIGKILL again for as long as it lives."""

from dataclasses import dataclass

REPEAT_MS = 5_000


@dataclass(slots=True)
class KillPlan:
    """`next_ms` is when the next SIGKILL is due."""

    next_ms: int

    @classmethod
    def begin(cls, now: int, grace_ms: int) -> "KillPlan":
        return cls(now + grace_ms)

    def hasten(self, now: int, grace_ms: int) -> bool:
        """A second kill may shorten the grace, never lengthen it; whether it did."""
        sooner = now + grace_ms < self.next_ms
        if sooner:
            self.next_ms = now + grace_ms
        return sooner

    def fire(self, now: int) -> bool:
        """Whether SIGKILL is due now; the next one is then REPEAT_MS away, for runtimes that lost the first."""
        if now < self.next_ms:
            return False
        self.next_ms = now + REPEAT_MS
        return True
