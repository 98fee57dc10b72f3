"""What the API shows of deployments, in Marathon's shape."""

from collections.abc import Iterable, Mapping

from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import AppState, Deployment, PlannedAction
from barter.frameworks.service.timestamps import iso
from barter.frameworks.service.views import readiness_results


def deployment_view(deployment: Deployment, states: Mapping[str, AppState], *, reasons: bool = False) -> Json:
    """`reasons` adds what is our own: whether it is paused, and for each action under way how far it is."""
    pods = {app_id for app_id in deployment.app_ids if app_id in states and states[app_id].stored.is_pod}
    current = deployment.steps[deployment.current] if deployment.current < len(deployment.steps) else ()
    view: Json = {
        "id": deployment.deployment_id,
        "version": iso(deployment.version),
        "affectedApps": [app_id for app_id in deployment.app_ids if app_id not in pods],
        "affectedPods": [app_id for app_id in deployment.app_ids if app_id in pods],
        "steps": steps_view(deployment.steps, pods),
        "currentActions": [_current(action, states, pods, reasons=reasons) for action in current],
        "currentStep": min(deployment.current + 1, len(deployment.steps)),
        "totalSteps": len(deployment.steps),
    }
    if reasons:
        view["paused"] = deployment.paused
    return view


def steps_view(steps: Iterable[Iterable[PlannedAction]], pods: set[str]) -> list[Json]:
    return [{"actions": [_action(action, pods) for action in step]} for step in steps]


def _action(action: PlannedAction, pods: set[str]) -> Json:
    if action.app_id in pods:
        return {"action": action.kind.value.replace("Application", "Pod"), "pod": action.app_id}
    return {"action": action.kind.value, "app": action.app_id}


def _current(action: PlannedAction, states: Mapping[str, AppState], pods: set[str], *, reasons: bool) -> Json:
    state = states.get(action.app_id)
    view = {**_action(action, pods), "readinessCheckResults": readiness_results(state) if state else []}
    if reasons and state:
        view["readyInstances"] = state.ready
        view["targetInstances"] = 0 if state.stored.deleting else state.app.instances
        view["totalInstances"] = len(state.instances)
        view["waiting"] = state.waiting
    return view
