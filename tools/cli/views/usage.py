"""What tasks use, beside what they hold."""

from collections.abc import Callable, Collection
from typing import Any

from barter.core.units import MIB
from barter.proto.v1 import node_pb2 as pb
from barter.tools.cli.output import Column, Row

_BYTES = ("read", "written", "received", "sent")
Number = int | float | None


def usage(wire: pb.TaskUsage | None) -> dict[str, Any] | None:
    """Cpus as a number, cpu time in seconds, the rest in bytes; null for what is not known."""
    if wire is None:
        return None
    view: dict[str, Any] = {
        "measured_ms": wire.measured_ms,
        "cpus": wire.cpus / 1000,
        "cpu_seconds": wire.cpu_us / 1_000_000,
        "mem": wire.mem,
    }
    return view | {name: getattr(wire, name) if wire.HasField(name) else None for name in _BYTES}


def total(wires: Collection[pb.TaskUsage]) -> dict[str, Any]:
    """Of all the tasks of an agent that were measured: `tasks` says how many."""
    view: dict[str, Any] = {
        "tasks": len(wires),
        "cpus": sum(each.cpus for each in wires) / 1000,
        "cpu_seconds": sum(each.cpu_us for each in wires) / 1_000_000,
        "mem": sum(each.mem for each in wires),
    }
    return view | {name: _sum(wires, name) for name in _BYTES}


def _sum(wires: Collection[pb.TaskUsage], name: str) -> int | None:
    known = [getattr(each, name) for each in wires if each.HasField(name)]
    return sum(known) if known else None


def _used(name: str) -> Callable[[Row], Number]:
    return lambda row: row["usage"][name] if row["usage"] is not None else None


def _mib(amount: Number) -> str:
    return "-" if amount is None else f"{amount / MIB:.1f}"


def _in_mib(name: str) -> Callable[[Row], str]:
    used = _used(name)
    return lambda row: _mib(used(row))


def _plain(name: str, digits: int) -> Callable[[Row], str]:
    used = _used(name)
    return lambda row: "-" if (amount := used(row)) is None else f"{amount:.{digits}f}"


def _held(name: str) -> Callable[[Row], str]:
    return lambda row: f"{row[name]['cpus']:g}"


_USED = (
    Column("CPU TIME (s)", _plain("cpu_seconds", 1), right=True),
    Column("MEM USED (MiB)", _in_mib("mem"), right=True),
)
_MOVED = (
    Column("READ (MiB)", _in_mib("read"), right=True),
    Column("WRITTEN (MiB)", _in_mib("written"), right=True),
    Column("RECEIVED (MiB)", _in_mib("received"), right=True),
    Column("SENT (MiB)", _in_mib("sent"), right=True),
)

TASK_COLUMNS = (
    Column("TASK", lambda row: row["task_id"]),
    Column("AGENT", lambda row: row["hostname"]),
    Column("CPUS USED", _plain("cpus", 2), right=True),
    Column("HELD", _held("resources"), right=True),
    *_USED,
    Column("HELD", lambda row: _mib(row["resources"]["mem"]), right=True),
    *_MOVED,
)
AGENT_COLUMNS = (
    Column("HOSTNAME", lambda row: row["hostname"]),
    Column("MEASURED", lambda row: f"{row['usage']['tasks']}/{row['tasks']}" if row["usage"] else "-", right=True),
    Column("CPUS USED", _plain("cpus", 2), right=True),
    Column("HELD", _held("used"), right=True),
    Column("OF", _held("resources"), right=True),
    *_USED,
    Column("HELD", lambda row: _mib(row["used"]["mem"]), right=True),
    Column("OF", lambda row: _mib(row["resources"]["mem"]), right=True),
    *_MOVED,
)
