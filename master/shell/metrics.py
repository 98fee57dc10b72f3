"""The master's metrics, collected from its state when they are asked for."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from barter.core.removals import RemovalMode
from barter.core.task_state import TaskState
from barter.master.cluster import Cluster
from barter.master.shell.door import Door
from barter.master.shell.pacing import Paces
from barter.master.views import summary


class MasterMetrics(Collector):
    def __init__(self, cluster: Cluster, paces: Paces) -> None:
        self._cluster, self._paces = cluster, paces
        self.events_handled = 0

    def collect(self) -> Iterator[Metric]:
        now = summary(self._cluster)
        agents = GaugeMetricFamily("barter_master_agents", "Agents by state.", labels=["state"])
        agents.add_metric(["active"], now.agents_active)
        agents.add_metric(["unreachable"], now.agents_unreachable)
        yield agents
        stopped = GaugeMetricFamily(
            "barter_master_removals_stopped", "1 while agents out of reach are not removed.", labels=["mode"]
        )
        for mode in (RemovalMode.FROZEN, RemovalMode.HELD):
            stopped.add_metric([mode], int(now.removals.mode is mode))
        yield stopped
        yield GaugeMetricFamily(
            "barter_master_agents_removed", "Agents removed while out of reach, not back yet.", value=now.agents_removed
        )
        frameworks = GaugeMetricFamily("barter_master_frameworks", "Frameworks by state.", labels=["state"])
        frameworks.add_metric(["active"], now.frameworks_active)
        frameworks.add_metric(["disconnected"], now.frameworks_disconnected)
        yield frameworks
        tasks = GaugeMetricFamily(
            "barter_master_tasks", "Tasks by state, ended ones since the start.", labels=["state"]
        )
        for state in TaskState:
            tasks.add_metric([state], now.tasks.get(state, 0))
        yield tasks
        yield GaugeMetricFamily("barter_master_offers", "Offers not answered yet.", value=now.offers)
        yield CounterMetricFamily(
            "barter_master_events_handled", "Events the machine has handled.", value=self.events_handled
        )
        slowed = CounterMetricFamily(
            "barter_master_calls_slowed",
            "Calls that waited because their principal called too often.",
            labels=["principal"],
        )
        for principal, count in self._paces.slowed().items():
            slowed.add_metric([principal], count)
        yield slowed
        amounts = GaugeMetricFamily(
            "barter_master_resources", "In milli-units, mem and disk in bytes.", labels=["name", "kind"]
        )
        for kind, value in (("total", now.total), ("used", now.used), ("offered", now.offered)):
            for name, amount in value.scalars.items():
                amounts.add_metric([name, kind], amount)
        yield amounts


class ElectionMetrics(Collector):
    """Of a master among others; `of_leadership` comes on top while it leads."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self.leading = False
        self.epoch = 0
        self.of_leadership: MasterMetrics | None = None
        self._elections = 0

    def elected(self, epoch: int, *, leading: bool) -> None:
        """`epoch`: of who leads, 0 where that is not known."""
        self.leading = leading
        if epoch > self.epoch:
            self.epoch = epoch
            self._elections += 1

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("barter_master_leading", "1 for the master that leads.", value=int(self.leading))
        yield GaugeMetricFamily("barter_master_epoch", "The highest epoch heard of.", value=self.epoch)
        elections = "Leaders this master has seen, itself among them."
        yield CounterMetricFamily("barter_master_elections", elections, value=self._elections)
        held = "Calls that wait for a leader to be known."
        yield GaugeMetricFamily("barter_master_calls_held", held, value=self._door.held)
        if self.of_leadership is not None:
            yield from self.of_leadership.collect()


def registry_of(metrics: Collector) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(metrics)
    return registry
