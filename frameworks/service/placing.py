"""Offers become launches, for as many instances as are wanted and fit."""

from collections.abc import Sequence

from barter.frameworks.service.actions import Action, Decline, Launch
from barter.frameworks.service.book import RECORD_SIZE, Book
from barter.frameworks.service.instances import Instance, Placed
from barter.frameworks.service.launch import fit, task
from barter.frameworks.service.paths import task_id_of
from barter.frameworks.service.planning import CONFIRM_MS, plan_app
from barter.frameworks.service.pod_launch import group, is_checked, members
from barter.frameworks.service.state import AppState
from barter.sdk import Offer, TaskInfo

UNFIT_REFUSE_MS = 1_000
GOING_REFUSE_MS = 30_000


def place(book: Book, offers: Sequence[Offer], now: int) -> list[Action]:
    """Every offer is launched on or declined at once; the launches are saved first."""
    plans: list[Action] = []
    answers: list[Action] = []
    before = book.launched
    for offer in offers:
        state = book.of_demand(offer.demand_id)
        if state is not None and state.stored.app_id in book.marked:
            del book.marked[state.stored.app_id]
            plans += plan_app(book, state, now)
        if state is None or not state.wanted:
            answers.append(Decline(offer, 0, "nothing more is wanted"))
        elif offer.unavailable_from_ms and any(instance.going for instance in state.instances.values()):
            answers.append(Decline(offer, GOING_REFUSE_MS, "its agent is to be given up, as those are that are left"))
        else:
            answers.append(_launch(book, state, offer, before, now))
    firsts = range(before + 1, book.launched + 1, RECORD_SIZE)
    saved = [action for first in firsts for action in book.roster.record(book.record_of(before, first))]
    return [*plans, *saved, *answers]


def _launch(book: Book, state: AppState, offer: Offer, before: int, now: int) -> Action:
    app, version = state.app, state.stored.version
    tasks: list[TaskInfo] = []
    launched = 0
    for host_ports in fit(app, offer, state.wanted, book.launched * len(app.ports)):
        book.launched += 1
        task_id = task_id_of(app.app_id, book.generation, book.launched)
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
        )
        record = book.record_of(before, book.launched)
        book.roster.add(state, Instance(placed, record, confirm_due=now + CONFIRM_MS))
        launched += 1
        tasks += group(app, version, placed, offer) if app.pod else [task(app, version, task_id, offer, host_ports)]
    if not tasks:
        return Decline(offer, UNFIT_REFUSE_MS, f"does not hold one instance of {app.app_id}")
    reason = f"{launched} of the {state.wanted} instances that {app.app_id} lacks"
    book.alarm(now + CONFIRM_MS, app.app_id)
    book.want(state, state.wanted - launched, now, lacking=state.wanted > launched)
    book.mark(app.app_id)
    return Launch(offer, tuple(tasks), reason)
