"""The service framework's own launches never lead over the maximum of instances."""

from barter.frameworks.service.actions import Launch
from barter.frameworks.service.app import App
from barter.frameworks.service.state import AppState
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.fleet import Fleet, Known


class Capacity(Checker):
    """Counts what was launched and has not ended, by what the framework was told; where an app says what becomes of
    instances out of reach, they count no more. The bounds are those of the definitions in force in this batch. One
    more may run where the bounds leave no room to replace anything.
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
        here = [one for one in self._fleet.instances(app_id).values() if _counts(state.app, one)]
        most = max(_most(app, _replacing(state, here)) for app in self._fleet.in_force(state))
        if len(here) > most:
            what = f"{app_id}: {len(launch.tasks)} launched, with which {len(here)} are there, at most {most} may"
            self.fail(f"{what} ({launch.reason})")


def _counts(app: App, one: Known) -> bool:
    return not one.away or app.unreachable is None


def _replacing(state: AppState, here: list[Known]) -> bool:
    going = any(instance.going for instance in state.instances.values())
    return going or any(one.version < state.stored.config_version for one in here)


def _most(app: App, replacing: bool) -> int:
    most = app.upgrade.most(app.instances)
    return most + (replacing and most <= app.upgrade.fewest_ready(app.instances))
