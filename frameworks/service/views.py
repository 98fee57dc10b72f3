"""What the API shows of apps, in Marathon's shape and with what of it was asked for."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from barter.core.task_state import TaskState
from barter.frameworks.service.embeds import Embed
from barter.frameworks.service.render import app_json
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import AppState, Deployment, Failure, StoredApp
from barter.frameworks.service.task_stats import task_stats
from barter.frameworks.service.task_views import task_view
from barter.frameworks.service.timestamps import iso

_STAGED = (TaskState.STAGING, TaskState.STARTING)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is shown with apps: the deployment that has one by id, the role of apps that name none, the time in ms."""

    deployment_of: Callable[[str], Deployment | None]
    role: str
    now: int


def definition_view(stored: StoredApp, version: int, role: str) -> Json | None:
    """One version of the app, or None where it is not kept."""
    app = stored.definition(version)
    return {"role": role, **app_json(app), "version": iso(version)} if app else None


def current_view(stored: StoredApp, role: str) -> Json:
    """The definition in force, with its versions."""
    info = {"lastScalingAt": iso(stored.scaling_version), "lastConfigChangeAt": iso(stored.config_version)}
    return {"role": role, **app_json(stored.app), "version": iso(stored.version), "versionInfo": info}


def app_view(scene: Scene, state: AppState, embeds: Collection[Embed]) -> Json:
    stored, instances = state.stored, state.instances.values()
    view = current_view(stored, scene.role)
    if Embed.COUNTS in embeds:
        view["tasksStaged"] = sum(one.state in _STAGED for one in instances)
        view["tasksRunning"] = sum(one.running for one in instances)
        view["tasksHealthy"] = sum(one.running and one.healthy is True for one in instances)
        view["tasksUnhealthy"] = sum(one.running and one.healthy is False for one in instances)
    if Embed.DEPLOYMENTS in embeds:
        deployment = scene.deployment_of(stored.app_id)
        view["deployments"] = [{"id": deployment.deployment_id}] if deployment else []
    if Embed.READINESS in embeds:
        view["readinessCheckResults"] = readiness_results(state)
    if Embed.LAST_TASK_FAILURE in embeds and state.last_failure:
        view["lastTaskFailure"] = _failure(stored.app_id, state.last_failure)
    if Embed.TASKS in embeds:
        view["tasks"] = [task_view(state, one, scene.role, reasons=Embed.REASONS in embeds) for one in instances]
    if Embed.TASK_STATS in embeds:
        view["taskStats"] = task_stats(state, scene.now)
    if Embed.REASONS in embeds:
        view["waiting"] = state.waiting
    return view


def readiness_results(state: AppState) -> list[Json]:
    """Of the running instances whose readiness is checked."""
    name = state.app.readiness.name if state.app.readiness else ""
    return [
        {"name": name, "taskId": one.task_id, "ready": one.checked_ready}
        for one in state.instances.values()
        if one.running and one.placed.readiness_checked
    ]


def _failure(app_id: str, failure: Failure) -> Json:
    return {
        "appId": app_id,
        "host": failure.host,
        "message": failure.message,
        "state": failure.state,
        "taskId": failure.task_id,
        "timestamp": iso(failure.timestamp_ms),
        "version": iso(failure.version),
        "slaveId": failure.agent_id,
    }
