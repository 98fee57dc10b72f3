"""Which places a resident app's launches go to, and which are given up.

A place is saved before its reservation is asked for, and forgotten once the master says that there is none. So what a
framework has reserved is always known to its next process, and nothing is reserved twice.
"""

from dataclasses import replace

from barter.frameworks.service.actions import Action, DropPlace, ReconcileReservations, SavePlace
from barter.frameworks.service.book import Book
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.places import PLACES, Place, is_resident
from barter.frameworks.service.resident_launch import FRAMEWORK_LABEL, volume_ids
from barter.frameworks.service.state import AppState
from barter.sdk import Reservation, ReservationsHeld, VolumeId

ASK_AGAIN_MS = 10_000
LOST = "out of reach for longer than its residency allows"
DELETED = "the app is deleted"
WIPED = "asked for by an operator"


def used(state: AppState) -> set[str]:
    return {instance.placed.place for instance in state.instances.values() if instance.placed.place}


def open_places(
    book: Book, state: AppState, launches: int, now: int, *, lacking: bool
) -> tuple[int, tuple[Place, ...]]:
    """Of so many launches: how many need a new place, and the places in which others may be.

    `lacking` says that launches are needed, now or once a wait is over. There are never more places than instances
    wanted, but for those that a larger app had. Under constraints, which count what runs, nothing new is placed while a
    place is vacant.
    """
    if not is_resident(state.app):
        return launches, ()
    app_id, taken = state.stored.app_id, used(state)
    known = book.places.of_app(app_id)
    vacant = tuple(place for place in known if place.place_id not in taken)
    if not lacking:
        for place in vacant:
            book.places.vacant_ms.pop(place.place_id, None)
    if not launches:
        return 0, ()
    new = max(min(launches - len(vacant), state.app.instances - len(known)), 0)
    if vacant and state.app.constraints:
        new = 0
    _await(book, vacant, now)
    return new, vacant


def _await(book: Book, vacant: tuple[Place, ...], now: int) -> None:
    """A place that stays vacant may be gone with its agent: the master knows."""
    news = [place for place in vacant if place.place_id not in book.places.vacant_ms]
    book.places.vacant_ms.update((place.place_id, now) for place in news)
    if news:
        book.alarm(now + ASK_AGAIN_MS, PLACES)


def give_up(book: Book, place: Place, reason: str) -> list[Action]:
    """With its data; done once nothing uses it."""
    if place.ending:
        return []
    ending = replace(place, ending=reason)
    book.places.put(ending)
    book.untold.reservations = book.untold.demands = True
    return [SavePlace(ending)]


def give_up_all(book: Book, state: AppState) -> list[Action]:
    places = book.places.of_app(state.stored.app_id)
    return [action for place in places for action in give_up(book, place, DELETED)]


def give_up_lost(book: Book, state: AppState, now: int) -> list[Action]:
    """Those whose agents are out of reach for longer than the app waits; others take their place elsewhere."""
    strategy = state.app.unreachable
    if strategy is None or not is_resident(state.app):
        return []
    late = [one for one in state.instances.values() if one.lost_ms is not None and one.out_of_reach(strategy, now)]
    actions = book.roster.doom([(one, LOST) for one in late if not one.kill_reason], now)
    for place in book.places.of_app(state.stored.app_id):
        vacant_ms = book.places.vacant_ms.get(place.place_id)
        if vacant_ms is not None:
            book.alarm(vacant_ms + strategy.inactive_ms, state.stored.app_id)
        stale = vacant_ms is not None and now >= vacant_ms + strategy.inactive_ms
        if stale or any(one.placed.place == place.place_id for one in late):
            actions += give_up(book, place, LOST)
    return actions


def wipe(book: Book, task_ids: tuple[str, ...]) -> list[Action]:
    """Give up what these instances keep, ended ones included; one that nobody can end now is forgotten."""
    actions: list[Action] = []
    for task_id in task_ids:
        instance, place = book.roster.get(task_id), book.places.of_task(task_id)
        if place is not None:
            actions += give_up(book, place, WIPED)
            book.mark(place.app_id)
        if instance is not None and instance.lost_ms is not None:
            state = book.apps[instance.placed.app_id]
            actions += [*book.roster.remove(state, instance), *book.roster.record(instance.record)]
            book.mark(instance.placed.app_id)
    return actions


def vacated(book: Book, instance: Instance) -> None:
    """An instance has ended. Where it never ran, its place may never have been made; one to be given up can go now."""
    place = book.places.get(instance.placed.place)
    if place is not None and (place.ending or not instance.started_ms):
        book.untold.reservations = True


def ask(book: Book, now: int) -> list[Action]:
    """End what is to end, and hear what there is."""
    places = book.places
    ending = [place for place in places.ending() if book.roster.get(place.task_id) is None]
    places.asked.append(frozenset(places.all()))
    if places.ending() or places.vacant_ms:
        book.alarm(now + ASK_AGAIN_MS, PLACES)
    endings = tuple((place.agent_id, place.place_id) for place in ending)
    return [ReconcileReservations(endings, "places to be given up, or not known to be there")]


def told(book: Book, held: ReservationsHeld) -> list[Action]:
    """What the master has; of places made after the question it says nothing."""
    if not book.places.asked:
        return []
    asked, actions = book.places.asked.pop(0), list[Action]()
    made = {one.reservation_id: one for one in held.reservations if _is_ours(book, one)}
    volumes = {volume.volume_id for volume in held.volumes}
    for place in [one for one in book.places.all().values() if one.place_id in asked]:
        state = book.apps.get(place.app_id)
        if book.roster.get(place.task_id) is not None:
            continue
        if place.place_id not in made:
            book.places.drop(place)
            book.untold.demands = True
            actions.append(DropPlace(place.place_id))
        elif state is not None and (missing := _missing(state, place, volumes)):
            actions += give_up(book, place, f"its volume {missing} is not there any more")
        book.mark(place.app_id)
    return actions


def _is_ours(book: Book, reservation: Reservation) -> bool:
    return reservation.labels.get(FRAMEWORK_LABEL) == book.framework_id


def _missing(state: AppState, place: Place, volumes: set[VolumeId]) -> str:
    return next((name for name in volume_ids(state.app, place.place_id) if name not in volumes), "")
