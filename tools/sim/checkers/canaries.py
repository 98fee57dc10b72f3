"""An app has no more new instances than canaries until these are promoted, and they are when they are good."""

from collections.abc import Sequence
from typing import Any

from barter.frameworks.service.actions import Action, DropDeployment, Launch, SaveApp, SaveDeployment
from barter.frameworks.service.state import Deployment, Kind, StoredApp
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.fleet import Fleet
from barter.tools.sim.checkers.watched import find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.process import Process
from barter.tools.sim.workloads.service import ServiceWorkload

PATIENCE = 0.5
"""Of the time they have to be ready for: clocks of frameworks may run fast."""


class Canaries(Checker):
    """Good: all that there are to be are ready, for as long as the app asks, and it promotes them by itself; or it was
    asked to. Only where something runs that they can be compared with: not of what was rolled out before.
    """

    name = "canaries"

    def __init__(self, fleet: Fleet) -> None:
        super().__init__()
        self._fleet = fleet
        self._framework: SimFramework | None = None
        self._workload = ServiceWorkload()
        self._tried: dict[str, dict[str, int]] = {}
        fleet.launched.append(self._launched)

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, ServiceWorkload)) is not None:
            self._framework, self._workload = found
            self._workload.watching.append(self._decided)

    def process_started(self, process: Process[Any, Any]) -> None:
        if process is self._framework:
            living = self._workload.deployments
            self._tried = {each: apps for each, apps in self._tried.items() if each in living}

    def _decided(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, DropDeployment):
                self._tried.pop(action.deployment_id, None)
            elif isinstance(action, SaveDeployment) and action.deployment.deployment_id not in self._tried:
                self._tried[action.deployment.deployment_id] = self._to_try(action.deployment)
        for action in actions:
            if isinstance(action, SaveApp):
                self._saved(action.stored)

    def _to_try(self, deployment: Deployment) -> dict[str, int]:
        """The apps that are to have canaries, with how many new instances each has already."""
        found: dict[str, int] = {}
        restarted = {one.app_id for step in deployment.steps for one in step if one.kind is Kind.RESTART}
        for before in deployment.before:
            state = self._fleet.app(before.app_id)
            if state is None or before.app_id not in restarted or deployment.reverts or not state.app.upgrade.canary:
                continue
            instances = self._fleet.instances(before.app_id).values()
            others = sum(not state.stored.is_current(one.version) for one in instances)
            if before.instances and others and state.stored.fallback is not None:
                found[before.app_id] = len(instances) - others
        return found

    def _saved(self, stored: StoredApp) -> None:
        """A trial that is over was promoted, where its deployment goes on."""
        deployment = self._workload.deployment_of(stored.app_id)
        tried = self._tried.get(deployment.deployment_id, {}) if deployment is not None else {}
        if deployment is None or stored.app_id not in tried or deployment.paused:
            return
        if deployment.turns()[stored.app_id] > deployment.current or stored.standing is not None:
            return
        del tried[stored.app_id]
        upgrade, now_us = stored.app.upgrade, self.cluster.world.now_us
        if deployment.deployment_id in self._workload.promoted:
            return
        if not upgrade.auto_promote:
            self.fail(f"{stored.app_id}: its canaries are promoted, and nobody asked for that")
        if not upgrade.min_healthy_ms:
            # Good at once, and maybe gone by the end of the same batch.
            return
        since_us = now_us - upgrade.min_healthy_ms * 1000 * PATIENCE
        good = sum(
            (one.ready or task_id in self._fleet.ended) and 0 < one.ready_us <= since_us
            for task_id, one in self._fleet.instances(stored.app_id).items()
            if stored.is_current(one.version)
        )
        if good < upgrade.canary:
            what = f"{stored.app_id}: of {upgrade.canary} canaries {good} were ready for {upgrade.min_healthy_ms} ms"
            self.fail(f"{what}, and they are promoted")

    def _launched(self, app_id: str, launch: Launch) -> None:
        state, deployment = self._fleet.app(app_id), self._workload.deployment_of(app_id)
        tried = self._tried.get(deployment.deployment_id, {}) if deployment is not None else {}
        if state is None or app_id not in tried:
            return
        most = max(state.app.upgrade.canary, tried[app_id])
        there = self._fleet.counted(app_id)
        fresh = {task_id for task_id, one in there.items() if state.stored.is_current(one.version)}
        if len(fresh) > most and any(task.task_id in fresh for task in launch.tasks):
            self.fail(f"{app_id}: {len(fresh)} new instances, {most} canaries at most, and nothing is promoted")
