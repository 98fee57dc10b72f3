"""What the API shows of deployments, in Marathon's shape."""

from collections.abc import Mapping

from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import AppState, Deployment, PlannedAction
from barter.frameworks.service.step_views import action_view, steps_view
from barter.frameworks.service.timestamps import iso
from barter.frameworks.service.views import readiness_results


def deployment_view(deployment: Deployment, states: Mapping[str, AppState], *, reasons: bool = False) -> Json:
    """`reasons` adds what is our own: whether it is paused, and for each action under way how far it is."""
    pods = {action.app_id for step in deployment.steps for action in step if action.of_pod}
    view: Json = {
        "id": deployment.deployment_id,
        "version": iso(deployment.version),
        "affectedApps": [app_id for app_id in deployment.app_ids if app_id not in pods],
        "affectedPods": [app_id for app_id in deployment.app_ids if app_id in pods],
        "steps": steps_view(deployment.steps),
        "currentActions": [_current(action, states, reasons=reasons) for action in deployment.current_step],
        "currentStep": min(deployment.current + 1, len(deployment.steps)),
        "totalSteps": len(deployment.steps),
    }
    if reasons:
        view["paused"] = deployment.paused
    return view


def _current(action: PlannedAction, states: Mapping[str, AppState], *, reasons: bool) -> Json:
    state = states.get(action.app_id)
    view = {**action_view(action), "readinessCheckResults": readiness_results(state) if state else []}
    if reasons and state:
        view["readyInstances"] = state.ready
        view["targetInstances"] = 0 if state.stored.deleting else state.app.instances
        view["totalInstances"] = len(state.instances)
        view["waiting"] = state.waiting
    return view
