"""What the API asks for, carried out: the change is saved, answered, and planned at the next Tick."""

from dataclasses import replace

from barter.frameworks.service import requests
from barter.frameworks.service.actions import Action, Answer, SaveApp
from barter.frameworks.service.book import Book
from barter.frameworks.service.events import DeleteApp, KillInstances, PutApp, Request, RestartApp
from barter.frameworks.service.routes import service
from barter.frameworks.service.state import MOST_VERSIONS, AppState, Deployment, StoredApp

OPERATORS_WISH = "asked for by an operator"


def put_app(book: Book, event: PutApp, now: int) -> list[Action]:
    state = book.apps.get(event.app.app_id)
    if event.base and state is not None and requests.unchanged(event.app, state):
        return [Answer(event.request, state.stored.version, event.deployment_id)]
    refusal = requests.refuse_put(event, book.apps)
    if refusal is not None:
        return [refusal]
    stored = requests.put(event, state.stored if state else None, now)
    if state is None or service(state.app) != service(stored.app):
        book.untold.services = True
    if state is None:
        state = AppState(stored)
        book.add(state)
    elif stored.config_version != state.stored.config_version:
        state.backoff.reset()
    saved = _keep(book, event, state, stored)
    for instance in state.instances.values():
        book.watch_lost(state, instance)
    return saved


def change_app(book: Book, event: RestartApp | DeleteApp | KillInstances, now: int) -> list[Action]:
    state = book.apps.get(event.app_id)
    if state is None or state.stored.deleting:
        return [requests.missing(event.request, event.app_id)]
    if isinstance(event, KillInstances) and not event.scale:
        return _kill(book, event, state, now)
    refusal = requests.locked(event, state)
    if refusal is not None:
        return [refusal]
    match event:
        case DeleteApp():
            return _delete(book, event, state, now)
        case RestartApp():
            return _restart(book, event, state, now)
        case KillInstances():
            return _kill_and_scale(book, event, state, now)


def _delete(book: Book, event: DeleteApp, state: AppState, now: int) -> list[Action]:
    version = requests.next_version(state.stored, now)
    deployment = Deployment(event.deployment_id, requests.STOP, version)
    return _keep(book, event, state, replace(state.stored, deleting=True, deployment=deployment), version)


def _restart(book: Book, event: RestartApp, state: AppState, now: int) -> list[Action]:
    old, version = state.stored, requests.next_version(state.stored, now)
    state.backoff.reset()
    stored = replace(
        old,
        versions=(*old.versions, (version, old.app))[-MOST_VERSIONS:],
        config_version=version,
        deployment=Deployment(event.deployment_id, requests.RESTART, version),
    )
    return _keep(book, event, state, stored)


def _kill(book: Book, event: KillInstances, state: AppState, now: int) -> list[Action]:
    saved, _ = _doom(book, event, now)
    return [*saved, Answer(event.request, state.stored.version)]


def _kill_and_scale(book: Book, event: KillInstances, state: AppState, now: int) -> list[Action]:
    saved, count = _doom(book, event, now)
    app = replace(state.app, instances=max(state.app.instances - count, 0))
    change = PutApp(event.request, app, state.stored.version, event.deployment_id)
    return [*saved, *_keep(book, event, state, requests.put(change, state.stored, now))]


def _doom(book: Book, event: KillInstances, now: int) -> tuple[list[Action], int]:
    """Saves the orders to end; also how many there are."""
    chosen = [book.roster.get(task_id) for task_id in event.task_ids]
    doomed = [one for one in chosen if one and one.placed.app_id == event.app_id and not one.kill_reason]
    book.mark(event.app_id)
    return book.roster.doom([(one, OPERATORS_WISH) for one in doomed], now), len(doomed)


def _keep(book: Book, event: Request, state: AppState, stored: StoredApp, version: int = 0) -> list[Action]:
    """A demand that is open may have another shape now, so it is told again."""
    state.stored = stored
    book.mark(stored.app_id)
    book.untold.demands = book.untold.demands or stored.app_id in book.wanting
    return [SaveApp(stored), Answer(event.request, version or stored.version, event.deployment_id)]
