"""Instances at the edges: a new one counts once they have it, one that is to end is killed once they have drained it.

Only for apps that an edge serves, and each for a bounded time, so that no edge can hold up anything: an instance
counts after IN_EDGES_MS of being ready in any case, and is killed DRAINED_MS after its connections were to drain.
A process that starts does not know yet what the edges have; for UNSURE_MS it waits for their word.
"""

from collections.abc import Iterable
from dataclasses import replace

from barter.core.cluster import ServiceUpdate
from barter.frameworks.service.actions import Action
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment.mix import fresh_share
from barter.frameworks.service.handover import joint_service
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.routes import service
from barter.frameworks.service.shares import Weights, by_share
from barter.frameworks.service.state import AppState
from barter.sdk import Service, TaskId

IN_EDGES_MS, DRAINED_MS = 5_000, 10_000
UNSURE_MS, DOUBT_MS = 2_000, 20_000


def weighted_service(book: Book, state: AppState) -> Service:
    """The app's service as the master is told it; made again only when it is another."""
    app, known = state.app, state.service
    if state.beside:
        return replace(_service(book, state), weights=state.weights)
    if known is None or known[0] is not app or known[1].weights != state.weights:
        known = state.service = (app, replace(service(app), weights=state.weights))
    return known[1]


def served(book: Book, updates: Iterable[ServiceUpdate]) -> list[Action]:
    """The master tells what is in place at the edges."""
    for update in updates:
        state = book.of_demand(update.service_id)
        if state is not None:
            state.at_edges = update if update.edges else None
            state.edges_until = None
            book.mark(state.stored.app_id)
    return []


def doubt(book: Book, now: int) -> None:
    """With a session begun, edges that are gone are never heard of again: what they had counts for a while."""
    if book.unsure_until is None:
        book.unsure_until = now + UNSURE_MS
    for app_id, state in book.apps.items():
        if state.at_edges is not None:
            state.edges_until = now + DOUBT_MS
            book.alarm(state.edges_until, app_id)
        elif any(one.kill_reason for one in state.instances.values()):
            book.mark(app_id)


def look(book: Book, state: AppState, now: int) -> None:
    """Before it is planned: which of its instances serve, but are not in the edges yet."""
    _look_beside(book, state)
    if state.edges_until is not None and state.edges_until <= now:
        state.at_edges = state.edges_until = None
    in_place = state.at_edges.serving | state.at_edges.drained if state.at_edges and _open(book, state) else None
    for instance in state.instances.values():
        if in_place is None or not _serves(instance) or instance.kill_reason:
            instance.awaits_edges = False
            continue
        if not in_place.isdisjoint(instance.tasks):
            instance.edges_due = 0
        elif instance.edges_due is None:
            instance.edges_due = now + IN_EDGES_MS
            book.alarm(instance.edges_due, state.stored.app_id)
        instance.awaits_edges = now < instance.edges_due


def over(book: Book, state: AppState, instance: Instance, now: int) -> bool:
    """Whether one that is to end may be killed: it serves nobody any more, or had its time."""
    if not _open(book, state):
        return True
    if _unsure(book, now) and (instance.adopted or (state.at_edges is None and _serves(instance))):
        if book.unsure_until is not None:
            book.alarm(book.unsure_until, state.stored.app_id)
        return False
    if state.at_edges is None or not _serves(instance):
        return True
    if not state.at_edges.drained.isdisjoint(instance.tasks) and state.at_edges.serving.isdisjoint(instance.tasks):
        return True
    if instance.drained_due is None:
        instance.drained_due = now + DRAINED_MS
        book.alarm(instance.drained_due, state.stored.app_id)
    return now >= instance.drained_due


def weigh(book: Book, state: AppState, now: int) -> None:
    """Once it is planned: what the edges are to be told of its instances, where that is another than they know."""
    weights = _weights(book, state, now) if _open(book, state) else ()
    if weights != state.weights:
        state.weights, book.untold.services = weights, True


def said(state: AppState, waiting: str) -> str:
    """What the app waits for, with those that drain."""
    count = sum(one.drains for one in state.instances.values())
    return f"{waiting}; draining at the edges: {count}" if count else waiting


def _weights(book: Book, state: AppState, now: int) -> Weights:
    """Nothing for one that is to end; the shares of a canary and of who it is to replace; else all alike."""
    ending = [one for one in state.instances.values() if one.kill_reason and not one.ended]
    doomed = tuple((TaskId(task_id), 0) for one in ending for task_id in one.tasks)
    if state.at_edges is None:
        return doomed if _unsure(book, now) else ()
    share = fresh_share(state.stored)
    if share is None:
        return doomed
    fresh: list[TaskId] = []
    others: list[TaskId] = []
    coming: list[TaskId] = []
    for one in state.instances.values():
        current = state.stored.is_current(one.placed.version)
        if not one.kill_reason and (current or _serves(one)):
            group = others if not current else fresh if _serves(one) else coming
            group += map(TaskId, one.tasks)
    # One that comes gets its share once it is ready, and nothing in the moment before that is told.
    return (*doomed, *((task_id, 0) for task_id in coming), *by_share(fresh, others, share))


def _look_beside(book: Book, state: AppState) -> None:
    """Definitions that nothing runs of are served no more."""
    stored = state.stored
    versions = {one.placed.version for one in state.instances.values() if not one.ended} - {stored.version}
    earlier = (stored.definition(version) for version in sorted(versions, reverse=True))
    beside = tuple(app for app in earlier if app is not None and service(app).ports != service(state.app).ports)
    if beside != state.beside:
        state.beside, state.service, book.untold.services = beside, None, True


def _service(book: Book, state: AppState) -> Service:
    """With what instances of earlier definitions serve."""
    app_id = state.stored.app_id
    return joint_service(state.app, state.beside, lambda claim: book.claimed_by(claim) in ("", app_id))


def _open(book: Book, state: AppState) -> bool:
    """Whether an edge may serve it."""
    return any(port.number or port.vhosts for port in _service(book, state).ports)


def _unsure(book: Book, now: int) -> bool:
    """Whether the edges' word may not have come yet."""
    return book.unsure_until is None or now < book.unsure_until


def _serves(instance: Instance) -> bool:
    """Whether it may have connections: the master tells it to the edges."""
    healthy = instance.healthy is True or not instance.placed.checked
    return instance.running and instance.lost_ms is None and healthy and instance.checked_ready
