"""A deployment changes an app only in its turn: after all that it needs, and when these are as wanted."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from barter.frameworks.service.actions import Action, DropDeployment, Launch, SaveDeployment
from barter.frameworks.service.app import App
from barter.frameworks.service.state import Before, Deployment, Kind, StoredGroup
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.fleet import Ends, Fleet, is_wish
from barter.tools.sim.checkers.watched import find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.process import Process
from barter.tools.sim.workloads.service import ServiceWorkload

_ROLLS_OUT = (Kind.SCALE, Kind.RESTART)


class InTurn(Checker):
    """What an app needs: its own dependencies, and those of the groups it is in, on apps or on groups, as far as they
    are in the same deployment. As wanted: as many were ready once, of what is current, as the app is to have, and no
    others.
    """

    name = "in_turn"

    def __init__(self, fleet: Fleet) -> None:
        super().__init__()
        self._fleet = fleet
        self._framework: SimFramework | None = None
        self._workload = ServiceWorkload()
        self._current: dict[str, int] = {}
        self._complete: dict[str, set[str]] = {}
        fleet.launched.append(self._launched)
        fleet.ending.append(self._ending)

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, ServiceWorkload)) is not None:
            self._framework, self._workload = found
            self._workload.watching.append(self._decided)

    def process_started(self, process: Process[Any, Any]) -> None:
        if process is self._framework:
            self._current = {each.deployment_id: each.current for each in self._workload.deployments.values()}

    def _decided(self, actions: Sequence[Action]) -> None:
        for deployment in self._workload.deployments.values():
            self._note_complete(deployment, self._current.get(deployment.deployment_id, 0))
        for action in actions:
            if isinstance(action, SaveDeployment):
                deployment = action.deployment
                before = self._current.get(deployment.deployment_id)
                self._current[deployment.deployment_id] = deployment.current
                if before is None:
                    self._order(deployment)
                    before = 0
                if deployment.deployment_id in self._workload.deployments:
                    for step in range(before, deployment.current):
                        self._done(deployment, step)
            elif isinstance(action, DropDeployment):
                self._current.pop(action.deployment_id, None)
                self._complete.pop(action.deployment_id, None)

    def _order(self, deployment: Deployment) -> None:
        turns = _turns(deployment)
        for app_id, turn in turns.items():
            state = self._fleet.app(app_id)
            needed = (*state.app.dependencies, *_inherited(app_id, self._workload.groups)) if state else ()
            for other, its in turns.items():
                if its >= turn and other != app_id and any(_within(other, each) for each in needed):
                    what = f"{deployment.deployment_id}: {app_id} has its turn in step {turn}"
                    self.fail(f"{what}, and {other}, which it needs, in step {its}")

    def _note_complete(self, deployment: Deployment, step: int) -> None:
        complete = self._complete.setdefault(deployment.deployment_id, set())
        for at in range(step, min(deployment.current + 1, len(deployment.steps))):
            for action in deployment.steps[at]:
                if action.kind in _ROLLS_OUT and action.app_id not in complete and self._is_complete(action.app_id):
                    complete.add(action.app_id)

    def _is_complete(self, app_id: str) -> bool:
        state = self._fleet.app(app_id)
        if state is None or state.stored.deleting:
            return True
        here = [one for one in self._fleet.instances(app_id).values() if not one.away]
        ready = sum(one.ready and state.stored.is_current(one.version) for one in here)
        return ready == state.app.instances == len(here)

    def _done(self, deployment: Deployment, step: int) -> None:
        """Each of its apps was as wanted once."""
        for action in deployment.steps[step]:
            if action.kind in _ROLLS_OUT and action.app_id not in self._complete[deployment.deployment_id]:
                what = f"{deployment.deployment_id}: step {step} is done"
                self.fail(f"{what}, and {action.app_id} never had all that it is to have")

    @staticmethod
    def _before(deployment: Deployment, app_id: str) -> Before:
        return next(each for each in deployment.before if each.app_id == app_id)

    def _held(self, app_id: str) -> Deployment | None:
        """The deployment in which its turn has not come."""
        found = self._workload.deployment_of(app_id)
        return found if found is not None and _turns(found).get(app_id, -1) > found.current else None

    def _launched(self, app_id: str, launch: Launch) -> None:
        held = self._held(app_id)
        if held is None:
            return
        instances = self._fleet.instances(app_id)
        state, before = self._workload.apps[app_id], self._before(held, app_id)
        old = state.stored.definition(before.versions[-1][1]) if before.versions else None
        if new := [task.task_id for task in launch.tasks if not _same_tasks(instances[task.task_id].app, old)]:
            what = f"{held.deployment_id} is in step {held.current}, {app_id} has its turn later"
            self.fail(f"{what}, and {', '.join(new)} of its new version are launched")

    def _ending(self, app_id: str, ends: Ends) -> None:
        held = self._held(app_id)
        if held is None:
            return
        before, standing = self._before(held, app_id).instances, self._workload.apps[app_id].stored.standing
        least = min(before, standing.fresh + standing.outdated) if standing is not None else before
        there = {
            task_id
            for task_id, one in self._fleet.instances(app_id).items()
            if one.ready and not self._workload.apps[app_id].instances[task_id].going
        }
        own = [end for end in ends if end.task_id in there and not is_wish(end)]
        if own and len(there) - len(own) < least:
            what = f"{held.deployment_id} is in step {held.current}, {app_id} has its turn later"
            self.fail(f"{what}, and {', '.join(f'{end.task_id}: {end.reason}' for end in own)}")


def _turns(deployment: Deployment) -> dict[str, int]:
    """The step in which each app gets what it is to have."""
    steps = enumerate(deployment.steps)
    return {action.app_id: at for at, step in steps for action in step if action.kind in _ROLLS_OUT}


def _inherited(app_id: str, groups: Mapping[str, StoredGroup]) -> Iterator[str]:
    for group_id, group in groups.items():
        if _within(app_id, group_id):
            yield from group.dependencies


def _same_tasks(app: App | None, other: App | None) -> bool:
    return app is not None and other is not None and app.same_tasks_as(other)


def _within(app_id: str, path: str) -> bool:
    return f"{app_id}/".startswith(f"{path.rstrip('/')}/")
