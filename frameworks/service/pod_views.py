"""What the API shows of pods, in Marathon's shapes: definitions, and how their instances and containers fare."""

from barter.core.task_state import TaskState
from barter.core.tasks import CheckKind, Network
from barter.frameworks.service.app import App
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.members import MemberState, Termination
from barter.frameworks.service.pod import PodContainer, Share
from barter.frameworks.service.pod_render import definition_json, resources_json
from barter.frameworks.service.published import condition
from barter.frameworks.service.render import unreachable_json
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import AppState, StoredApp
from barter.frameworks.service.timestamps import iso

PENDING = (TaskState.STAGING, TaskState.STARTING)


def pod_view(stored: StoredApp, role: str, version: int = 0) -> Json:
    """The definition, the current one or that of `version`, which is one that is kept."""
    app = (stored.definition(version) if version else None) or stored.app
    return {**definition_json(app), "version": iso(version or stored.version), "role": app.role or role}


def status_view(state: AppState, role: str, now: int) -> Json:
    """Marathon's PodStatus: STABLE when as many instances are as are wanted."""
    stored = state.stored
    instances = [instance_view(state, one, role, now) for one in state.instances.values()]
    stable = sum(one["status"] == "STABLE" for one in instances)
    since = iso(max([stored.version, *(one.since_ms for one in state.instances.values())]))
    return {
        "id": stored.app_id,
        "spec": pod_view(stored, role),
        "status": "TERMINAL" if stored.deleting else "STABLE" if stable >= state.app.instances else "DEGRADED",
        "statusSince": since,
        **({"message": state.waiting} if state.waiting else {}),
        "instances": instances,
        "terminationHistory": [_termination(one) for one in state.terminations],
        "lastUpdated": iso(now),
        "lastChanged": since,
    }


def instance_view(state: AppState, instance: Instance, role: str, now: int) -> Json:
    """Marathon's PodInstanceStatus."""
    placed, app = instance.placed, _definition(state, instance)
    status, message = _status(instance)
    since = iso(instance.since_ms)
    return {
        "id": placed.task_id,
        "status": status,
        "statusSince": since,
        **({"message": message} if message else {}),
        "agentHostname": placed.hostname,
        "agentId": placed.agent_id,
        **({"agentRegion": placed.region} if placed.region else {}),
        **({"agentZone": placed.zone} if placed.zone else {}),
        "resources": _resources(Share(app.cpus, app.mem, app.disk)),
        "networks": [_network(app, instance)] if app.network is not Network.HOST else [],
        "containers": [_container(app, one, now) for one in instance.members.values()],
        "specReference": f"/v2/pods{placed.app_id}::versions/{iso(placed.version)}",
        "lastUpdated": iso(now),
        "lastChanged": since,
        "role": app.role or role,
    }


def killed_view(state: AppState, instance: Instance) -> Json:
    """Marathon's Instance, as it is shown of those that are to end."""
    placed = instance.placed
    found: Json = {
        "condition": condition(instance.state),
        "since": iso(instance.since_ms),
        "goal": "Stopped" if instance.kill_reason else "Running",
    }
    if instance.started_ms:
        found["activeSince"] = iso(instance.started_ms)
    if instance.healthy is not None:
        found["healthy"] = instance.healthy
    return {
        "instanceId": placed.task_id,
        "state": found,
        "agentInfo": {"host": placed.host, "agentId": placed.agent_id, "attributes": []},
        "runSpecVersion": iso(placed.version),
        "unreachableStrategy": unreachable_json(state.app.unreachable),
    }


def _definition(state: AppState, instance: Instance) -> App:
    """As it was launched, where that is still kept."""
    return state.stored.definition(instance.placed.version) or state.app


def _status(instance: Instance) -> tuple[str, str]:
    if instance.lost_ms is not None:
        return "DEGRADED", "pod instance has become unreachable"
    if instance.kill_reason or instance.state is TaskState.KILLING:
        return "TERMINAL", instance.kill_reason
    if instance.state in PENDING:
        return "STAGING", ""
    if instance.ready:
        return "STABLE", ""
    return "DEGRADED", "at least one container is not healthy"


def _resources(share: Share) -> Json:
    return {**resources_json(share), "gpus": 0}


def _network(app: App, instance: Instance) -> Json:
    name = {"name": app.network_name} if app.network_name else {}
    return {**name, "addresses": [instance.address] if instance.address else []}


def _container(app: App, member: MemberState, now: int) -> Json:
    container = app.pod.container(member.member.name) if app.pod else None
    since = iso(member.since_ms)
    view: Json = {
        "name": member.member.name,
        "status": member.state.value,
        "statusSince": since,
        "containerId": member.member.task_id,
        "conditions": _conditions(member, now),
        "endpoints": _endpoints(app, container, member) if container and not member.ended else [],
        "lastUpdated": iso(now),
        "lastChanged": since,
    }
    if member.message:
        view["message"] = member.message
    if container is not None and not member.ended:
        view["resources"] = _resources(container.share)
    if member.ended:
        view["termination"] = _end(member.exit_code, member.message)
    return view


def _conditions(member: MemberState, now: int) -> list[Json]:
    """Health, of a container that runs and is checked."""
    if not member.member.checked or member.state in PENDING:
        return []
    reason = "health-unreported-by-mesos" if member.healthy is None else "health-reported-by-mesos"
    value = "true" if member.healthy else "false"
    since = iso(member.since_ms)
    return [{"name": "healthy", "value": value, "reason": reason, "lastChanged": since, "lastUpdated": iso(now)}]


def _endpoints(app: App, container: PodContainer, member: MemberState) -> list[Json]:
    found: list[Json] = []
    checked = container.check.endpoint if container.check and container.check.kind is not CheckKind.COMMAND else ""
    for endpoint, number in zip(container.endpoints, member.member.host_ports, strict=False):
        view: Json = {"name": endpoint.name}
        if app.network is not Network.OWN:
            view["allocatedHostPort"] = number
        if endpoint.name == checked and member.healthy is not None:
            view["healthy"] = member.healthy
        found.append(view)
    return found


def _end(exit_code: int | None, message: str) -> Json:
    code = {} if exit_code is None else {"exitCode": exit_code}
    return {**code, **({"message": message} if message else {})}


def _termination(one: Termination) -> Json:
    return {
        "instanceID": one.instance_id,
        "startedAt": iso(one.started_ms),
        "terminatedAt": iso(one.ended_ms),
        "message": one.message,
        "containers": [
            {
                "containerId": each.member.task_id,
                "lastKnownState": each.state.value,
                "termination": _end(each.exit_code, each.message),
            }
            for each in one.containers
        ],
    }
