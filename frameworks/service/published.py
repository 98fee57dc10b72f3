"""What the event stream says, in Marathon's types: each builder is one of those that its event bus documents."""

from dataclasses import dataclass

from barter.core.task_state import TaskState
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.schema import Json
from barter.frameworks.service.timestamps import iso
from barter.sdk import TaskStatus

_CONDITIONS = {
    TaskState.STAGING: "Staging",
    TaskState.STARTING: "Starting",
    TaskState.RUNNING: "Running",
    TaskState.KILLING: "Killing",
    TaskState.FINISHED: "Finished",
    TaskState.FAILED: "Failed",
    TaskState.KILLED: "Killed",
    TaskState.ERROR: "Error",
    TaskState.LOST: "Gone",
    TaskState.DROPPED: "Dropped",
    TaskState.UNREACHABLE: "Unreachable",
    TaskState.GONE: "Gone",
    TaskState.GONE_BY_OPERATOR: "Gone",
    TaskState.UNKNOWN: "Unknown",
}


@dataclass(frozen=True, slots=True)
class Published:
    """`kind` is Marathon's eventType; `body` is the rest but for the timestamp, which who tells it adds."""

    kind: str
    body: Json


def condition(state: TaskState) -> str:
    """Marathon's name for the state of an instance."""
    return _CONDITIONS[state]


def status_update(instance: Instance, status: TaskStatus) -> Published:
    placed = instance.placed
    addresses = [{"ipAddress": instance.address, "protocol": _family(instance.address)}] if instance.address else []
    body = {
        "slaveId": placed.agent_id,
        "taskId": status.task_id,
        "taskStatus": status.state.value,
        "message": status.message,
        "appId": placed.app_id,
        "host": placed.host,
        "ipAddresses": addresses,
        "ports": list(placed.host_ports),
        "version": iso(placed.version),
    }
    return Published("status_update_event", body)


def instance_changed(instance: Instance) -> Published:
    placed = instance.placed
    body = {
        "instanceId": placed.task_id,
        "condition": condition(instance.state),
        "runSpecId": placed.app_id,
        "agentId": placed.agent_id,
        "host": placed.host,
        "runSpecVersion": iso(placed.version),
    }
    return Published("instance_changed_event", body)


def unknown_instance_terminated(task_id: str, state: TaskState, app_id: str) -> Published:
    body = {"instanceId": task_id, "runSpecId": app_id, "condition": condition(state)}
    return Published("unknown_instance_terminated_event", body)


def instance_health_changed(instance: Instance) -> Published:
    placed = instance.placed
    body = {
        "instanceId": placed.task_id,
        "runSpecId": placed.app_id,
        "healthy": instance.healthy,
        "runSpecVersion": iso(placed.version),
    }
    return Published("instance_health_changed_event", body)


def health_status_changed(instance: Instance) -> Published:
    placed = instance.placed
    body = {
        "appId": placed.app_id,
        "instanceId": placed.task_id,
        "version": iso(placed.version),
        "alive": instance.healthy is True,
    }
    return Published("health_status_changed_event", body)


def unhealthy_kill(instance: Instance, reason: str) -> tuple[Published, Published]:
    """The event of today and the one that older clients know."""
    placed = instance.placed
    body = {
        "appId": placed.app_id,
        "taskId": placed.task_id,
        "instanceId": placed.task_id,
        "version": iso(placed.version),
        "reason": reason,
        "host": placed.host,
        "slaveId": placed.agent_id,
    }
    return Published("unhealthy_instance_kill_event", body), Published("unhealthy_task_kill_event", body)


def failed_health_check(instance: Instance, check: Json) -> Published:
    placed = instance.placed
    body = {"appId": placed.app_id, "instanceId": placed.task_id, "taskId": placed.task_id, "healthCheck": check}
    return Published("failed_health_check_event", body)


def api_post(client: str, uri: str, definition: Json) -> Published:
    """An app was created or changed; `client` is who asked, `definition` what it is now."""
    return Published("api_post_event", {"clientIp": client, "uri": uri, "appDefinition": definition})


def scheduler_registered(framework_id: str) -> Published:
    return Published("scheduler_registered_event", {"frameworkId": framework_id})


def scheduler_reregistered() -> Published:
    return Published("scheduler_reregistered_event", {})


def scheduler_disconnected() -> Published:
    return Published("scheduler_disconnected_event", {})


def pod_changed(what: str, client_ip: str, uri: str) -> Published:
    """`what` is created, updated or deleted."""
    return Published(f"pod_{what}_event", {"clientIp": client_ip, "uri": uri})


def app_terminated(app_id: str) -> Published:
    return Published("app_terminated_event", {"appId": app_id})


def _family(address: str) -> str:
    return "IPv6" if ":" in address else "IPv4"
