"""Demands and services as they go to one master: what is other than it has them, where it can take that."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from barter.core.cluster import Demand, Service
from barter.core.difference import Difference, by_key, difference
from barter.proto import codec
from barter.proto.v1.scheduler_pb2 import SchedulerCall
from barter.sdk import calls

T = TypeVar("T")


class Wishes:
    """Of one session. Until `takes_updates` is set all is told each time."""

    def __init__(self) -> None:
        self.takes_updates = False
        self._demands: Mapping[str, Demand] | None = None
        self._services: Mapping[str, Service] | None = None

    def to_wire(self, call: calls.SetDemands | calls.SetServices) -> SchedulerCall:
        """Raises ValueError or TypeError as the codec does; the master is taken to have what was told before, then."""
        if isinstance(call, calls.SetDemands):
            change, after = self._change(call.demands, self._demands, lambda each: each.demand_id)
            demands = [codec.demand_to_wire(each) for each in (call.demands if change is None else change.told)]
            removed = () if change is None else change.removed
            self._demands = after
            return SchedulerCall(demands={"demands": demands, "update": change is not None, "removed": removed})
        change_of, after_of = self._change(call.services, self._services, lambda each: each.service_id)
        services = [codec.service_to_wire(each) for each in (call.services if change_of is None else change_of.told)]
        removed = () if change_of is None else change_of.removed
        self._services = after_of
        return SchedulerCall(services={"services": services, "update": change_of is not None, "removed": removed})

    def _change(
        self, things: Sequence[T], before: Mapping[str, T] | None, key: Callable[[T], str]
    ) -> tuple[Difference[T] | None, Mapping[str, T] | None]:
        after = by_key(things, key)
        if not self.takes_updates or before is None or after is None:
            return None, after
        return difference(before, after), after
