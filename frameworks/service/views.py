"""What the API shows, in Marathon's shapes: apps, tasks, deployments, the launch queue."""

from collections.abc import Mapping

from barter.core.task_state import TaskState
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.render import app_json
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import AppState, Deployment, Failure, PlannedAction, StoredApp
from barter.frameworks.service.timestamps import iso

_STAGED = (TaskState.STAGING, TaskState.STARTING)


def definition_view(stored: StoredApp, version: int) -> Json | None:
    """One version of the app, or None where it is not kept."""
    app = stored.definition(version)
    return {**app_json(app), "version": iso(version)} if app else None


def app_view(state: AppState, deployment: Deployment | None = None, *, tasks: bool = False) -> Json:
    """The definition with counts, deployments, what it waits for, and, where asked, its tasks."""
    stored, instances = state.stored, state.instances.values()
    view: Json = {
        **app_json(stored.app),
        "version": iso(stored.version),
        "versionInfo": {
            "lastScalingAt": iso(stored.scaling_version),
            "lastConfigChangeAt": iso(stored.config_version),
        },
        "tasksStaged": sum(one.state in _STAGED for one in instances),
        "tasksRunning": sum(one.running for one in instances),
        "tasksHealthy": sum(one.running and one.healthy is True for one in instances),
        "tasksUnhealthy": sum(one.running and one.healthy is False for one in instances),
        "deployments": [{"id": deployment.deployment_id}] if deployment else [],
        "waiting": state.waiting,
    }
    if readiness := _readiness(state):
        view["readinessCheckResults"] = readiness
    if state.last_failure:
        view["lastTaskFailure"] = _failure(stored.app_id, state.last_failure)
    if tasks:
        view["tasks"] = [task_view(state, one) for one in instances]
    return view


def task_view(state: AppState, instance: Instance) -> Json:
    placed = instance.placed
    view: Json = {
        "id": placed.task_id,
        "appId": placed.app_id,
        "host": placed.host,
        "hostname": placed.hostname,
        "ports": list(placed.host_ports),
        "servicePorts": [port.service_port for port in state.app.ports],
        "slaveId": placed.agent_id,
        "state": instance.state.value,
        "stagedAt": iso(placed.launched_ms),
        "version": iso(placed.version),
        "role": "*",
    }
    if instance.started_ms:
        view["startedAt"] = iso(instance.started_ms)
    if instance.address:
        view["ipAddresses"] = [
            {"ipAddress": instance.address, "protocol": "IPv6" if ":" in instance.address else "IPv4"}
        ]
    if instance.healthy is not None:
        view["healthCheckResults"] = [{"alive": instance.healthy, "instanceId": placed.task_id}]
    if instance.kill_reason:
        view["killReason"] = instance.kill_reason
    return view


def deployment_view(deployment: Deployment, apps: Mapping[str, AppState]) -> Json:
    """A deployment with how far it is."""
    steps = [
        {"actions": [{"action": action.kind.value, "app": action.app_id} for action in step]}
        for step in deployment.steps
    ]
    current = deployment.steps[deployment.current]
    return {
        "id": deployment.deployment_id,
        "version": iso(deployment.version),
        "affectedApps": list(deployment.app_ids),
        "steps": steps,
        "currentActions": [_current_action(action, apps.get(action.app_id)) for action in current],
        "currentStep": deployment.current + 1,
        "totalSteps": len(deployment.steps),
        "paused": deployment.paused,
    }


def _current_action(action: PlannedAction, state: AppState | None) -> Json:
    view: Json = {"action": action.kind.value, "app": action.app_id}
    if state is None:
        return view
    return {
        **view,
        "readyInstances": state.ready,
        "targetInstances": 0 if state.stored.deleting else state.app.instances,
        "totalInstances": len(state.instances),
        "waiting": state.waiting,
    }


def queue_view(state: AppState, now: int) -> Json | None:
    """The launches that are open and what they wait for, or None where none is."""
    if not state.since:
        return None
    left_ms = max(state.backoff.until - now, 0)
    held_back = left_ms > 0
    return {
        "app": {**app_json(state.app), "version": iso(state.stored.version)},
        "count": state.wanted or max(state.app.instances - len(state.instances), 1),
        "role": "*",
        "delay": {"timeLeftSeconds": -(-left_ms // 1000), "overdue": not held_back},
        "since": iso(state.since),
        "reason": state.waiting,
    }


def _readiness(state: AppState) -> list[Json]:
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
