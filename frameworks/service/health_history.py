"""What this process was told of an instance's health over time."""

from dataclasses import dataclass


@dataclass(slots=True)
class HealthHistory:
    """When each was told, in ms; 0: never. `failures` came in a row; only what is news is told, so that is 0 or 1."""

    first_success_ms: int = 0
    last_success_ms: int = 0
    last_failure_ms: int = 0
    last_failure: str = ""
    failures: int = 0

    def note(self, healthy: bool | None, message: str, now: int) -> None:
        if healthy:
            self.first_success_ms = self.first_success_ms or now
            self.last_success_ms, self.failures = now, 0
        elif healthy is not None:
            self.last_failure_ms, self.last_failure, self.failures = now, message, 1
