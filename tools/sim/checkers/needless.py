"""The service framework replaces no instance that is as wanted."""

from dataclasses import fields
from itertools import pairwise

from barter.frameworks.service.actions import Launch
from barter.frameworks.service.app import App
from barter.frameworks.service.state import AppState, StoredApp
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.fleet import Ends, Fleet, is_wish

POLICY = frozenset({"instances", "upgrade", "delays", "unreachable", "kill_grace_ms", "kill_selection"})
_OF_TASKS = tuple(field.name for field in fields(App) if field.name not in POLICY)


class Needless(Checker):
    """As wanted: of a definition that makes the same tasks as the one in force, not restarted since, within reach, not
    asked to end, and on an agent that stays. None is launched while as many of them are there as are wanted, and none
    ended while no more are. So scaling restarts nothing, and what is given up ends nothing.
    """

    name = "needless"

    def __init__(self, fleet: Fleet) -> None:
        super().__init__()
        self._fleet = fleet
        fleet.launched.append(self._launched)
        fleet.ending.append(self._ending)

    def _launched(self, app_id: str, launch: Launch) -> None:
        state = self._fleet.app(app_id)
        if state is None or state.stored.deleting:
            return
        there, most = self._as_wanted(state), max(app.instances for app in self._fleet.in_force(state))
        if len(there) > most:
            what = f"{app_id}: {len(launch.tasks)} launched, with which {len(there)} are there"
            self.fail(f"{what} as wanted, and {most} are wanted ({launch.reason})")

    def _ending(self, app_id: str, ends: Ends) -> None:
        state = self._fleet.app(app_id)
        if state is None or state.stored.deleting:
            return
        there = self._as_wanted(state)
        needless = [end for end in ends if end.task_id in there and not is_wish(end)]
        wished = sum(end.task_id in there for end in ends) - len(needless)
        if len(needless) > max(len(there) - wished - state.app.instances, 0):
            reasons = "; ".join(f"{end.task_id}: {end.reason}" for end in needless)
            self.fail(f"{app_id}: of {state.app.instances} wanted {len(there)} are there as wanted, and end: {reasons}")

    def _as_wanted(self, state: AppState) -> set[str]:
        return {
            task_id
            for task_id, one in self._fleet.instances(state.stored.app_id).items()
            if not (one.to_end or one.away or state.instances[task_id].going)
            and _still_holds(state.stored, one.version)
        }


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
