"""The service framework's core: apps in, demands, launches and kills out.

Events change what is known and mark the app; the Tick that ends every batch (`next_wakeup` asks for it at once)
plans each marked app one time, whatever number of events it had.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence

from barter.core.machine import Tick
from barter.core.roles import DEFAULT_ROLE
from barter.frameworks.service import draining
from barter.frameworks.service.actions import Action, Reconcile, SetDemands, SetServices
from barter.frameworks.service.app import App
from barter.frameworks.service.book import ORPHANS, Book, Left
from barter.frameworks.service.changes import change, kill_instances, reset_delay
from barter.frameworks.service.demand import demand
from barter.frameworks.service.deployment import running
from barter.frameworks.service.deployment.steering import steer
from barter.frameworks.service.events import (
    Change,
    Event,
    InverseOffered,
    InverseRescinded,
    KillInstances,
    Offered,
    Pause,
    Promote,
    Registered,
    ReservationsTold,
    ResetDelay,
    Resume,
    Rollback,
    ServicesServed,
    StatusCame,
)
from barter.frameworks.service.former import Former
from barter.frameworks.service.going import doubt_all, give_up, stay
from barter.frameworks.service.places import PLACES, Place, is_resident
from barter.frameworks.service.placing import place
from barter.frameworks.service.planning import kill_orphans, plan_app
from barter.frameworks.service.requests import unusable_role
from barter.frameworks.service.resident import ask, told, used
from barter.frameworks.service.resident_launch import first_demand, place_demand
from barter.frameworks.service.state import AppState, Deployment, StoredGroup
from barter.frameworks.service.statuses import apply_status
from barter.sdk import Demand


class ServiceMachine:
    """`generation` is larger than in every process before; `left` is what those left behind.

    Apps run in the first of `roles`, or in the one they name; resident ones, where that is everybody's, in
    `resident_role`, for which there can be reservations.
    """

    def __init__(
        self,
        generation: int,
        left: Left = Left(),  # noqa: B008
        roles: Sequence[str] = (DEFAULT_ROLE,),
        resident_role: str = "",
    ) -> None:
        self.roles, self.resident_role = roles, resident_role or roles[0]
        self._book = Book(generation, left)
        for deployment in left.deployments:
            running.take_up(self._book, deployment)

    @property
    def apps(self) -> Mapping[str, AppState]:
        """The apps by id, those being deleted included; to be read only."""
        return self._book.apps

    @property
    def deployments(self) -> Mapping[str, Deployment]:
        """Those under way, by id; to be read only."""
        return self._book.deployments

    @property
    def groups(self) -> Mapping[str, StoredGroup]:
        """What groups say beyond the paths of their apps; to be read only."""
        return self._book.groups

    @property
    def former(self) -> Collection[Former]:
        """Apps that are gone, the earliest first; to be read only."""
        return self._book.graveyard.kept.values()

    @property
    def places(self) -> Mapping[str, Place]:
        """Where instances of resident apps belong, by id; to be read only."""
        return self._book.places.all()

    def detached(self, app_id: str) -> tuple[Place, ...]:
        """The places of the app in which no instance is."""
        state = self._book.apps.get(app_id)
        taken = used(state) if state is not None else set()
        return tuple(one for one in self._book.places.of_app(app_id) if one.place_id not in taken)

    @property
    def version(self) -> int:
        """That of the last change."""
        return self._book.version

    def deployment_of(self, app_id: str) -> Deployment | None:
        return self._book.deployment_of(app_id)

    def next_wakeup(self) -> int | None:
        return self._book.next_wakeup()

    def step(self, event: Event | Tick, now: int) -> list[Action]:
        return [*self._step(event, now), *self._book.take_published()]

    def _step(self, event: Event | Tick, now: int) -> list[Action]:
        match event:
            case Tick():
                return self._tick(now)
            case Registered():
                self._book.framework_id = event.framework_id or self._book.framework_id
                self._book.places.asked.clear()
                self._book.untold.reservations = bool(self._book.places.all())
                doubt_all(self._book, now)
                draining.doubt(self._book, now)
                unheard = self._book.roster.unheard()
                return [Reconcile(unheard, "registered")] if unheard else []
            case ReservationsTold():
                return told(self._book, event.held)
            case InverseOffered():
                return [saved for offer in event.inverse_offers for saved in give_up(self._book, offer, now)]
            case InverseRescinded():
                return stay(self._book, event.inverse_offer_id, now)
            case StatusCame():
                return apply_status(self._book, event.status, now)
            case ServicesServed():
                return draining.served(self._book, event.updates)
            case Offered():
                return place(self._book, event.offers, now, self.resident_role)
            case Change():
                refusal = unusable_role(event, self.roles)
                return [refusal] if refusal is not None else change(self._book, event, now)
            case KillInstances():
                return kill_instances(self._book, event, now)
            case ResetDelay():
                return reset_delay(self._book, event)
            case Rollback() | Pause() | Resume() | Promote():
                return steer(self._book, event, now)

    def _tick(self, now: int) -> list[Action]:
        actions: list[Action] = []
        while marked := self._book.take_marked(now):
            for app_id in marked:
                actions += self._look_at(app_id, now)
        return [*actions, *self._tell(now)]

    def _look_at(self, app_id: str, now: int) -> list[Action]:
        if app_id == ORPHANS:
            return kill_orphans(self._book, now)
        if app_id == PLACES:
            self._book.untold.reservations = bool(self._book.places.vacant_ms or self._book.places.ending())
            return []
        state = self._book.apps.get(app_id)
        return plan_app(self._book, state, now) if state is not None else []

    def _tell(self, now: int) -> list[Action]:
        """Services and demands, where they are others than the master knows; what places are to end."""
        book = self._book
        said: list[Action] = []
        if book.untold.services:
            said.append(SetServices(tuple(draining.weighted_service(book, state) for state in book.apps.values())))
        if book.untold.demands:
            said.append(SetDemands(tuple(each for state in self._demanding() for each in self._demands(state))))
        if book.untold.reservations:
            said += ask(book, now)
        book.untold.services = book.untold.demands = book.untold.reservations = False
        return said

    def _demands(self, state: AppState) -> Iterator[Demand]:
        _, app = state.launched
        if not is_resident(app):
            yield self._demand(state, app)
            return
        if state.wanted or app.constraints:
            yield first_demand(app, state.wanted, self.resident_role)
        for place_id in state.vacant:
            if (vacant := self._book.places.get(place_id)) is not None and not vacant.ending:
                yield place_demand(app, vacant)

    def _demand(self, state: AppState, app: App) -> Demand:
        """Made again only when it is another: all are told each time."""
        known = state.demand
        if known is None or known[0] is not app or known[1].count != state.wanted:
            known = state.demand = (app, demand(app, state.wanted, self.roles[0]))
        return known[1]

    def _demanding(self) -> Iterator[AppState]:
        """Those that want more; then those under constraints, so that the master knows what holds for what runs."""
        book = self._book
        yield from (book.apps[app_id] for app_id in book.wanting)
        for app_id, state in book.apps.items():
            if state.app.constraints and state.instances and app_id not in book.wanting:
                yield state
