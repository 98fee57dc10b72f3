"""Whether what the API asks may be done, and what is durable of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from barter.frameworks.service.actions import Answer
from barter.frameworks.service.app import App
from barter.frameworks.service.book import Book
from barter.frameworks.service.events import Change, Put
from barter.frameworks.service.paths import ancestors, key_of
from barter.frameworks.service.resident_rules import outgrown
from barter.frameworks.service.routes import claims
from barter.frameworks.service.state import MOST_VERSIONS, AppState, Before, StoredApp

_LOCKED = (
    "App is locked by one or more deployments. Override with the option '?force=true'. "
    "View details at '/v2/deployments/<DEPLOYMENT_ID>'."
)
_DELETING = (
    "App is locked by one or more deployments. It is being deleted: try again when that is done. "
    "View details at '/v2/deployments/<DEPLOYMENT_ID>'."
)


def missing(request: int, app_id: str) -> Answer:
    return Answer(request, status=404, message=f"App '{app_id}' does not exist")


def refusal(book: Book, event: Change) -> Answer | None:
    """Why the change may not be made; None where it may."""
    for app_id in (*event.deletes, *event.restarts):
        if _living(book, app_id) is None:
            return missing(event.request, app_id)
    for put in event.puts:
        if answer := _based(book, event.request, put):
            return answer
    ids = tuple(touched(event))
    return locked(book, event.request, ids, force=event.force) or _nested(book, event) or _clash(book, event)


def unusable_role(event: Change, roles: Sequence[str]) -> Answer | None:
    """The refusal of an app in a role that nothing is offered for."""
    for put in event.puts:
        if put.app.role and put.app.role not in roles:
            start = "start the framework with --role for each"
            message = f"{put.app.app_id}: role {put.app.role} is none of the framework's, {', '.join(roles)}: {start}"
            return Answer(event.request, status=422, message=message, path="/role")
    return None


def touched(event: Change) -> dict[str, None]:
    """The ids of the apps it is about, each once."""
    return dict.fromkeys((*event.deletes, *(put.app.app_id for put in event.puts), *event.restarts))


def locked(book: Book, request: int, app_ids: Iterable[str], *, force: bool) -> Answer | None:
    """The refusal while other deployments have the apps; a deletion cannot be forced aside."""
    states = [state for app_id in app_ids if (state := book.apps.get(app_id)) is not None]
    deleting = any(state.stored.deleting for state in states)
    in_the_way = [found for state in states if (found := book.deployment_of(state.stored.app_id))]
    if not deleting and (force or not in_the_way):
        return None
    message = _DELETING if deleting else _LOCKED
    ids = tuple(dict.fromkeys(deployment.deployment_id for deployment in in_the_way))
    return Answer(request, status=409, message=message, locked_by=ids)


def put(old: StoredApp | None, app: App, version: int) -> StoredApp:
    """What is stored of an app once its change is accepted."""
    if old is None:
        return StoredApp(app.app_id, ((version, app),), version, version)
    same_tasks, stable = old.app.same_tasks_as(app), _stable(old)
    back = not same_tasks and stable is not None and stable.same_tasks_as(app)
    return replace(
        old,
        versions=_kept(old, version, app),
        config_version=old.config_version if same_tasks else version,
        scaling_version=version if old.app.instances != app.instances else old.scaling_version,
        revived=old.stable if back else old.revived if same_tasks else (),
    )


def went_back(old: StoredApp, before: Before, version: int) -> StoredApp:
    """What is stored of an app that goes back: instances it still has from then are current again."""
    app = replace(old.definition(before.versions[-1][1]) or old.app, instances=before.instances)
    return replace(put(old, app, version), revived=before.versions, deleting=False)


def restarted(old: StoredApp, version: int) -> StoredApp:
    """The same again: no instance of now is current any more."""
    return replace(old, versions=_kept(old, version, old.app), config_version=version, revived=())


def unchanged(app: App, state: AppState | None) -> bool:
    stored = state.stored if state is not None else None
    return stored is not None and not stored.deleting and stored.standing is None and stored.app == app


def _kept(old: StoredApp, version: int, app: App) -> tuple[tuple[int, App], ...]:
    """The latest definitions; the stable one is always among them."""
    versions = (*old.versions, (version, app))[-MOST_VERSIONS:]
    stable = _stable(old)
    if stable is None or versions[0][0] <= old.stable[-1][1]:
        return versions
    return ((old.stable[-1][1], stable), *versions[1:])


def _stable(stored: StoredApp) -> App | None:
    return stored.definition(stored.stable[-1][1]) if stored.stable else None


def _living(book: Book, app_id: str) -> AppState | None:
    state = book.apps.get(app_id)
    return None if state is None or state.stored.deleting else state


def _based(book: Book, request: int, put: Put) -> Answer | None:
    """Whether the change knows what it changes."""
    app_id = put.app.app_id
    state = book.apps.get(app_id)
    if state is None:
        return missing(request, app_id) if put.base else None
    if not put.base and not state.stored.deleting:
        return Answer(request, status=409, message=f"An app with id [{app_id}] already exists.")
    if put.base and (put.app.pod is None) is state.stored.is_pod:
        kind = "a pod" if state.stored.is_pod else "an app"
        return Answer(request, status=409, message=f"{app_id} is {kind}: delete it first, or choose another id")
    if put.base and put.base != state.stored.version:
        return Answer(request, status=409, message=f"{app_id} was changed meanwhile", stale=True)
    if not state.stored.deleting and (found := outgrown(state.app, put.app)):
        return Answer(request, status=422, message=found[1], path=found[0])
    return None


def _nested(book: Book, event: Change) -> Answer | None:
    """Nothing lies in an app: who looks at its path would not know whether the app or a group is meant."""
    new = {put.app.app_id for put in event.puts if not put.base}
    gone = frozenset(event.deletes)
    for app_id in new:
        above = (each for each in ancestors(app_id) if each in new or (each in book.apps and each not in gone))
        both = next(above, app_id if book.is_group(app_id, gone, event.group_deletes) else "")
        if both:
            message = f"Groups and Applications may not have the same identifier: {both}"
            return Answer(event.request, status=422, message=message, path="/id")
    return None


def _clash(book: Book, event: Change) -> Answer | None:
    """Two apps may not share a name at the master, nor what the edge listens for."""
    free = {*event.deletes, *(put.app.app_id for put in event.puts)}
    names: dict[str, str] = {}
    taken: dict[str, str] = {}
    for put in event.puts:
        app_id, key, mine = put.app.app_id, key_of(put.app.app_id), claims(put.app)
        other = book.named(key) or names.setdefault(key, app_id)
        if other != app_id:
            message = f"{app_id} and the existing {other} are both named {key} in the cluster"
            return Answer(event.request, status=409, message=message)
        for claim in sorted(mine):
            holder = book.claimed_by(claim)
            other = taken.setdefault(claim, app_id) if not holder or holder in free else holder
            if other != app_id:
                return Answer(event.request, status=422, message=f"{claim} is served by {other}", path=mine[claim])
    return None
