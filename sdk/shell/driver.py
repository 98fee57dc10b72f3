"""The driver with a real master behind it."""

from collections.abc import Iterable, Sequence

from barter.core.cluster import Demand, Filters, FrameworkInfo, Service
from barter.core.ids import FrameworkId, TaskId
from barter.core.tasks import TaskInfo
from barter.sdk.driver import USUAL_FILTERS, Driver, Offers
from barter.sdk.scheduler import Scheduler
from barter.sdk.store import StateStore


class MasterDriver(Driver):
    def __init__(
        self,
        scheduler: Scheduler,
        framework: FrameworkInfo,
        masters: str,
        *,
        demands_only: bool = False,
        store: StateStore | None = None,
    ) -> None:
        self._id = framework.framework_id

    @property
    def framework_id(self) -> FrameworkId:
        return self._id

    def launch(self, offers: Offers, tasks: Sequence[TaskInfo], filters: Filters = USUAL_FILTERS) -> None: ...
    def decline(self, offers: Offers, filters: Filters = USUAL_FILTERS) -> None: ...
    def revive(self) -> None: ...
    def suppress(self) -> None: ...
    def kill(self, task_id: TaskId, grace_ms: int | None = None) -> None: ...
    def reconcile(self, task_ids: Iterable[TaskId] = ()) -> None: ...
    def set_demands(self, demands: Sequence[Demand]) -> None: ...
    def set_services(self, services: Sequence[Service]) -> None: ...
    def stop(self, failover: bool = False) -> None: ...

    def run(self) -> int:
        return 1

    async def serve(self) -> int:
        return 1
