"""Resources as JSON has them: cpus as a number, mem and disk in bytes, ports as pairs."""

from collections.abc import Mapping
from typing import Any

from barter.core.units import format_bytes
from barter.proto.v1 import types_pb2 as pb

BYTES = ("mem", "disk")


def resources(wire: pb.Resources) -> dict[str, Any]:
    """`{"cpus": 1.5, "mem": 1073741824, "disk": 0, "ports": [[31000, 31999]]}` and what else there is."""
    view: dict[str, Any] = {"cpus": 0, "mem": 0, "disk": 0, "ports": []}
    for name, amount in wire.scalars.items():
        view[name] = amount if name in BYTES else amount / 1000
    for name, pairs in wire.ranges.items():
        view[name] = [[pair.low, pair.high] for pair in pairs.ranges]
    for name, ids in wire.sets.items():
        view[name] = list(ids.names)
    return view


def cpus(view: Mapping[str, Any]) -> str:
    return f"{view['cpus']:g}"


def mem(view: Mapping[str, Any]) -> str:
    return format_bytes(view["mem"])


def port_count(view: Mapping[str, Any]) -> int:
    return sum(high - low + 1 for low, high in view["ports"])


def short(view: Mapping[str, Any]) -> str:
    """One line for people: `cpus=1.5 mem=1GiB ports=[31000-31999]`."""
    parts = [f"cpus={cpus(view)}", f"mem={mem(view)}"]
    if view["disk"]:
        parts.append(f"disk={format_bytes(view['disk'])}")
    if view["ports"]:
        parts.append("ports=[" + ",".join(f"{lo}-{hi}" if lo != hi else str(lo) for lo, hi in view["ports"]) + "]")
    parts += [f"{name}={value}" for name, value in view.items() if name not in ("cpus", "mem", "disk", "ports")]
    return " ".join(parts)
