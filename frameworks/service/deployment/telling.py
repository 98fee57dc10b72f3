"""What the event stream says of deployments and groups, in Marathon's words."""

from barter.frameworks.service.published import Published
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import Deployment
from barter.frameworks.service.step_views import step_view, steps_view
from barter.frameworks.service.timestamps import iso


def info(deployment: Deployment) -> Published:
    return Published("deployment_info", _with_step(deployment))


def step_success(deployment: Deployment) -> Published:
    return Published("deployment_step_success", _with_step(deployment))


def step_failure(deployment: Deployment, reason: str) -> Published:
    return Published("deployment_step_failure", {**_with_step(deployment), "reason": reason})


def success(deployment: Deployment) -> Published:
    return Published("deployment_success", {"id": deployment.deployment_id, "plan": plan(deployment)})


def failed(deployment: Deployment, reason: str) -> Published:
    """`reason` is Barter's own."""
    body = {"id": deployment.deployment_id, "plan": plan(deployment), "reason": reason}
    return Published("deployment_failed", body)


def group_changed(group_id: str, version: int) -> Published:
    return Published("group_change_success", {"groupId": group_id, "version": iso(version)})


def group_not_changed(group_id: str, version: int, reason: str) -> Published:
    return Published("group_change_failed", {"groupId": group_id, "version": iso(version), "reason": reason})


def plan(deployment: Deployment) -> Json:
    """A deployment as Marathon's DeploymentPlan; of the groups before and after not what is in them."""
    version = iso(deployment.version)
    return {
        "id": deployment.deployment_id,
        "original": {"id": "/"},
        "target": {"id": "/", "version": version},
        "steps": steps_view(deployment.steps),
        "version": version,
    }


def _with_step(deployment: Deployment) -> Json:
    return {"plan": plan(deployment), "currentStep": step_view(deployment.current_step)}
