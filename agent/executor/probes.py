"""The checks of one task: of its health for as long as it runs, of its readiness until that is found."""

from barter.agent.executor.events import Checked
from barter.agent.executor.health import Health, Readiness, Verdict
from barter.core.machine import earliest
from barter.core.tasks import HealthCheck, ReadinessCheck, TaskInfo


class Probes:
    """Without any until `begin`; one of each kind is under way at a time."""

    __slots__ = ("_health", "_readiness", "_under_way")

    def __init__(self) -> None:
        self._health: Health | None = None
        self._readiness: Readiness | None = None
        self._under_way: set[bool] = set()

    @property
    def healthy(self) -> bool | None:
        return self._health.healthy if self._health is not None else None

    @property
    def ready(self) -> bool | None:
        return self._readiness.ready if self._readiness is not None else None

    @property
    def under_way(self) -> bool:
        return bool(self._under_way)

    def begin(self, task: TaskInfo, now: int, *, found: bool) -> None:
        """The task runs; `found` where it did before this executor, which then does not wait any more."""
        if (check := task.health_check) is not None:
            self._health = Health(check, now, 0 if found else check.delay_ms)
        if task.readiness_check is not None:
            self._readiness = Readiness(task.readiness_check, now, found=found)

    def next(self) -> int | None:
        health = self._health.next_ms if self._health is not None else None
        return earliest(health, self._readiness.next_ms if self._readiness is not None else None)

    def due(self, now: int) -> list[HealthCheck | ReadinessCheck]:
        """What is to be checked now; each is under way until its `result`."""
        checks: list[HealthCheck | ReadinessCheck] = []
        for readiness, probe in ((False, self._health), (True, self._readiness)):
            if probe is not None and probe.begin(now):
                self._under_way.add(readiness)
                checks.append(probe.check)
        return checks

    def result(self, checked: Checked, now: int) -> Verdict | None:
        """What follows; None of a check that is not under way."""
        if checked.readiness not in self._under_way:
            return None
        self._under_way.discard(checked.readiness)
        if not checked.readiness:
            assert self._health is not None
            return self._health.result(checked.ok, now)
        assert self._readiness is not None
        self._readiness.result(checked.ok, now)
        return Verdict(self.healthy, changed=checked.ok is True)

    def stop(self) -> bool:
        """No more checks; whether one was under way."""
        stopped = self.under_way
        self._under_way.clear()
        return stopped
