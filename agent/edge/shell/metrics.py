"""The edge's numbers, for the agent's /metrics."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from barter.agent.edge.machine import EdgeMachine, Phase
from barter.agent.edge.model import NO_TARGETS


@dataclass(frozen=True, slots=True)
class EdgeStatus:
    """`excluded` says why by service id; `endpoints` counts those that take requests."""

    up: bool = False
    services: int = 0
    endpoints: int = 0
    reloads: int = 0
    excluded: tuple[tuple[str, str], ...] = ()
    structure: str = ""


def status_of(machine: EdgeMachine) -> EdgeStatus:
    routes, targets = machine.live.routes, machine.desired.targets
    return EdgeStatus(
        up=machine.phase in (Phase.UP, Phase.RELOADING),
        services=len({route.service_id for route in routes}),
        endpoints=sum(len(targets.get(route.backend, NO_TARGETS).active) for route in routes),
        reloads=machine.reloads,
        excluded=tuple(sorted(machine.desired.excluded.items())),
        structure=machine.live.structure,
    )


class EdgeMetrics(Collector):
    """Register it with the agent's registry."""

    def __init__(self, status: Callable[[], EdgeStatus]) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        status = self._status()
        yield GaugeMetricFamily("barter_edge_up", "1 while HAProxy serves", value=status.up)
        yield GaugeMetricFamily("barter_edge_services", "Services served", value=status.services)
        yield GaugeMetricFamily("barter_edge_endpoints", "Endpoints that take requests", value=status.endpoints)
        yield GaugeMetricFamily("barter_edge_excluded", "Services excluded", value=len(status.excluded))
        yield CounterMetricFamily("barter_edge_reloads_total", "Reloads of HAProxy", value=status.reloads)
