"""From apps and groups as they are to be to the deployment that brings them about."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from barter.frameworks.service.actions import Action, DropGroup, SaveGroup
from barter.frameworks.service.app import App
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment import mix, running
from barter.frameworks.service.deployment.keeping import keep
from barter.frameworks.service.deployment.order import Order
from barter.frameworks.service.deployment.plan import plan_steps
from barter.frameworks.service.state import Before, Deployment, GroupBefore, StoredApp, StoredGroup

GroupsAfter = Mapping[str, StoredGroup | None]


def depths(book: Book, apps: Mapping[str, App | None], groups: GroupsAfter) -> dict[str, int]:
    """How deep the changed apps are in the dependencies; `apps` and `groups` that go are None. Raises Cycle."""
    after = {**book.groups, **{group_id: group for group_id, group in groups.items() if group is not None}}
    for group_id, group in groups.items():
        if group is None:
            after.pop(group_id, None)
    order = Order(book.apps, apps, after)
    order.depths(app_id for group_id in groups for app_id in order.below(group_id))
    return order.depths(app_id for app_id, app in apps.items() if app is not None)


def start(
    book: Book,
    deployment: Deployment,
    changed: Sequence[StoredApp],
    groups: GroupsAfter,
    deep: Mapping[str, int],
    restarts: Collection[str] = (),
) -> list[Action]:
    """Keep all of it, and begin with the first step; `deployment` has no steps yet."""
    was = {app.app_id: state.stored for app in changed if (state := book.apps.get(app.app_id)) is not None}
    before = {app_id: stored.app for app_id, stored in was.items() if not stored.deleting}
    after = {app.app_id: app.app for app in changed if not app.deleting}
    deployment = replace(
        deployment,
        steps=plan_steps(before, after, restarts, deep),
        before=tuple(_before(app.app_id, was.get(app.app_id)) for app in changed),
        groups_before=tuple(GroupBefore(group_id, book.groups.get(group_id)) for group_id in groups),
    )
    actions = _change_groups(book, groups)
    for app in changed:
        actions += keep(book, mix.held(was.get(app.app_id), app))
    return [*actions, *running.begin(book, deployment)]


def _before(app_id: str, was: StoredApp | None) -> Before:
    """The definition that was last rolled out in full, with the count that was last asked for."""
    if was is None or was.deleting:
        return Before(app_id, (), 0)
    versions = was.stable or (*was.revived, (was.config_version, was.version))
    return Before(app_id, versions, was.app.instances)


def _change_groups(book: Book, groups: GroupsAfter) -> list[Action]:
    actions: list[Action] = []
    for group_id, group in groups.items():
        if group is not None:
            book.groups[group_id] = group
            actions.append(SaveGroup(group))
        elif book.groups.pop(group_id, None):
            actions.append(DropGroup(group_id))
    return actions
