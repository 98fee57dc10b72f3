"""What the API asks for, carried out: the change is saved, answered, and planned at the next Tick."""

from dataclasses import replace

from barter.frameworks.service import requests, resident
from barter.frameworks.service.actions import Action, Answer, DropGroup, SaveApp, SaveGroup
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment import running
from barter.frameworks.service.deployment.plan import plan_steps
from barter.frameworks.service.events import Change, KillInstances, Put, ResetDelay
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.routes import service
from barter.frameworks.service.state import AppState, Before, Deployment, GroupBefore, StoredApp

OPERATORS_WISH = "asked for by an operator"


def change(book: Book, event: Change, now: int) -> list[Action]:
    """Make the change and start the deployment that brings it about."""
    refusal = requests.refusal(book, event)
    return [refusal] if refusal is not None else carry_out(book, event, now)


def carry_out(book: Book, event: Change, now: int) -> list[Action]:
    """Make a change that is known to be allowed."""
    puts = [put for put in event.puts if not (put.base and requests.unchanged(put.app, book.apps.get(put.app.app_id)))]
    event = replace(event, puts=tuple(puts))
    if not (puts or event.deletes or event.restarts or event.groups or event.group_deletes):
        return [Answer(event.request, book.version, event.deployment_id)]
    version = book.next_version(now)
    deployment = _deployment(book, event, version)
    actions = _give_up_others(book, deployment)
    actions += _change_groups(book, event)
    for stored in _changed(book, event, version):
        actions += keep(book, stored)
    return [*actions, *running.begin(book, deployment), Answer(event.request, version, event.deployment_id)]


def kill_instances(book: Book, event: KillInstances, now: int) -> list[Action]:
    """End those it names, at once; with `scale` the counts go down by a deployment."""
    chosen = [one for task_id in event.task_ids if (one := book.roster.get(task_id)) and not one.kill_reason]
    if not event.scale:
        wiped = resident.wipe(book, event.task_ids) if event.wipe else []
        return [*_doom(book, chosen, now), *wiped, Answer(event.request, book.version)]
    fewer: dict[str, int] = {}
    for instance in chosen:
        fewer[instance.placed.app_id] = fewer.get(instance.placed.app_id, 0) + 1
    living = {app_id: state for app_id in fewer if not (state := book.apps[app_id]).stored.deleting}
    refusal = requests.locked(book, event.request, living, force=event.force)
    if refusal is not None:
        return [refusal]
    puts = tuple(_scaled(state, fewer[app_id]) for app_id, state in living.items())
    changed = change(book, Change(event.request, event.deployment_id, puts, force=event.force), now)
    wiped = resident.wipe(book, event.task_ids) if event.wipe else []
    return [*_doom(book, chosen, now), *wiped, *changed]


def reset_delay(book: Book, event: ResetDelay) -> list[Action]:
    state = book.apps.get(event.app_id)
    if state is None or state.stored.deleting:
        return [requests.missing(event.request, event.app_id)]
    state.backoff.reset()
    book.mark(event.app_id)
    return [Answer(event.request, state.stored.version)]


def _scaled(state: AppState, fewer: int) -> Put:
    return Put(replace(state.app, instances=max(state.app.instances - fewer, 0)), state.stored.version)


def _doom(book: Book, chosen: list[Instance], now: int) -> list[Action]:
    for instance in chosen:
        book.mark(instance.placed.app_id)
    return book.roster.doom([(one, OPERATORS_WISH) for one in chosen], now)


def _deployment(book: Book, event: Change, version: int) -> Deployment:
    app_ids = requests.touched(event)
    before = {app_id: book.apps[app_id].app for app_id in app_ids if app_id in book.apps}
    after = {app_id: app for app_id, app in before.items() if app_id not in event.deletes}
    after.update((put.app.app_id, put.app) for put in event.puts)
    groups = (*(group.group_id for group in event.groups), *event.group_deletes)
    return Deployment(
        event.deployment_id,
        version,
        plan_steps(before, after, event.restarts),
        before=tuple(before_of(book, app_id) for app_id in app_ids),
        groups_before=tuple(GroupBefore(group_id, book.groups.get(group_id)) for group_id in groups),
    )


def before_of(book: Book, app_id: str) -> Before:
    """The definition that was last rolled out in full, with the count that was last asked for."""
    state = book.apps.get(app_id)
    if state is None:
        return Before(app_id, (0, 0), 0)
    stored = state.stored
    versions = stored.stable if stored.stable[1] else (stored.config_version, stored.version)
    return Before(app_id, versions, stored.app.instances)


def _give_up_others(book: Book, deployment: Deployment) -> list[Action]:
    found = [book.deployment_of(app_id) for app_id in deployment.app_ids]
    in_the_way = {other.deployment_id: other for other in found if other is not None}
    return [action for other in in_the_way.values() for action in running.end(book, other)]


def _change_groups(book: Book, event: Change) -> list[Action]:
    for group in event.groups:
        book.groups[group.group_id] = group
    known = [group_id for group_id in event.group_deletes if book.groups.pop(group_id, None)]
    return [*map(SaveGroup, event.groups), *map(DropGroup, known)]


def _changed(book: Book, event: Change, version: int) -> list[StoredApp]:
    """What is stored of each app that is touched."""
    deleted = [replace(book.apps[app_id].stored, deleting=True) for app_id in event.deletes]
    restarted = [requests.restarted(book.apps[app_id].stored, version) for app_id in event.restarts]
    return [*deleted, *(_put(book, put, version) for put in event.puts), *restarted]


def _put(book: Book, put: Put, version: int) -> StoredApp:
    state = book.apps.get(put.app.app_id)
    return requests.put(state.stored if state else None, put.app, version)


def keep(book: Book, stored: StoredApp) -> list[Action]:
    """A demand that is open may have another shape now, so it is told again."""
    state = book.apps.get(stored.app_id)
    if state is None or service(state.app) != service(stored.app):
        book.untold.services = True
    if state is None:
        state = AppState(stored)
        book.add(state)
    elif stored.config_version != state.stored.config_version:
        state.backoff.reset()
    state.stored = stored
    book.mark(stored.app_id)
    book.untold.demands = book.untold.demands or stored.app_id in book.wanting
    for instance in state.instances.values():
        book.watch_lost(state, instance)
    return [SaveApp(stored)]
