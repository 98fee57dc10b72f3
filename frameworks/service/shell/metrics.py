"""Prometheus metrics out of the machine's state, counted when they are asked for."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from barter.frameworks.service.machine import ServiceMachine


class AppCollector(Collector):
    """Per app: instances wanted, living, ready, and launches that wait."""

    def __init__(self, machine: ServiceMachine) -> None:
        self._machine = machine

    def collect(self) -> Iterator[GaugeMetricFamily]:
        states = list(self._machine.apps.values())
        values = {
            "target": [state.app.instances for state in states],
            "living": [len(state.instances) for state in states],
            "ready": [state.ready for state in states],
            "waiting": [state.wanted for state in states],
        }
        for kind, counts in values.items():
            family = GaugeMetricFamily(f"barter_service_instances_{kind}", f"Instances {kind}, by app", labels=["app"])
            for state, count in zip(states, counts, strict=True):
                family.add_metric([state.stored.app_id], count)
            yield family
