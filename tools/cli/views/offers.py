"""Offers."""

from typing import Any

from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.output import Column
from barter.tools.cli.views.resources import resources, short
from barter.tools.cli.views.times import age


def offer(view: pb.OfferView) -> dict[str, Any]:
    wire = view.offer
    return {
        "offer_id": wire.offer_id,
        "framework_id": wire.framework_id,
        "agent_id": wire.agent_id,
        "hostname": wire.hostname,
        "host": wire.host,
        "role": wire.role,
        "demand_id": wire.demand_id,
        "resources": resources(wire.resources),
        "reserved": {name: resources(part) for name, part in wire.reserved.items()},
        "revocable": resources(wire.revocable),
        "volumes": list(wire.volumes),
        "attributes": dict(wire.attributes),
        "public": wire.public,
        "runtimes": list(wire.runtimes),
        "unavailable_from_ms": wire.unavailable_from_ms,
        "made_ms": view.made_ms,
        "expires_ms": view.expires_ms,
    }


COLUMNS = (
    Column("OFFER", lambda row: row["offer_id"]),
    Column("AGENT", lambda row: row["hostname"]),
    Column("FRAMEWORK", lambda row: row["framework_id"]),
    Column("ROLE", lambda row: row["role"]),
    Column("DEMAND", lambda row: row["demand_id"] or "-"),
    Column("RESOURCES", lambda row: short(row["resources"])),
    Column("AGE", lambda row: age(row["made_ms"]), right=True),
)
