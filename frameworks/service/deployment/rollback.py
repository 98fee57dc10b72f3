"""Back to what was before a deployment, by another one.

Instances that are still there from before are kept: a rollback launches no more than what was taken away.
"""

from dataclasses import replace

from barter.frameworks.service.actions import Action, Answer, DropDeployment, DropGroup, SaveGroup
from barter.frameworks.service.book import Book
from barter.frameworks.service.changes import before_of, keep
from barter.frameworks.service.deployment import running
from barter.frameworks.service.deployment.plan import plan_steps
from barter.frameworks.service.requests import went_back
from barter.frameworks.service.state import Before, Deployment, GroupBefore, StoredApp


def roll_back(book: Book, deployment: Deployment, request: int, new_id: str, now: int) -> list[Action]:
    """What it deleted is there again, what it created is deleted. Answers `request`."""
    book.unlock(deployment)
    version = book.next_version(now)
    known = [before for before in deployment.before if before.app_id in book.apps]
    stored = [_went_back(book.apps[before.app_id].stored, before, version) for before in known]
    reverse = _reverse(book, stored, deployment, new_id, version)
    actions: list[Action] = [DropDeployment(deployment.deployment_id)]
    for group in deployment.groups_before:
        actions += _group_back(book, group)
    for app in stored:
        actions += keep(book, app)
    return [*actions, *running.begin(book, reverse), Answer(request, version, new_id)]


def _went_back(stored: StoredApp, before: Before, version: int) -> StoredApp:
    return went_back(stored, before, version) if before.versions[1] else replace(stored, deleting=True)


def _reverse(book: Book, stored: list[StoredApp], deployment: Deployment, new_id: str, version: int) -> Deployment:
    """The deployment that leads back; what it deleted starts again, from however many are left."""
    now_there = {app.app_id: book.apps[app.app_id].stored for app in stored}
    before = {app_id: app.app for app_id, app in now_there.items() if not app.deleting}
    after = {app.app_id: app.app for app in stored if not app.deleting}
    return Deployment(
        new_id,
        version,
        plan_steps(before, after),
        before=tuple(before_of(book, app.app_id) for app in stored),
        groups_before=tuple(
            GroupBefore(group.group_id, book.groups.get(group.group_id)) for group in deployment.groups_before
        ),
    )


def _group_back(book: Book, group: GroupBefore) -> list[Action]:
    if group.stored is not None:
        book.groups[group.group_id] = group.stored
        return [SaveGroup(group.stored)]
    return [DropGroup(group.group_id)] if book.groups.pop(group.group_id, None) else []
