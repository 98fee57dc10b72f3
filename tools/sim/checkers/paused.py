"""While a deployment is paused no outdated instance is ended, and no new one comes beyond what was reached."""

from collections.abc import Sequence
from typing import Any

from barter.frameworks.service.actions import Action, DropDeployment, Launch, SaveDeployment
from barter.frameworks.service.state import Deployment, StoredApp
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.fleet import Ends, Fleet, Known, is_wish
from barter.tools.sim.checkers.watched import find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.process import Process
from barter.tools.sim.workloads.service import ServiceWorkload


class Paused(Checker):
    """Reached: how many of the new version, and how many others, were there when it was paused, whether in reach or
    not. Whatever dies meanwhile may be replaced; others may end only where more are there than then.
    """

    name = "paused"

    def __init__(self, fleet: Fleet) -> None:
        super().__init__()
        self._fleet = fleet
        self._framework: SimFramework | None = None
        self._workload = ServiceWorkload()
        self._reached: dict[str, dict[str, tuple[int, int]]] = {}
        fleet.launched.append(self._launched)
        fleet.ending.append(self._ending)

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, ServiceWorkload)) is not None:
            self._framework, self._workload = found
            self._workload.watching.append(self._decided)

    def process_started(self, process: Process[Any, Any]) -> None:
        """What was decided and never became durable has not been."""
        if process is self._framework:
            paused = {each.deployment_id for each in self._workload.deployments.values() if each.paused}
            self._reached = {each: apps for each, apps in self._reached.items() if each in paused}

    def _decided(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, DropDeployment):
                self._reached.pop(action.deployment_id, None)
            elif isinstance(action, SaveDeployment) and not action.deployment.paused:
                self._reached.pop(action.deployment.deployment_id, None)
            elif isinstance(action, SaveDeployment):
                self._reached.setdefault(action.deployment.deployment_id, self._there(action.deployment))

    def _there(self, deployment: Deployment) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        for app_id in deployment.app_ids:
            state = self._fleet.app(app_id)
            if state is not None and not state.stored.deleting:
                instances = self._fleet.instances(app_id).values()
                found[app_id] = _counted(state.stored, [one for one in instances if not one.to_end])
        return found

    def _reached_by(self, app_id: str) -> tuple[int, int] | None:
        deployment = self._workload.deployment_of(app_id)
        apps = self._reached.get(deployment.deployment_id) if deployment is not None and deployment.paused else None
        return apps.get(app_id) if apps is not None else None

    def _launched(self, app_id: str, launch: Launch) -> None:
        state, reached = self._fleet.app(app_id), self._reached_by(app_id)
        if state is None or reached is None:
            return
        fresh, _ = _counted(state.stored, list(self._fleet.counted(app_id).values()))
        new = [task for task in launch.tasks if state.stored.is_current(self._version(app_id, task.task_id))]
        if new and fresh > reached[0]:
            what = f"{app_id}: {len(new)} launched of the new version, with which {fresh} are there"
            self.fail(f"{what}, and its deployment is paused since there were {reached[0]}")

    def _version(self, app_id: str, task_id: str) -> int:
        return self._fleet.instances(app_id)[task_id].version

    def _ending(self, app_id: str, ends: Ends) -> None:
        state, reached = self._fleet.app(app_id), self._reached_by(app_id)
        if state is None or reached is None:
            return
        there = self._fleet.counted(app_id)
        others = {task_id for task_id, one in there.items() if not state.stored.is_current(one.version)}
        own = [end for end in ends if end.task_id in others and not is_wish(end)]
        if own and len(others) - len(own) < reached[1]:
            reasons = "; ".join(f"{end.task_id}: {end.reason}" for end in own)
            self.fail(f"{app_id}: of {len(others)} that are outdated end, though its deployment is paused: {reasons}")


def _counted(stored: StoredApp, there: Sequence[Known]) -> tuple[int, int]:
    fresh = sum(stored.is_current(one.version) for one in there)
    return fresh, len(there) - fresh
