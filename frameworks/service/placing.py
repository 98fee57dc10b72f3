"""Offers become launches, for as many instances as are wanted and fit."""

from collections.abc import Sequence

from barter.frameworks.service.actions import Action, Decline, Launch, SavePlace
from barter.frameworks.service.book import RECORD_SIZE, Book
from barter.frameworks.service.instances import Instance, Placed
from barter.frameworks.service.launch import fit, task
from barter.frameworks.service.paths import task_id_of
from barter.frameworks.service.places import Place, is_resident, next_run
from barter.frameworks.service.planning import CONFIRM_MS, plan_app
from barter.frameworks.service.pod_launch import group, is_checked, members
from barter.frameworks.service.resident_launch import making, placed_task
from barter.frameworks.service.secrets import uses
from barter.frameworks.service.state import AppState
from barter.sdk import Offer, TaskInfo

UNFIT_REFUSE_MS = 1_000
GOING_REFUSE_MS = 30_000


def place(book: Book, offers: Sequence[Offer], now: int, resident_role: str) -> list[Action]:
    """Every offer is launched on or declined at once; the launches, and the places that are made, are saved first."""
    plans: list[Action] = []
    answers: list[Action] = []
    before = book.launched
    for offer in offers:
        state, back = book.of_demand(offer.demand_id), book.places.get(offer.demand_id)
        if back is not None:
            state = book.apps.get(back.app_id)
        if state is not None and state.stored.app_id in book.marked:
            del book.marked[state.stored.app_id]
            plans += plan_app(book, state, now)
        if state is not None and back is not None:
            answers += _reopen(book, state, back, offer, before, now)
        elif state is None or not state.wanted:
            answers.append(Decline(offer, 0, "nothing more is wanted"))
        elif _goes(state, offer):
            answers.append(Decline(offer, GOING_REFUSE_MS, "its agent is to be given up, as those are that are left"))
        else:
            answers += _launch(book, state, offer, before, now, resident_role)
    firsts = range(before + 1, book.launched + 1, RECORD_SIZE)
    saved = [action for first in firsts for action in book.roster.record(book.record_of(before, first))]
    return [*plans, *saved, *answers]


def _goes(state: AppState, offer: Offer) -> bool:
    """Whether its agent is to be given up, and the app's instances leave such agents, or have left this one."""
    if not offer.unavailable_from_ms:
        state.moved_from.discard(offer.agent_id)
        return False
    return offer.agent_id in state.moved_from or any(instance.going for instance in state.instances.values())


def _reopen(book: Book, state: AppState, back: Place, offer: Offer, before: int, now: int) -> list[Action]:
    """One more run in a place that is kept."""
    if back.place_id not in state.vacant or not state.most_reopened or back.ending or book.roster.get(back.task_id):
        return [Decline(offer, 0, "nothing more is wanted there")]
    if 0 < offer.unavailable_from_ms <= now:
        return [Decline(offer, GOING_REFUSE_MS, "its agent is to be given up")]
    _, app = state.launched
    book.launched += 1
    run = next_run(back, offer.host)
    book.places.put(run)
    book.places.vacant_ms.pop(run.place_id, None)
    tasks = _add(book, state, offer, run.task_id, run.host_ports, before, now, place=run)
    vacant = tuple(one for one in map(book.places.get, state.vacant) if one and one.place_id != run.place_id)
    most = state.most_reopened - 1
    book.want(
        state,
        state.wanted,
        now,
        lacking=state.wanted + most > 0,
        places=vacant,
        most=most,
        earlier=state.launching_earlier,
    )
    reason = f"{app.app_id} goes on where its volumes are"
    return [SavePlace(run), Launch(offer, tuple(tasks), reason, secrets=uses(app, tasks))]


def _launch(book: Book, state: AppState, offer: Offer, before: int, now: int, resident_role: str) -> list[Action]:
    _, app = state.launched
    tasks: list[TaskInfo] = []
    places: list[Place] = []
    launched = 0
    for host_ports in fit(app, offer, state.wanted, book.launched * len(app.ports)):
        book.launched += 1
        launched += 1
        task_id = task_id_of(app.app_id, book.generation, book.launched)
        if not is_resident(app):
            tasks += _add(book, state, offer, task_id, host_ports, before, now)
            continue
        place = Place(
            task_id, app.app_id, offer.agent_id, offer.hostname, offer.host, host_ports, app.role or resident_role, 1
        )
        places.append(place)
        book.places.put(place)
        tasks += _add(book, state, offer, place.task_id, host_ports, before, now, place=place)
    if not tasks:
        return [Decline(offer, UNFIT_REFUSE_MS, f"does not hold one instance of {app.app_id}")]
    reason = f"{launched} of the {state.wanted} instances that {app.app_id} lacks"
    vacant = tuple(one for one in map(book.places.get, state.vacant) if one)
    more, most = state.wanted - launched, state.most_reopened
    book.want(state, more, now, lacking=more + most > 0, places=vacant, most=most, earlier=state.launching_earlier)
    operations = tuple(each for one in places for each in making(app, one, book.framework_id))
    return [*map(SavePlace, places), Launch(offer, tuple(tasks), reason, operations, uses(app, tasks))]


def _add(
    book: Book,
    state: AppState,
    offer: Offer,
    task_id: str,
    host_ports: tuple[int, ...],
    before: int,
    now: int,
    *,
    place: Place | None = None,
) -> list[TaskInfo]:
    """One more instance; the tasks it is launched with."""
    version, app = state.launched
    placed = Placed(
        task_id=task_id,
        app_id=app.app_id,
        version=version,
        agent_id=offer.agent_id,
        hostname=offer.hostname,
        host=offer.host,
        host_ports=host_ports,
        launched_ms=now,
        checked=is_checked(app),
        readiness_checked=app.readiness is not None,
        members=members(app, task_id, host_ports),
        place=place.place_id if place else "",
        zone=offer.attributes.get("zone", ""),
        region=offer.attributes.get("region", ""),
    )
    record = book.record_of(before, book.launched)
    book.roster.add(state, Instance(placed, record, confirm_due=now + CONFIRM_MS))
    book.alarm(now + CONFIRM_MS, app.app_id)
    book.mark(app.app_id)
    if app.pod:
        return list(group(app, version, placed, offer))
    made = task(app, version, task_id, offer, host_ports)
    return [placed_task(app, place, made) if place else made]
