"""The service framework's own kills and releases never lead under the minimum of ready instances."""

from barter.tools.sim.checkers.bounds import bounds
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.fleet import Ends, Fleet, is_wish


class Rolling(Checker):
    """Ready: running, healthy and ready where that is checked, and not asked to end, by what the framework was last
    told and what it last asked, also where another process of it was. What an operator wants ended may go; of the rest
    as many stay ready as the minimum says, or as there were.
    """

    name = "rolling"

    def __init__(self, fleet: Fleet) -> None:
        super().__init__()
        self._fleet = fleet
        fleet.ending.append(self._ending)

    def _ending(self, app_id: str, ends: Ends) -> None:
        state = self._fleet.app(app_id)
        if state is None or state.stored.deleting:
            return
        wished = {end.task_id for end in ends if is_wish(end)}
        own = [end for end in ends if not is_wish(end)]
        ready = {task_id for task_id, one in self._fleet.instances(app_id).items() if one.ready} - wished
        after = len(ready.difference(end.task_id for end in own))
        least = bounds(state.stored).fewest
        if after < min(len(ready), least):
            reasons = "; ".join(f"{end.task_id}: {end.reason}" for end in own)
            self.fail(f"{app_id}: kills leave {after} of {len(ready)} ready instances, {least} are to stay ({reasons})")
