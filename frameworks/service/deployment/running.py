"""A deployment on its way: which apps its step still waits for, and what comes when they are done."""

from dataclasses import replace

from barter.frameworks.service.actions import Action, DropApp, DropDeployment, SaveDeployment
from barter.frameworks.service.book import Book
from barter.frameworks.service.state import Deployment, Kind


def begin(book: Book, deployment: Deployment) -> list[Action]:
    """Start with its first step; every app it affects is its own from now on."""
    return _enter(book, deployment)


def take_up(book: Book, deployment: Deployment) -> None:
    """Go on with what the process before left."""
    book.lock(deployment)
    book.pending[deployment.deployment_id] = _awaited(deployment)


def done(book: Book, app_id: str) -> list[Action]:
    """What the step under way wanted of the app is reached."""
    deployment = book.deployment_of(app_id)
    if deployment is None:
        return []
    pending = book.pending[deployment.deployment_id]
    pending.pop(app_id, None)
    return [] if pending else _enter(book, replace(deployment, current=deployment.current + 1))


def end(book: Book, deployment: Deployment) -> list[Action]:
    """Its apps are free; those it deleted are gone for good, once none of their instances is left."""
    book.unlock(deployment)
    gone = [app_id for app_id in deployment.app_ids if _is_over(book, app_id)]
    for app_id in gone:
        book.drop(app_id)
    return [DropDeployment(deployment.deployment_id), *map(DropApp, gone)]


def _enter(book: Book, deployment: Deployment) -> list[Action]:
    """Its current step, or the first after it that something has to be done in."""
    book.lock(deployment)
    while deployment.current < len(deployment.steps) and not _awaited(deployment):
        deployment = replace(deployment, current=deployment.current + 1)
    if deployment.current == len(deployment.steps):
        return end(book, deployment)
    take_up(book, deployment)
    for app_id in book.pending[deployment.deployment_id]:
        book.mark(app_id)
    return [SaveDeployment(deployment)]


def _awaited(deployment: Deployment) -> dict[str, None]:
    """The apps that the current step waits for; what only starts has no instance to wait for."""
    awaited = (action.app_id for action in deployment.steps[deployment.current] if action.kind is not Kind.START)
    return dict.fromkeys(awaited)


def _is_over(book: Book, app_id: str) -> bool:
    state = book.apps.get(app_id)
    return state is not None and state.stored.deleting and not state.instances
