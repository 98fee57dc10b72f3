"""An app is in one deployment at most, at every instant, and over every restart of the framework."""

from collections.abc import Iterable, Sequence
from typing import Any

from barter.frameworks.service.actions import Action, DropDeployment, SaveDeployment
from barter.frameworks.service.state import Deployment
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.watched import find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.process import Process
from barter.tools.sim.workloads.service import ServiceWorkload


class OneDeployment(Checker):
    """By what is made durable, batch by batch."""

    name = "one_deployment"

    def __init__(self) -> None:
        super().__init__()
        self._framework: SimFramework | None = None
        self._workload = ServiceWorkload()
        self._live: dict[str, Deployment] = {}

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, ServiceWorkload)) is not None:
            self._framework, self._workload = found
            self._workload.watching.append(self._decided)

    def process_started(self, process: Process[Any, Any]) -> None:
        if process is self._framework:
            self._live = dict(self._workload.deployments)
            self._look(self._live.values())

    def _decided(self, actions: Sequence[Action]) -> None:
        fresh: list[Deployment] = []
        for action in actions:
            if isinstance(action, SaveDeployment):
                if action.deployment.deployment_id not in self._live:
                    fresh.append(action.deployment)
                self._live[action.deployment.deployment_id] = action.deployment
            elif isinstance(action, DropDeployment):
                self._live.pop(action.deployment_id, None)
        self._look(one for one in fresh if one.deployment_id in self._live)

    def _look(self, fresh: Iterable[Deployment]) -> None:
        for deployment in fresh:
            for other in self._live.values():
                both = set(deployment.app_ids).intersection(other.app_ids)
                if both and other.deployment_id != deployment.deployment_id:
                    ids = f"{other.deployment_id} and {deployment.deployment_id}"
                    self.fail(f"{', '.join(sorted(both))}: in two deployments at once, {ids}")
