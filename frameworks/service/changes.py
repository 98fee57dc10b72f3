"""What the API asks for, carried out: the change is saved, answered, and planned at the next Tick."""

from dataclasses import replace

from barter.frameworks.service import requests, resident
from barter.frameworks.service.actions import Action, Answer
from barter.frameworks.service.app import App
from barter.frameworks.service.book import Book
from barter.frameworks.service.deployment import telling
from barter.frameworks.service.deployment.failing import give_up
from barter.frameworks.service.deployment.order import Cycle
from barter.frameworks.service.deployment.start import GroupsAfter, depths, start
from barter.frameworks.service.events import Change, KillInstances, Put, ResetDelay
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.state import AppState, Deployment, StoredApp

OPERATORS_WISH = "asked for by an operator"


def change(book: Book, event: Change, now: int) -> list[Action]:
    """Make the change and start the deployment that brings it about."""
    refusal = requests.refusal(book, event)
    if refusal is not None:
        return _refused(book, event, refusal)
    same = {put.app.app_id: put.base for put in event.puts if _says_nothing_new(book, put)}
    event = replace(event, puts=tuple(put for put in event.puts if put.app.app_id not in same))
    groups: GroupsAfter = {group.group_id: group for group in event.groups} | dict.fromkeys(event.group_deletes)
    app_ids = requests.touched(event)
    if not app_ids and not groups:
        return [Answer(event.request, max(same.values(), default=book.version), event.deployment_id)]
    try:
        deep = depths(book, _apps_after(book, event), groups)
    except Cycle as cycle:
        refusal = Answer(event.request, status=422, message=str(cycle), path="/dependencies")
        return _refused(book, event, refusal)
    version = book.next_version(now)
    actions = _give_up_others(book, event, now)
    deployment = Deployment(event.deployment_id, version, ())
    actions += start(book, deployment, _changed(book, event, version), groups, deep, event.restarts)
    book.publish(telling.group_changed(_common_group(event), version))
    return [*actions, Answer(event.request, version, event.deployment_id)]


def kill_instances(book: Book, event: KillInstances, now: int) -> list[Action]:
    """End those it names, at once; with `scale` the counts go down by a deployment."""
    named = {one.task_id: one for task_id in event.task_ids if (one := book.roster.get(task_id))}
    chosen = [one for one in named.values() if not one.kill_reason]
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
    doomed = _doom(book, chosen, now)
    wiped = resident.wipe(book, event.task_ids) if event.wipe else []
    changed = change(book, Change(event.request, event.deployment_id, puts, force=event.force), now)
    return [*doomed, *wiped, *changed]


def reset_delay(book: Book, event: ResetDelay) -> list[Action]:
    state = book.apps.get(event.app_id)
    if state is None or state.stored.deleting:
        return [requests.missing(event.request, event.app_id)]
    state.backoff.reset()
    book.mark(event.app_id)
    return [Answer(event.request, state.stored.version)]


def _says_nothing_new(book: Book, put: Put) -> bool:
    return put.base > 0 and requests.unchanged(put.app, book.apps.get(put.app.app_id))


def _scaled(state: AppState, fewer: int) -> Put:
    return Put(replace(state.app, instances=max(state.app.instances - fewer, 0)), state.stored.version)


def _doom(book: Book, chosen: list[Instance], now: int) -> list[Action]:
    for instance in chosen:
        book.mark(instance.placed.app_id)
    return book.roster.doom([(one, OPERATORS_WISH) for one in chosen], now)


def _apps_after(book: Book, event: Change) -> dict[str, App | None]:
    """The touched apps as they are to be."""
    return {
        **dict.fromkeys(event.deletes),
        **{app_id: book.apps[app_id].app for app_id in event.restarts},
        **{put.app.app_id: put.app for put in event.puts},
    }


def _give_up_others(book: Book, event: Change, now: int) -> list[Action]:
    found = [book.deployment_of(app_id) for app_id in requests.touched(event)]
    in_the_way = {other.deployment_id: other for other in found if other is not None}
    reason = f"given up for deployment {event.deployment_id}, which was forced"
    return [action for other in in_the_way.values() for action in give_up(book, other, reason, now)]


def _changed(book: Book, event: Change, version: int) -> list[StoredApp]:
    """What is stored of each app that is touched, once its step has come."""
    deleted = [replace(book.apps[app_id].stored, deleting=True) for app_id in event.deletes]
    restarted = [requests.restarted(book.apps[app_id].stored, version) for app_id in event.restarts]
    return [*deleted, *(_put(book, put, version) for put in event.puts), *restarted]


def _put(book: Book, put: Put, version: int) -> StoredApp:
    state = book.apps.get(put.app.app_id)
    return requests.put(state.stored if state else None, put.app, version)


def _refused(book: Book, event: Change, refusal: Answer) -> list[Action]:
    """One that was made of what is not so any more is asked for again, and has not failed."""
    if not refusal.stale:
        book.publish(telling.group_not_changed(_common_group(event), book.version, refusal.message))
    return [refusal]


def _common_group(event: Change) -> str:
    """The deepest group that holds all that it is about."""
    group_ids = (*(group.group_id for group in event.groups), *event.group_deletes)
    parents = [*(path.rsplit("/", 1)[0] for path in requests.touched(event)), *(path.rstrip("/") for path in group_ids)]
    parts = [path.split("/") for path in parents]
    shared = 0
    while all(len(path) > shared for path in parts) and len({path[shared] for path in parts}) == 1:
        shared += 1
    return "/".join(parts[0][:shared]) or "/"
