"""What the API shows of tasks: Marathon's JSON, and the lines of text that scripts for load balancers read."""

from collections.abc import Iterable, Iterator

from barter.core.task_state import TaskState
from barter.core.tasks import CheckKind, CheckResult
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.places import Place
from barter.frameworks.service.resident_launch import volume_ids
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import AppState
from barter.frameworks.service.timestamps import iso

CONDITIONS = {"running": frozenset({TaskState.RUNNING}), "staging": frozenset({TaskState.STAGING, TaskState.STARTING})}
"""What tasks can be filtered by."""


def task_view(state: AppState, instance: Instance, role: str, *, reasons: bool = False) -> Json:
    """`role` is the one of apps that name none; `reasons` adds what is our own: why it is to end, its agent's name."""
    placed = instance.placed
    view: Json = {
        "id": placed.task_id,
        "appId": placed.app_id,
        "host": placed.host,
        "ports": list(placed.host_ports),
        "servicePorts": service_ports(state, instance),
        "slaveId": placed.agent_id,
        "state": instance.state.value,
        "stagedAt": iso(placed.launched_ms),
        "version": iso(placed.version),
        "role": state.app.role or role,
    }
    if placed.region:
        view["region"] = placed.region
    if placed.zone:
        view["zone"] = placed.zone
    if placed.place:
        view["localVolumes"] = local_volumes(state, placed.place)
    if instance.started_ms:
        view["startedAt"] = iso(instance.started_ms)
    if instance.address:
        family = "IPv6" if ":" in instance.address else "IPv4"
        view["ipAddresses"] = [{"ipAddress": instance.address, "protocol": family}]
    if instance.healthy is not None:
        view["healthCheckResults"] = [_health(instance)]
    if instance.check is not None:
        view["checkResult"] = _check_result(instance.check)
    if reasons:
        view["hostname"] = placed.hostname
        view["killReason"] = instance.kill_reason
    return view


def _check_result(result: CheckResult) -> Json:
    """As in Marathon; empty within where there was no answer."""
    match result.kind:
        case CheckKind.COMMAND:
            name, found = "command", {"exitCode": result.found}
        case CheckKind.TCP:
            return {"tcp": {"succeeded": bool(result.found)}}
        case _:
            name, found = "http", {"statusCode": result.found}
    return {name: found if result.found is not None else {}}


def service_ports(state: AppState, instance: Instance) -> list[int]:
    """Of the definition it was launched with, so that they belong to its ports; the current one where that is gone."""
    app = state.stored.definition(instance.placed.version) or state.app
    return [port.service_port for port in app.ports]


def tasks_text(states: Iterable[AppState]) -> str:
    """A line for each service port: the app, the port, and where running instances serve it, apart by tabs."""
    return "".join(f"{line}\n" for state in states for line in _lines(state))


def _lines(state: AppState) -> Iterator[str]:
    name = state.stored.app_id.strip("/").replace("/", "_")
    running = [one.placed for one in state.instances.values() if one.running]
    for index, port in enumerate(state.app.ports):
        places = [f"{each.host}:{each.host_ports[index]}" for each in running if index < len(each.host_ports)]
        yield "\t".join((name, str(port.service_port), *places))
    if not state.app.ports:
        yield "\t".join((name, " ", *(each.host for each in running)))


def _health(instance: Instance) -> Json:
    """Times are those at which it was told; how many failures came in a row is the agent's to know."""
    view: Json = {"alive": instance.healthy, "consecutiveFailures": 0, "instanceId": instance.placed.task_id}
    history = instance.health
    if history is None:
        return view
    view["consecutiveFailures"] = history.failures
    times = {
        "firstSuccess": history.first_success_ms,
        "lastSuccess": history.last_success_ms,
        "lastFailure": history.last_failure_ms,
    }
    view |= {name: iso(at) for name, at in times.items() if at}
    if history.last_failure:
        view["lastFailureCause"] = history.last_failure
    return view


def detached_view(state: AppState, place: Place) -> Json:
    """What a smaller app, or one that waits for its agent, keeps: Marathon's suspended task."""
    return {
        "id": place.task_id,
        "appId": place.app_id,
        "host": place.host,
        "slaveId": place.agent_id,
        "role": place.role,
        "localVolumes": local_volumes(state, place.place_id),
    }


def local_volumes(state: AppState, place_id: str) -> list[Json]:
    ids = volume_ids(state.app, place_id)
    return [
        {
            "runSpecId": state.stored.app_id,
            "containerPath": volume.container_path,
            "uuid": volume_id,
            "persistenceId": volume_id,
        }
        for volume_id, volume in zip(ids, state.app.volumes_persistent, strict=True)
    ]
