"""Whether what the API asks may be done, and what is durable of it."""

from collections.abc import Iterable
from dataclasses import replace

from barter.frameworks.service.actions import Answer
from barter.frameworks.service.app import App
from barter.frameworks.service.events import PutApp, Request
from barter.frameworks.service.paths import key_of
from barter.frameworks.service.routes import claims
from barter.frameworks.service.state import MOST_VERSIONS, AppState, Deployment, StoredApp

START, SCALE, RESTART, STOP = "StartApplication", "ScaleApplication", "RestartApplication", "StopApplication"


def missing(request: int, app_id: str) -> Answer:
    return Answer(request, status=404, message=f"App '{app_id}' does not exist")


def locked(event: Request, state: AppState) -> Answer | None:
    """The refusal while another deployment of the app is under way; a deletion cannot be forced aside."""
    deployment = state.stored.deployment
    if deployment is None or (event.force and not state.stored.deleting):
        return None
    way_out = "It is being deleted: try again when that is done" if state.stored.deleting else "Use '?force=true'"
    message = f"App is locked by one or more deployments. {way_out}. See '/v2/deployments'."
    return Answer(event.request, status=409, message=message, deployment_id=deployment.deployment_id)


def refuse_put(event: PutApp, states: dict[str, AppState]) -> Answer | None:
    """Why the app may not be created or changed so; None where it may."""
    app_id, state = event.app.app_id, states.get(event.app.app_id)
    if state is None and event.base:
        return missing(event.request, app_id)
    if state is None:
        return _clash(event, states.values())
    if not event.base and not state.stored.deleting:
        return Answer(event.request, status=409, message=f"An app with id [{app_id}] already exists.")
    if event.base != state.stored.version and event.base:
        return Answer(event.request, status=409, message=f"{app_id} was changed meanwhile", stale=True)
    return locked(event, state) or _clash(event, states.values())


def put(event: PutApp, old: StoredApp | None, now: int) -> StoredApp:
    """What is stored once the change is accepted."""
    app, version = event.app, next_version(old, now)
    if old is None:
        deployment = Deployment(event.deployment_id, START, version)
        return StoredApp(app.app_id, ((version, app),), version, version, deployment)
    same_tasks = old.app.same_tasks_as(app)
    return replace(
        old,
        versions=(*old.versions, (version, app))[-MOST_VERSIONS:],
        config_version=old.config_version if same_tasks else version,
        scaling_version=version if old.app.instances != app.instances else old.scaling_version,
        deployment=Deployment(event.deployment_id, SCALE if same_tasks else RESTART, version),
    )


def next_version(old: StoredApp | None, now: int) -> int:
    """Versions are times, and grow even where the clock does not."""
    return max(now, old.version + 1) if old else now


def _clash(event: PutApp, states: Iterable[AppState]) -> Answer | None:
    """Two apps may not share a name at the master, nor what the edge listens for."""
    app, mine = event.app, claims(event.app)
    for other in states:
        app_id = other.stored.app_id
        if app_id == app.app_id:
            continue
        if key_of(app_id) == key_of(app.app_id):
            message = f"{app.app_id} and the existing {app_id} are both named {key_of(app_id)} in the cluster"
            return Answer(event.request, status=409, message=message)
        taken = claims(other.app).keys() & mine.keys() if mine else ()
        for claim in sorted(taken):
            return Answer(event.request, status=422, message=f"{claim} is served by {app_id}", path=mine[claim])
    return None


def unchanged(app: App, state: AppState | None) -> bool:
    return state is not None and not state.stored.deleting and state.app == app
