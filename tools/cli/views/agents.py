"""Agents."""

from typing import Any

from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1 import types_pb2
from barter.tools.cli.output import Column, Row
from barter.tools.cli.views.resources import cpus, mem, port_count, resources
from barter.tools.cli.views.times import age


def agent(view: pb.AgentView) -> dict[str, Any]:
    info = view.agent
    return {
        "agent_id": info.agent_id,
        "hostname": info.hostname,
        "host": info.host,
        "state": view.state,
        "public": info.public,
        "attributes": dict(info.attributes),
        "runtimes": list(info.runtimes),
        "tasks": view.tasks,
        "max_containers": info.max_containers,
        "resources": resources(info.resources),
        "used": resources(view.used),
        "offered": resources(view.offered),
        "free": resources(view.free),
        "revocable": resources(view.revocable),
        "lent": resources(view.lent),
        "node_address": info.node_address,
        "registered_ms": view.registered_ms,
        "heartbeat_ms": view.heartbeat_ms,
        "timeout_ms": view.timeout_ms,
        "notes": list(info.notes),
        "reservations": [reservation(each) for each in view.reservations],
        "volumes": [volume(each) for each in view.volumes],
    }


def reservation(wire: types_pb2.Reservation) -> dict[str, Any]:
    return {
        "reservation_id": wire.reservation_id,
        "role": wire.role,
        "resources": resources(wire.resources),
        "static": wire.static,
        "principal": wire.principal,
        "labels": dict(wire.labels),
    }


def volume(wire: types_pb2.PersistentVolume) -> dict[str, Any]:
    return {
        "volume_id": wire.volume_id,
        "reservation_id": wire.reservation_id,
        "size": wire.size,
        "principal": wire.principal,
    }


def _of_total(kind: str) -> Any:
    text = {"cpus": cpus, "mem": mem}[kind]
    return lambda row: f"{text(row['used'])}/{text(row['resources'])}"


def _attributes(row: Row) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(row["attributes"].items())) or "-"


COLUMNS = (
    Column("HOSTNAME", lambda row: row["hostname"]),
    Column("STATE", lambda row: row["state"]),
    Column("KIND", lambda row: "public" if row["public"] else "private"),
    Column("ATTRIBUTES", _attributes),
    Column("RUNTIMES", lambda row: ",".join(row["runtimes"])),
    Column("TASKS", lambda row: str(row["tasks"]), right=True),
    Column("CPUS", _of_total("cpus"), right=True),
    Column("MEM", _of_total("mem"), right=True),
    Column("PORTS FREE", lambda row: str(port_count(row["free"])), right=True),
    Column("UP", lambda row: age(row["registered_ms"]), right=True),
    Column("AGENT", lambda row: row["agent_id"]),
)
