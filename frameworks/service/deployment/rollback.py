"""Back to what was before a deployment, by another one.

Instances that are still there from before are kept: a rollback launches no more than what was taken away.
"""

from collections.abc import Mapping
from dataclasses import replace

from barter.frameworks.service.actions import Action, DropDeployment
from barter.frameworks.service.app import App
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment import mix, telling
from barter.frameworks.service.deployment.order import Cycle
from barter.frameworks.service.deployment.start import depths, start
from barter.frameworks.service.requests import went_back
from barter.frameworks.service.routes import claims
from barter.frameworks.service.state import Before, Deployment, StoredApp


class NoWayBack(Exception):
    """Why not; nothing was changed."""


def roll_back(book: Book, deployment: Deployment, new_id: str, reason: str, now: int) -> list[Action]:
    """What it deleted is there again, what it created is deleted. `book.version` is then that of the change.

    Raises NoWayBack where others depend on what it would bring back, or have taken its place at the edge meanwhile.
    """
    version = book.next_version(now)
    known = [before for before in deployment.before if before.app_id in book.apps]
    stored = [_went_back(book.apps[before.app_id].stored, before, version) for before in known]
    groups = {group.group_id: group.stored for group in deployment.groups_before}
    apps = {app.app_id: None if app.deleting else app.app for app in stored}
    try:
        deep = depths(book, apps, groups)
    except Cycle as cycle:
        raise NoWayBack(str(cycle)) from None
    if taken := _taken(book, apps):
        raise NoWayBack(taken)
    book.publish(telling.step_failure(deployment, reason))
    book.publish(telling.failed(deployment, reason))
    book.unlock(deployment)
    for before in known:
        _stop_half_way(book, before.app_id, now)
    reverse = Deployment(new_id, version, (), reverts=deployment.deployment_id)
    return [DropDeployment(deployment.deployment_id), *start(book, reverse, stored, groups, deep)]


def _taken(book: Book, apps: Mapping[str, App | None]) -> str:
    """What the edge serves for others by now."""
    for app in apps.values():
        for claim in claims(app) if app is not None else ():
            holder = book.claimed_by(claim)
            if holder and holder not in apps:
                return f"{claim} is served by {holder} now"
    return ""


def _stop_half_way(book: Book, app_id: str, now: int) -> None:
    """The mix it has reached is what it goes back from."""
    state = book.apps[app_id]
    if state.stored.standing is None:
        state.stored = mix.paused(state, now)


def _went_back(stored: StoredApp, before: Before, version: int) -> StoredApp:
    return went_back(stored, before, version) if before.versions else replace(stored, deleting=True)
