"""What one framework has told of its demands and services in one session, which it tells again as updates."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from barter.core.cluster import Demand, Service
from barter.core.difference import apply, by_key
from barter.master import events as ev
from barter.proto import codec
from barter.proto.v1 import scheduler_pb2 as pb

T = TypeVar("T")


class Wishes:
    def __init__(self) -> None:
        self._demands: dict[str, Demand] = {}
        self._services: dict[str, Service] = {}

    def demands(self, session: int, wire: pb.SchedulerCall.SetDemands) -> ev.SetDemands:
        """All that are wanted now. Raises ValueError as the codec does."""
        told = [codec.demand_from_wire(each) for each in wire.demands]
        if not wire.update:
            self._demands = by_key(told, _demand_id) or {}
            return ev.SetDemands(session, tuple(told))
        self._demands = _updated(self._demands, wire.removed, told, _demand_id)
        return ev.SetDemands(session, tuple(self._demands.values()))

    def services(self, session: int, wire: pb.SchedulerCall.SetServices) -> ev.SetServices:
        """All that there are now. Raises ValueError as the codec does."""
        told = [codec.service_from_wire(each) for each in wire.services]
        if not wire.update:
            self._services = by_key(told, _service_id) or {}
            return ev.SetServices(session, tuple(told))
        self._services = _updated(self._services, wire.removed, told, _service_id)
        return ev.SetServices(session, tuple(self._services.values()))


def _updated(before: dict[str, T], removed: Iterable[str], told: list[T], key: Callable[[T], str]) -> dict[str, T]:
    if by_key(told, key) is None:
        raise ValueError("update: something is named twice in it")
    return apply(before, removed, told, key)


def _demand_id(demand: Demand) -> str:
    return demand.demand_id


def _service_id(service: Service) -> str:
    return service.service_id
