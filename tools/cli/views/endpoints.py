"""Endpoints, one row each, with what the edge serves them under."""

from typing import Any

from barter.core.cluster import FULL_WEIGHT
from barter.proto.v1 import operator_pb2 as pb
from barter.proto.v1 import types_pb2
from barter.tools.cli.output import Column


def endpoints(update: pb.EndpointsUpdate) -> list[dict[str, Any]]:
    """Ordered by service, port name and task."""
    rows = [row for service in update.services for row in _of_service(service)]
    return sorted(rows, key=lambda row: (row["service_id"], row["port_name"], row["task_id"]))


def _of_service(service: pb.ServiceEndpoints) -> list[dict[str, Any]]:
    ports = {port.name: port for port in service.service.ports}
    at_edges = service.served
    rows: list[dict[str, Any]] = []
    for wire in service.endpoints:
        served = ports.get(wire.port_name)
        rows.append(
            {
                "service_id": wire.service_id,
                "port_name": wire.port_name,
                "task_id": wire.task_id,
                "framework_id": wire.framework_id,
                "agent_id": wire.agent_id,
                "host": wire.host,
                "port": wire.port,
                "protocol": wire.protocol,
                "draining": wire.draining,
                "weight": wire.weight if wire.HasField("weight") else FULL_WEIGHT,
                "edges": at_edges.edges,
                "state": _state(wire, at_edges),
                "vhosts": list(served.vhosts) if served else [],
                "edge_port": served.number if served else 0,
            }
        )
    return rows


def _state(wire: types_pb2.Endpoint, at_edges: types_pb2.ServiceServed) -> str:
    """What it is to do, and where edges serve it whether all of them have it so."""
    if wire.task_id in at_edges.drained:
        return "drained"
    if wire.draining or (wire.HasField("weight") and not wire.weight):
        return "draining"
    return "serving" if not at_edges.edges or wire.task_id in at_edges.serving else "coming"


COLUMNS = (
    Column("SERVICE", lambda row: row["service_id"]),
    Column("PORT", lambda row: row["port_name"]),
    Column("ADDRESS", lambda row: f"{row['host']}:{row['port']}"),
    Column("VHOSTS", lambda row: ",".join(row["vhosts"]) or "-"),
    Column("EDGE PORT", lambda row: str(row["edge_port"] or "-"), right=True),
    Column("STATE", lambda row: row["state"]),
    Column("WEIGHT", lambda row: str(row["weight"]), right=True),
    Column("TASK", lambda row: row["task_id"]),
)
