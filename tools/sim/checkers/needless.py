"""The service framework replaces no instance that is as wanted."""

from collections.abc import Sequence
from dataclasses import fields
from itertools import pairwise

from barter.frameworks.service.actions import Action, DropDeployment, Launch, SaveDeployment
from barter.frameworks.service.app import App
from barter.frameworks.service.state import AppState, Before, Deployment, StoredApp
from barter.tools.sim.checkers.bounds import bounds
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.fleet import Ends, Fleet, is_wish
from barter.tools.sim.checkers.watched import find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.workloads.service import ServiceWorkload

POLICY = frozenset(
    {"instances", "upgrade", "delays", "unreachable", "kill_grace_ms", "kill_selection", "dependencies", "residency"}
)
_OF_TASKS = tuple(field.name for field in fields(App) if field.name not in POLICY)


class Needless(Checker):
    """As wanted: of a definition that makes the same tasks as the one in force, not restarted since, or of the one that
    a rollback leads back to; within reach, not asked to end, and on an agent that stays. While an earlier definition
    stands beside it, as many of that are as wanted. None is launched while as many are there as are wanted, and none
    ended while no more are: scaling restarts nothing, and what is given up, paused or rolled back ends nothing.
    """

    name = "needless"

    def __init__(self, fleet: Fleet) -> None:
        super().__init__()
        self._fleet = fleet
        self._before: dict[str, tuple[Before, ...]] = {}
        self._led_back: dict[str, tuple[int, Before]] = {}
        fleet.launched.append(self._launched)
        fleet.ending.append(self._ending)

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, ServiceWorkload)) is not None:
            found[1].watching.append(self._decided)

    def _decided(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, SaveDeployment) and action.deployment.deployment_id not in self._before:
                self._begun(action.deployment)
            elif isinstance(action, DropDeployment):
                for before in self._before.get(action.deployment_id, ()):
                    self._ended(action.deployment_id, before.app_id)

    def _ended(self, deployment_id: str, app_id: str) -> None:
        """What has no deployment any more keeps what it has, where there is an earlier definition to keep it by."""
        state = self._fleet.app(app_id)
        if state is None or state.stored.deleting or state.stored.standing or self._fleet.deployment_of(app_id):
            return
        if state.stored.fallback is None:
            return
        there = self._fleet.counted(app_id)
        if old := [task_id for task_id, one in there.items() if not state.stored.is_current(one.version)]:
            what = f"{app_id}: {deployment_id} is over, and {', '.join(old)} of an earlier version"
            self.fail(f"{what} are to go on ending without any deployment")

    def _begun(self, deployment: Deployment) -> None:
        self._before[deployment.deployment_id] = deployment.before
        for before in self._before.get(deployment.reverts, ()):
            self._led_back[before.app_id] = (deployment.version, before)

    def _launched(self, app_id: str, launch: Launch) -> None:
        for wanted, there in self._sides(app_id):
            if len(there) > wanted and any(task.task_id in there for task in launch.tasks):
                what = f"{app_id}: {len(launch.tasks)} launched, with which {len(there)} are there"
                self.fail(f"{what} as wanted, and {wanted} are wanted ({launch.reason})")

    def _ending(self, app_id: str, ends: Ends) -> None:
        for wanted, there in self._sides(app_id):
            needless = [end for end in ends if end.task_id in there and not is_wish(end)]
            wished = sum(end.task_id in there for end in ends) - len(needless)
            if len(needless) > max(len(there) - wished - wanted, 0):
                reasons = "; ".join(f"{end.task_id}: {end.reason}" for end in needless)
                self.fail(f"{app_id}: of {wanted} wanted {len(there)} are there as wanted, and end: {reasons}")

    def _sides(self, app_id: str) -> list[tuple[int, set[str]]]:
        """How many are wanted of the definition in force, and of an earlier one; and those that are there."""
        state = self._fleet.app(app_id)
        if state is None or state.stored.deleting:
            return []
        reckoned = bounds(state.stored)
        there = self._fleet.counted(app_id)
        current = {task_id for task_id, one in there.items() if state.stored.is_current(one.version)}
        if state.stored.standing is not None:
            return [(reckoned.fresh, current), (reckoned.earlier, there.keys() - current)]
        return [(reckoned.fresh, current | {each for each, one in there.items() if self._holds(state, one.version)})]

    def _holds(self, state: AppState, version: int) -> bool:
        since, before = self._led_back.get(state.stored.app_id, (0, None))
        spans = before.versions if before is not None and since == state.stored.version else ()
        if any(first <= version <= last for first, last in spans):
            return True
        return _still_holds(state.stored, version)


def _still_holds(stored: StoredApp, version: int) -> bool:
    """Whether nothing since was more than a change of scale or policy; what is not kept any more may have been."""
    if version == stored.version:
        return True
    if stored.definition(version) is None:
        return False
    kept = [app for number, app in stored.versions if number >= version]
    return all(later != before and _same_tasks(later, before) for before, later in pairwise(kept))


def _same_tasks(app: App, other: App) -> bool:
    """Restarted without a change are those that are equal."""
    return all(getattr(app, name) == getattr(other, name) for name in _OF_TASKS)
