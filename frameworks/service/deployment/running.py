"""A deployment on its way: which apps its step still waits for, and what comes when they are done."""

from dataclasses import replace

from barter.frameworks.service.actions import Action, DropApp, DropDeployment, DropFormer, SaveDeployment, SaveFormer
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment import mix, telling
from barter.frameworks.service.deployment.keeping import keep
from barter.frameworks.service.published import app_terminated
from barter.frameworks.service.state import Deployment, Kind


def begin(book: Book, deployment: Deployment) -> list[Action]:
    """Start with its first step; every app it affects is its own, and held, from now on."""
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
    book.pending[deployment.deployment_id].pop(app_id, None)
    return go_on(book, deployment)


def go_on(book: Book, deployment: Deployment) -> list[Action]:
    """With the next step, if the one under way waits for nothing more; not while it is paused."""
    if deployment.paused or book.pending[deployment.deployment_id]:
        return []
    book.publish(telling.step_success(deployment))
    return _enter(book, replace(deployment, current=deployment.current + 1))


def end(book: Book, deployment: Deployment) -> list[Action]:
    """Its apps are free; those it deleted are gone for good, once none of their instances is left."""
    book.unlock(deployment)
    gone = [app_id for app_id in deployment.app_ids if _is_over(book, app_id)]
    return [
        DropDeployment(deployment.deployment_id),
        *(each for app_id in gone for each in drop(book, app_id, deployment.version)),
    ]


def drop(book: Book, app_id: str, version: int) -> list[Action]:
    """It was deleted, at that version, and none of its instances is left."""
    former, forgotten = book.graveyard.bury(book.apps[app_id].stored, version)
    book.drop(app_id)
    book.publish(app_terminated(app_id))
    return [DropApp(app_id), SaveFormer(former), *([DropFormer(forgotten.key)] if forgotten else [])]


def _enter(book: Book, deployment: Deployment) -> list[Action]:
    """Its current step, or the first after it in which something has to be done."""
    book.lock(deployment)
    actions: list[Action] = []
    while deployment.current < len(deployment.steps):
        actions += _let_go(book, deployment)
        if _awaited(deployment):
            take_up(book, deployment)
            book.publish(telling.info(deployment))
            return [*actions, SaveDeployment(deployment)]
        deployment = replace(deployment, current=deployment.current + 1)
    book.publish(telling.success(deployment))
    return [*actions, *end(book, deployment)]


def _let_go(book: Book, deployment: Deployment) -> list[Action]:
    """The apps whose turn it is."""
    turns = deployment.turns()
    here = [action.app_id for action in deployment.steps[deployment.current]]
    due = [app_id for app_id in here if turns[app_id] == deployment.current]
    return [action for app_id in due for action in keep(book, mix.let_go(book.apps[app_id].stored, deployment))]


def _awaited(deployment: Deployment) -> dict[str, None]:
    """The apps that the current step waits for; what only starts has no instance to wait for."""
    awaited = (action.app_id for action in deployment.steps[deployment.current] if action.kind is not Kind.START)
    return dict.fromkeys(awaited)


def _is_over(book: Book, app_id: str) -> bool:
    state = book.apps.get(app_id)
    return state is not None and state.stored.deleting and not state.instances
