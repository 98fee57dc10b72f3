"""Reservations and the volumes on them; volumes of no reservation come in a row of their own."""

from collections.abc import Iterable, Mapping
from typing import Any

from barter.core.units import format_bytes
from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.output import Column, Row
from barter.tools.cli.views.resources import resources, short


def reservations(reply: pb.ListReservationsResponse) -> list[dict[str, Any]]:
    rows = [_reservation(each, reply.volumes) for each in reply.reservations]
    known = {(row["agent_id"], row["reservation_id"]) for row in rows}
    loose = [each for each in reply.volumes if (each.volume.agent_id, each.volume.reservation_id) not in known]
    rows += [{**_nothing(each), "volumes": [_volume(each)]} for each in loose]
    return sorted(rows, key=lambda row: (row["role"] or "~", row["hostname"], row["reservation_id"]))


def _reservation(view: pb.ReservationView, volumes: Iterable[pb.VolumeView]) -> dict[str, Any]:
    wire = view.reservation
    on_it = (wire.agent_id, wire.reservation_id)
    return {
        "reservation_id": wire.reservation_id,
        "role": wire.role,
        "agent_id": wire.agent_id,
        "hostname": view.hostname,
        "resources": resources(wire.resources),
        "used": resources(view.used),
        "offered": resources(view.offered),
        "free": resources(view.free),
        "static": wire.static,
        "principal": wire.principal,
        "labels": dict(wire.labels),
        "volumes": [_volume(each) for each in volumes if (each.volume.agent_id, each.volume.reservation_id) == on_it],
    }


def _nothing(view: pb.VolumeView) -> dict[str, Any]:
    names = ("resources", "used", "offered", "free", "labels")
    row: dict[str, Any] = {"reservation_id": view.volume.reservation_id, "role": "", "static": False, "principal": ""}
    return {**row, **{name: {} for name in names}, "agent_id": view.volume.agent_id, "hostname": view.hostname}


def _volume(view: pb.VolumeView) -> dict[str, Any]:
    wire = view.volume
    return {
        "volume_id": wire.volume_id,
        "size": wire.size,
        "state": view.state,
        "task_id": view.task_id,
        "principal": wire.principal,
    }


def _short(view: Mapping[str, Any]) -> str:
    return short(view) if view else "-"


def _volumes(row: Row) -> str:
    said = (
        f"{each['volume_id']} {format_bytes(each['size']) if each['size'] else ''} ({each['task_id'] or each['state']})"
        for each in row["volumes"]
    )
    return ", ".join(" ".join(each.split()) for each in said) or "-"


def loose(rows: Iterable[Row]) -> list[str]:
    """What an operator should know of volumes without a reservation."""
    return [
        f"{row['hostname']}: {each['volume_id']} is data of no known volume; keep it, or `barter volume destroy "
        f"{row['hostname']} {each['volume_id']}`"
        for row in rows
        for each in row["volumes"]
        if each["state"] == "leftover"
    ]


COLUMNS = (
    Column("RESERVATION", lambda row: row["reservation_id"] or "-"),
    Column("ROLE", lambda row: row["role"] or "-"),
    Column("AGENT", lambda row: row["hostname"]),
    Column("RESOURCES", lambda row: _short(row["resources"])),
    Column("FREE", lambda row: _short(row["free"])),
    Column("KIND", lambda row: ("static" if row["static"] else "dynamic") if row["role"] else "-"),
    Column("PRINCIPAL", lambda row: row["principal"] or "-"),
    Column("LABELS", lambda row: ",".join(f"{key}={value}" for key, value in sorted(row["labels"].items())) or "-"),
    Column("VOLUMES", _volumes, prose=True),
)
