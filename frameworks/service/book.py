"""All the framework knows, and what of it still has to be looked at or told."""

import heapq
from collections import Counter
from collections.abc import Container, Sequence
from dataclasses import dataclass

from barter.frameworks.service.actions import Publish, SaveLaunch
from barter.frameworks.service.app import App
from barter.frameworks.service.former import Former, Graveyard
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.paths import ancestors, key_of
from barter.frameworks.service.places import Place, Places
from barter.frameworks.service.published import Published
from barter.frameworks.service.roster import Roster
from barter.frameworks.service.routes import claims
from barter.frameworks.service.state import AppState, Deployment, StoredApp, StoredGroup

RECORD_SIZE = 128
ORPHANS = ""
"""Marked in place of an app id: tasks that belong to none."""


@dataclass(slots=True)
class Telling:
    """What the master has not been told yet."""

    demands: bool = True
    services: bool = True
    reservations: bool = False


@dataclass(frozen=True, slots=True)
class Left:
    """What the process before left behind."""

    apps: Sequence[StoredApp] = ()
    launches: Sequence[SaveLaunch] = ()
    deployments: Sequence[Deployment] = ()
    groups: Sequence[StoredGroup] = ()
    places: Sequence[Place] = ()
    former: Sequence[Former] = ()


class Book:
    """`marked` apps are planned at the next Tick; `wanting` ones have open launches; alarms mark when they are due.

    `version` is that of the last change. `pending` holds what the step under way of each deployment waits for.

    Until `unsure_until`, or as long as it is None, the edges' word on what was left behind may not have come.
    """

    def __init__(self, generation: int, left: Left) -> None:
        self.apps = {app.app_id: AppState(app) for app in left.apps}
        self.groups = {group.group_id: group for group in left.groups}
        self.deployments: dict[str, Deployment] = {}
        self.pending: dict[str, dict[str, None]] = {}
        self.version = max([0, *(app.version for app in left.apps), *(each.gone_at for each in left.former)])
        self.roster = Roster()
        self.places = Places(left.places)
        self.graveyard = Graveyard(tuple(left.former))
        self.framework_id = ""
        self.generation = generation
        self.launched = 0
        self.orphans: dict[str, int] = {}
        self.marked: dict[str, None] = dict.fromkeys(self.apps)
        self.wanting: dict[str, None] = {}
        self.untold = Telling()
        self.unsure_until: int | None = None if left.launches else 0
        self._keys = {key_of(app_id): app_id for app_id in self.apps}
        self._lie_in = Counter(group for app_id in self.apps for group in ancestors(app_id))
        self._claims: dict[str, str] = {}
        for state in self.apps.values():
            self.claim(state.app)
        self._alarms: list[tuple[int, str]] = []
        self._alarmed: set[tuple[int, str]] = set()
        self._deployment_of: dict[str, str] = {}
        self._published: list[Publish] = []
        for launch in left.launches:
            self._adopt(launch)

    def _adopt(self, launch: SaveLaunch) -> None:
        for placed in launch.placed:
            state = self.apps.get(placed.app_id)
            if state is not None:
                instance = Instance(placed, launch.record, adopted=True, kill_reason=placed.unwanted)
                self.roster.add(state, instance)

    def next_wakeup(self) -> int | None:
        if self.marked or self.untold.demands or self.untold.services or self.untold.reservations:
            return 0
        return self._alarms[0][0] if self._alarms else None

    def alarm(self, when: int, app_id: str) -> None:
        alarm = (when, app_id)
        if alarm not in self._alarmed:
            self._alarmed.add(alarm)
            heapq.heappush(self._alarms, alarm)

    def watch_lost(self, state: AppState, instance: Instance) -> None:
        """Look at the app when one out of reach is to be replaced, and when it is given up."""
        strategy = state.app.unreachable
        if strategy is not None and instance.lost_ms is not None:
            self.alarm(instance.lost_ms + strategy.inactive_ms, state.stored.app_id)
            self.alarm(instance.lost_ms + strategy.expunge_ms, state.stored.app_id)

    def take_marked(self, now: int) -> dict[str, None]:
        """The apps to plan now: those marked, and those whose time has come."""
        while self._alarms and self._alarms[0][0] <= now:
            alarm = heapq.heappop(self._alarms)
            self._alarmed.remove(alarm)
            self.mark(alarm[1])
        marked, self.marked = self.marked, {}
        return marked

    def mark(self, app_id: str) -> None:
        self.marked[app_id] = None

    def of_demand(self, demand_id: str) -> AppState | None:
        return self.apps.get(self._keys.get(demand_id, ""))

    def add(self, state: AppState) -> None:
        app_id = state.stored.app_id
        self.apps[app_id] = state
        self._keys[key_of(app_id)] = app_id
        self._lie_in.update(ancestors(app_id))
        self.claim(state.app)

    def claim(self, app: App) -> None:
        """What the edge serves for the app is nobody else's."""
        self._claims.update(dict.fromkeys(claims(app), app.app_id))

    def unclaim(self, app: App) -> None:
        for claim in claims(app):
            if self._claims.get(claim) == app.app_id:
                del self._claims[claim]

    def named(self, key: str) -> str:
        """The app that has this name in the cluster; empty where none has."""
        return self._keys.get(key, "")

    def claimed_by(self, claim: str) -> str:
        """The app whose this is at the edge; empty where it is nobody's."""
        return self._claims.get(claim, "")

    def is_group(self, path: str, gone: Container[str], groups_gone: Container[str]) -> bool:
        """Whether it is one without these apps and groups."""
        if path in self.groups and path not in groups_gone:
            return True
        below = f"{path}/"
        return self._lie_in[path] > 0 and any(each.startswith(below) and each not in gone for each in self.apps)

    def drop(self, app_id: str) -> None:
        for group in ancestors(app_id):
            self._lie_in[group] -= 1
            if not self._lie_in[group]:
                del self._lie_in[group]
        self.unclaim(self.apps[app_id].app)
        del self.apps[app_id], self._keys[key_of(app_id)]
        self.untold.services = True

    def next_version(self, now: int) -> int:
        """Versions are times, and grow even where the clock does not."""
        self.version = max(now, self.version + 1)
        return self.version

    def deployment_of(self, app_id: str) -> Deployment | None:
        """The one deployment that has the app."""
        return self.deployments.get(self._deployment_of.get(app_id, ""))

    def lock(self, deployment: Deployment) -> None:
        self.deployments[deployment.deployment_id] = deployment
        self._deployment_of.update(dict.fromkeys(deployment.app_ids, deployment.deployment_id))

    def unlock(self, deployment: Deployment) -> None:
        del self.deployments[deployment.deployment_id]
        self.pending.pop(deployment.deployment_id, None)
        for app_id in deployment.app_ids:
            del self._deployment_of[app_id]

    def publish(self, published: Published) -> None:
        """Tell those who listen, with the actions of this step."""
        self._published.append(Publish(published))

    def take_published(self) -> list[Publish]:
        published, self._published = self._published, []
        return published

    def want(
        self,
        state: AppState,
        wanted: int,
        now: int,
        *,
        lacking: bool,
        earlier: bool,
        places: tuple[Place, ...] = (),
        most: int = 0,
    ) -> None:
        """`wanted` launches are open now, and up to `most` in these places; `lacking` also where they are held back.

        They get the definition of before if `earlier`.
        """
        app_id, place_ids = state.stored.app_id, tuple(place.place_id for place in places)
        state.since = (state.since or now) if lacking else 0
        state.most_reopened = most
        same = (wanted, place_ids, earlier) == (state.wanted, state.vacant, state.launching_earlier)
        if same and (app_id in self.wanting) == bool(wanted or places):
            return
        state.launching_earlier = earlier
        state.wanted, state.vacant, self.untold.demands = wanted, place_ids, True
        if wanted or places:
            self.wanting[app_id] = None
        else:
            self.wanting.pop(app_id, None)

    def record_of(self, launched_before: int, number: int) -> str:
        """The key of the record of launch `number`: those of one batch share it, up to RECORD_SIZE."""
        return f"{self.generation}-{number - (number - launched_before - 1) % RECORD_SIZE}"
