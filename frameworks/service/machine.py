"""The service framework's core: apps in, demands, launches and kills out.

Events change what is known and mark the app; the Tick that ends every batch (`next_wakeup` asks for it at once)
plans each marked app one time, whatever number of events it had.
"""

from collections.abc import Iterable, Iterator, Mapping

from barter.core.machine import Tick
from barter.core.roles import DEFAULT_ROLE
from barter.frameworks.service.actions import Action, Reconcile, SaveLaunch, SetDemands, SetServices
from barter.frameworks.service.book import ORPHANS, Book
from barter.frameworks.service.changes import change_app, put_app
from barter.frameworks.service.demand import demand
from barter.frameworks.service.events import (
    DeleteApp,
    Event,
    InverseOffered,
    InverseRescinded,
    KillInstances,
    Offered,
    PutApp,
    Registered,
    RestartApp,
    StatusCame,
)
from barter.frameworks.service.going import doubt_all, give_up, stay
from barter.frameworks.service.placing import place
from barter.frameworks.service.planning import kill_orphans, plan_app
from barter.frameworks.service.routes import service
from barter.frameworks.service.state import AppState, StoredApp
from barter.frameworks.service.statuses import apply_status


class ServiceMachine:
    """`generation` is larger than in every process before; `stored` and `launches` are what those left behind.

    All apps run in the one `role`.
    """

    def __init__(
        self,
        generation: int,
        stored: Iterable[StoredApp] = (),
        launches: Iterable[SaveLaunch] = (),
        role: str = DEFAULT_ROLE,
    ) -> None:
        self._role = role
        self._book = Book(generation, stored, launches)

    @property
    def apps(self) -> Mapping[str, AppState]:
        """The apps by id, those being deleted included; to be read only."""
        return self._book.apps

    def next_wakeup(self) -> int | None:
        return self._book.next_wakeup()

    def step(self, event: Event | Tick, now: int) -> list[Action]:
        match event:
            case Tick():
                return self._tick(now)
            case Registered():
                doubt_all(self._book, now)
                unheard = self._book.roster.unheard()
                return [Reconcile(unheard, "registered")] if unheard else []
            case InverseOffered():
                return [saved for offer in event.inverse_offers for saved in give_up(self._book, offer, now)]
            case InverseRescinded():
                return stay(self._book, event.inverse_offer_id)
            case StatusCame():
                return apply_status(self._book, event.status, now)
            case Offered():
                return place(self._book, event.offers, now)
            case PutApp():
                return put_app(self._book, event, now)
            case RestartApp() | DeleteApp() | KillInstances():
                return change_app(self._book, event, now)

    def _tick(self, now: int) -> list[Action]:
        actions: list[Action] = []
        for app_id in self._book.take_marked(now):
            if app_id == ORPHANS:
                actions += kill_orphans(self._book, now)
            elif app_id in self._book.apps:
                actions += plan_app(self._book, self._book.apps[app_id], now)
        return [*actions, *self._tell()]

    def _tell(self) -> list[Action]:
        """Services and demands, where they are others than the master knows."""
        book = self._book
        told: list[Action] = []
        if book.untold.services:
            told.append(SetServices(tuple(service(state.app) for state in book.apps.values())))
        if book.untold.demands:
            told.append(SetDemands(tuple(demand(state.app, state.wanted, self._role) for state in self._demanding())))
        book.untold.services = book.untold.demands = False
        return told

    def _demanding(self) -> Iterator[AppState]:
        """Those that want more; then those under constraints, so that the master knows what holds for what runs."""
        book = self._book
        yield from (book.apps[app_id] for app_id in book.wanting)
        for app_id, state in book.apps.items():
            if state.app.constraints and state.instances and app_id not in book.wanting:
                yield state
