"""Tasks."""

from collections.abc import Callable
from typing import Any

from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.output import Column, Row
from barter.tools.cli.views.resources import cpus, mem, resources
from barter.tools.cli.views.times import age


def task(view: pb.TaskView) -> dict[str, Any]:
    info, status = view.task, view.status
    return {
        "task_id": info.task_id,
        "name": info.name,
        "framework_id": view.framework_id,
        "agent_id": view.agent_id,
        "hostname": view.hostname,
        "state": status.state,
        "healthy": status.healthy if status.HasField("healthy") else None,
        "ready": status.ready if status.HasField("ready") else None,
        "address": status.address,
        "reason": status.reason,
        "message": status.message,
        "exit_code": status.exit_code if status.HasField("exit_code") else None,
        "resources": resources(info.resources),
        "revocable": resources(info.revocable),
        "reserved": {name: resources(part) for name, part in info.reserved.items()},
        "volumes": [
            {"volume_id": each.volume_id, "path": each.path, "read_only": each.read_only} for each in info.volumes
        ],
        "role": info.role,
        "ports": [
            {"name": port.name, "number": port.number, "protocol": port.protocol, "service_id": port.service_id}
            for port in info.ports
        ],
        "command": info.command.shell or " ".join(info.command.argv),
        "image": info.container.image,
        "labels": dict(info.labels),
        "demand_id": info.demand_id,
        "node_address": view.node_address,
        "launched_ms": view.launched_ms,
        "updated_ms": status.timestamp_ms,
    }


def state_name(state: str) -> str:
    return state.removeprefix("TASK_").lower().replace("_", " ")


def _found(name: str) -> Callable[[Row], str]:
    return lambda row: {None: "-", True: "yes", False: "no"}[row[name]]


COLUMNS = (
    Column("TASK", lambda row: row["task_id"]),
    Column("STATE", lambda row: state_name(row["state"])),
    Column("HEALTHY", _found("healthy")),
    Column("READY", _found("ready")),
    Column("AGENT", lambda row: row["hostname"]),
    Column("PORTS", lambda row: ",".join(str(port["number"]) for port in row["ports"]) or "-"),
    Column("CPUS", lambda row: cpus(row["resources"]), right=True),
    Column("MEM", lambda row: mem(row["resources"]), right=True),
    Column("AGE", lambda row: age(row["launched_ms"]), right=True),
    Column("NOTE", lambda row: row["message"] or row["reason"], prose=True),
)
