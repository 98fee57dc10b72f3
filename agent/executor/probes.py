"""The checks of one task: of its health and its status for as long as it runs, of its readiness until that is found."""

from collections.abc import Iterator

from barter.agent.executor.events import AnyCheck, Checked
from barter.agent.executor.health import Health, Observed, Readiness, Verdict
from barter.core.machine import earliest
from barter.core.tasks import CheckResult, HealthCheck, ReadinessCheck, Reason, TaskInfo


def reason_of(check: AnyCheck) -> Reason:
    """Why there is a status when a result of it is news."""
    if isinstance(check, HealthCheck):
        return Reason.HEALTH_CHECK
    return Reason.READINESS_CHECK if isinstance(check, ReadinessCheck) else Reason.STATUS_CHECK


class Probes:
    """Without any until `begin`; each of its checks is under way once at a time."""

    __slots__ = ("_health", "_readiness", "_status", "_under_way")

    def __init__(self) -> None:
        self._health: dict[HealthCheck, Health] = {}
        self._readiness: Readiness | None = None
        self._status: Observed | None = None
        self._under_way: set[AnyCheck] = set()

    @property
    def healthy(self) -> bool | None:
        """False where one check says so; None until all have said something."""
        said = [each.healthy for each in self._health.values()]
        if not said or (None in said and False not in said):
            return None
        return False not in said

    @property
    def ready(self) -> bool | None:
        return self._readiness.ready if self._readiness is not None else None

    @property
    def found(self) -> CheckResult | None:
        return self._status.result_now if self._status is not None else None

    @property
    def under_way(self) -> bool:
        return bool(self._under_way)

    def begin(self, task: TaskInfo, now: int, *, found: bool) -> None:
        """The task runs; `found` where it did before this executor, which then does not wait any more."""
        self._health = {check: Health(check, now, 0 if found else check.delay_ms) for check in task.health_checks}
        if task.readiness_check is not None:
            self._readiness = Readiness(task.readiness_check, now, found=found)
        if task.status_check is not None:
            self._status = Observed(task.status_check, now, found=found)

    def next(self) -> int | None:
        return earliest(*(probe.next_ms for probe in self._all()))

    def due(self, now: int) -> list[AnyCheck]:
        """What is to be checked now; each is under way until its `result`."""
        checks: list[AnyCheck] = [probe.check for probe in self._all() if probe.begin(now)]
        self._under_way.update(checks)
        return checks

    def result(self, checked: Checked, now: int) -> Verdict | None:
        """What follows; None of a check that is not under way."""
        if checked.check not in self._under_way:
            return None
        self._under_way.discard(checked.check)
        if isinstance(checked.check, HealthCheck):
            before = self.healthy
            verdict = self._health[checked.check].result(checked.ok, now)
            return Verdict(self.healthy, self.healthy is not before, verdict.kill)
        if isinstance(checked.check, ReadinessCheck):
            assert self._readiness is not None
            return Verdict(self.healthy, self._readiness.result(checked.ok, now))
        assert self._status is not None
        return Verdict(self.healthy, self._status.result(checked.ok, checked.found, now))

    def stop(self) -> bool:
        """No more checks; whether one was under way."""
        stopped = self.under_way
        self._under_way.clear()
        return stopped

    def _all(self) -> Iterator[Health | Readiness | Observed]:
        yield from self._health.values()
        if self._readiness is not None:
            yield self._readiness
        if self._status is not None:
            yield self._status
