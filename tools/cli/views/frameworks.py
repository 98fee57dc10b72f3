"""Frameworks and what they demand."""

from typing import Any

from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1 import types_pb2
from barter.tools.cli.output import Column, Row
from barter.tools.cli.views.resources import cpus, mem, resources
from barter.tools.cli.views.times import age


def framework(view: pb.FrameworkView) -> dict[str, Any]:
    info = view.framework
    return {
        "framework_id": info.framework_id,
        "name": info.name,
        "state": view.state,
        "user": info.user,
        "roles": list(info.roles),
        "principal": info.principal,
        "hostname": info.hostname,
        "web_url": info.web_url,
        "failover_timeout_ms": info.failover_timeout_ms,
        "tasks": view.tasks,
        "used": resources(view.used),
        "offered": resources(view.offered),
        "share": view.share_milli / 1000,
        "demands": [demand(wanted) for wanted in view.demands],
        "subscribed_ms": view.subscribed_ms,
    }


def demand(wire: types_pb2.Demand) -> dict[str, Any]:
    return {
        "demand_id": wire.demand_id,
        "count": wire.count,
        "resources": resources(wire.resources),
        "port_count": wire.port_count,
        "role": wire.role,
        "constraints": [[part for part in (c.field, c.operator, c.value) if part] for c in wire.constraints],
        "runtime": wire.runtime,
        "on_public": wire.on_public,
        "strategy": wire.strategy,
        "revocable": wire.revocable,
        "volume": wire.volume,
    }


def _waiting(row: Row) -> str:
    return str(sum(wanted["count"] for wanted in row["demands"]))


COLUMNS = (
    Column("NAME", lambda row: row["name"]),
    Column("STATE", lambda row: row["state"]),
    Column("ROLES", lambda row: ",".join(row["roles"])),
    Column("TASKS", lambda row: str(row["tasks"]), right=True),
    Column("WANTED", _waiting, right=True),
    Column("CPUS", lambda row: cpus(row["used"]), right=True),
    Column("MEM", lambda row: mem(row["used"]), right=True),
    Column("SHARE", lambda row: f"{row['share']:.1%}", right=True),
    Column("UP", lambda row: age(row["subscribed_ms"]), right=True),
    Column("FRAMEWORK", lambda row: row["framework_id"]),
)
