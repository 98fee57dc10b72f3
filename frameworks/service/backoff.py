"""How long an app that fails waits before its next launch."""

from dataclasses import dataclass

from barter.frameworks.service.app import MILLION, Delays

PROVEN_MS = 10_000
"""An instance has proved itself after running for so long, where its health is checked if it was healthy."""


@dataclass(slots=True)
class Backoff:
    """The first failure in a row is free, so that a killed instance is replaced at once; each later one waits longer.

    `until` is when the next launch may come.
    """

    failures: int = 0
    delay_ms: int = 0
    until: int = 0

    def fail(self, delays: Delays, now: int) -> None:
        """Count a failure; those that come within the current wait belong to it."""
        if now < self.until:
            return
        self.failures += 1
        if self.failures == 1:
            return
        grown = self.delay_ms * delays.factor // MILLION if self.delay_ms else delays.first_ms
        self.delay_ms = min(grown, delays.longest_ms)
        self.until = now + self.delay_ms

    def lift(self) -> None:
        """An instance serves: the next launch may come now. The row goes on until one has proved itself."""
        self.until = 0

    def reset(self) -> None:
        self.failures = self.delay_ms = self.until = 0
