"""An app whose instances fail again and again is not launched without end."""

from collections import deque

from barter.frameworks.service.actions import Launch
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.fleet import Fleet
from barter.tools.sim.world import SECOND_US

WITHIN_US, MOST = 60 * SECOND_US, 120


class Storms(Checker):
    """No app of a campaign has so many instances that it would need MOST launches in a minute."""

    name = "storms"

    def __init__(self, fleet: Fleet) -> None:
        super().__init__()
        self._recent: dict[str, deque[int]] = {}
        fleet.launched.append(self._launched)

    def _launched(self, app_id: str, launch: Launch) -> None:
        now_us = self.cluster.world.now_us
        recent = self._recent.setdefault(app_id, deque())
        recent.extend(now_us for _ in launch.tasks)
        while recent[0] < now_us - WITHIN_US:
            recent.popleft()
        if len(recent) > MOST:
            self.fail(f"{app_id}: {len(recent)} launched within {WITHIN_US // SECOND_US} s ({launch.reason})")
