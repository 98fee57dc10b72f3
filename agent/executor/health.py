"""When a task is checked, and what the results mean (the rules are Mesos' health checker's).

Until the first success, failures within the grace are forgiven, and extra probes find the moment the task
serves sooner than `interval_ms` would; their failures are not counted against it.
"""

from dataclasses import dataclass

from barter.core.tasks import CheckResult, HealthCheck, ReadinessCheck, StatusCheck

FIRST_PROBE_MS = 100


@dataclass(frozen=True, slots=True)
class Verdict:
    """`changed`: there is news. `kill`: as many failures in a row as the check allows."""

    healthy: bool | None
    changed: bool
    kill: bool = False


class Health:
    """The schedule of one task's check. One check at a time: the next is due after the last one's result."""

    __slots__ = ("_counted_ms", "_failures", "_probe_ms", "_seen_success", "_started_ms", "check", "healthy", "next_ms")

    def __init__(self, check: HealthCheck, now: int, delay_ms: int = 0) -> None:
        self.check = check
        self.healthy: bool | None = None
        self.next_ms: int | None = now + delay_ms
        self._started_ms = now
        self._counted_ms = now
        self._failures = 0
        self._seen_success = False
        self._probe_ms = min(FIRST_PROBE_MS, check.interval_ms)

    def begin(self, now: int) -> bool:
        """Whether a check is due now; it is then under way until `result`."""
        if self.next_ms is None or now < self.next_ms:
            return False
        self.next_ms = None
        return True

    def result(self, ok: bool | None, now: int) -> Verdict:
        """`ok` is None where nothing was found: it is checked again, and nothing else changes."""
        if ok is None:
            self.next_ms = now + self.check.interval_ms
            return Verdict(self.healthy, changed=False)
        before = self.healthy
        counts = self._counts(now)
        self.next_ms = now + self._delay(ok)
        if ok:
            self._seen_success, self._failures, self.healthy = True, 0, True
        elif counts:
            self._failures, self._counted_ms, self.healthy = self._failures + 1, now, False
        kill = not ok and counts and 0 < self.check.max_failures <= self._failures
        return Verdict(self.healthy, self.healthy is not before, kill)

    def _counts(self, now: int) -> bool:
        """Whether a failure now counts."""
        if self._seen_success:
            return True
        return now - self._started_ms > self.check.grace_ms and now - self._counted_ms >= self.check.interval_ms

    def _delay(self, ok: bool) -> int:
        if ok or self._seen_success:
            return self.check.interval_ms
        delay, self._probe_ms = self._probe_ms, min(self._probe_ms * 2, self.check.interval_ms)
        return delay


class Readiness:
    """Checked until the first success, and never again; `ready` of a task of an earlier executor is None until then."""

    __slots__ = ("_probe_ms", "check", "next_ms", "ready")

    def __init__(self, check: ReadinessCheck, now: int, *, found: bool) -> None:
        self.check = check
        self.ready: bool | None = None if found else False
        self.next_ms: int | None = now if found else now + check.delay_ms
        self._probe_ms = min(FIRST_PROBE_MS, check.interval_ms)

    def begin(self, now: int) -> bool:
        """Whether a check is due now; it is then under way until `result`."""
        if self.next_ms is None or now < self.next_ms:
            return False
        self.next_ms = None
        return True

    def result(self, ok: bool | None, now: int) -> bool:
        """Whether that is news."""
        if ok:
            self.ready = True
        else:
            self.next_ms = now + self._probe_ms
            self._probe_ms = min(self._probe_ms * 2, self.check.interval_ms)
        return ok is True


class Observed:
    """Asked for as long as the task runs; only another result than the last one is news."""

    __slots__ = ("check", "next_ms", "result_now")

    def __init__(self, check: StatusCheck, now: int, *, found: bool) -> None:
        self.check = check
        self.result_now: CheckResult | None = None
        self.next_ms: int | None = now if found else now + check.delay_ms

    def begin(self, now: int) -> bool:
        """Whether a check is due now; it is then under way until `result`."""
        if self.next_ms is None or now < self.next_ms:
            return False
        self.next_ms = None
        return True

    def result(self, ok: bool | None, found: int | None, now: int) -> bool:
        """Whether that is news."""
        self.next_ms = now + self.check.interval_ms
        if ok is None:
            return False
        before, self.result_now = self.result_now, CheckResult(self.check.kind, found)
        return self.result_now != before
