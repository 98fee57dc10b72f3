"""The service framework's own launches never lead over the maximum of instances."""

from barter.frameworks.service.actions import Launch
from barter.frameworks.service.state import AppState
from barter.tools.sim.checkers.bounds import bounds
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.fleet import Fleet, Known


class Capacity(Checker):
    """Counts what was launched and has not ended, by what the framework was told; where an app says what becomes of
    instances out of reach, they count no more. One more may run where the bounds leave no room to replace anything.
    """

    name = "capacity"

    def __init__(self, fleet: Fleet) -> None:
        super().__init__()
        self._fleet = fleet
        fleet.launched.append(self._launched)

    def _launched(self, app_id: str, launch: Launch) -> None:
        state = self._fleet.app(app_id)
        if state is None:
            self.fail(f"{app_id} is launched, an app that is no more")
        reckoned = bounds(state.stored)
        here = [one for one in self._fleet.instances(app_id).values() if _counts(state, one)]
        stuck = reckoned.most <= reckoned.fewest and _replacing(state, here)
        if len(here) > reckoned.most + stuck:
            what = f"{app_id}: {len(launch.tasks)} launched, with which {len(here)} are there"
            self.fail(f"{what}, at most {reckoned.most + stuck} may ({launch.reason})")


def _counts(state: AppState, one: Known) -> bool:
    return not one.away or state.app.unreachable is None


def _replacing(state: AppState, here: list[Known]) -> bool:
    going = any(instance.going for instance in state.instances.values())
    return going or any(not state.stored.is_current(one.version) for one in here)
