"""Agents out of reach, and those removed."""

from collections.abc import Iterator
from typing import Any

from barter.core.units import format_duration
from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.output import Row
from barter.tools.cli.views.times import age, moment

MOST_REMOVED = 20


def removals(view: pb.GetRemovalsResponse) -> dict[str, Any]:
    return {
        "mode": view.mode,
        "since_ms": view.since_ms,
        "reason": view.reason,
        "agents": view.agents,
        "out_of_reach": [
            {
                "agent_id": each.agent_id,
                "hostname": each.hostname,
                "since_ms": each.since_ms,
                "removal_ms": each.removal_ms,
                "tasks": each.tasks,
                "kept": each.kept,
                "counted": each.counted,
            }
            for each in view.out_of_reach
        ],
        "removed": [
            {
                "agent_id": each.agent_id,
                "hostname": each.hostname,
                "removed_ms": each.removed_ms,
                "reason": each.reason,
                "tasks": each.tasks,
            }
            for each in view.removed
        ],
        "limits": {
            "share": view.share_milli / 1000,
            "least": view.least,
            "window_ms": view.window_ms,
            "removal_ms": view.removal_ms,
            "every_ms": view.every_ms,
        },
    }


def lines(row: Row) -> Iterator[str]:
    """For people."""
    yield from _standing(row)
    for each in row["out_of_reach"]:
        since = f"out of reach for {age(each['since_ms'])}" if each["since_ms"] else "not back since the master's start"
        yield f"  {each['hostname']}  {since}, {each['tasks']} tasks{_fate(each)}  ({each['agent_id']})"
    if not row["out_of_reach"]:
        yield "  no agent is out of reach"
    for each in row["removed"][:MOST_REMOVED]:
        yield f"  {each['hostname']}  removed {age(each['removed_ms'])} ago, may return  ({each['agent_id']})"
    if len(row["removed"]) > MOST_REMOVED:
        yield f"  and {len(row['removed']) - MOST_REMOVED} more that were removed: -o json shows them"


def _standing(row: Row) -> Iterator[str]:
    limits = row["limits"]
    match row["mode"]:
        case "frozen":
            yield f"REMOVALS ARE FROZEN since {moment(row['since_ms'])}: {row['reason']}"
            yield "Nothing is removed until enough of them are back. Is it the network, or the master's own?"
            yield "Next: barter removals resume (they are lost indeed), or barter gone AGENT for one of them"
        case "held":
            yield f"REMOVALS ARE HELD since {moment(row['since_ms'])}: {row['reason']}"
            yield "Next: barter removals resume"
        case _ if not limits["removal_ms"]:
            yield "agents out of reach are never removed (--agent-removal-timeout 0s)"
        case _:
            after, every = format_duration(limits["removal_ms"]), format_duration(limits["every_ms"])
            yield f"agents out of reach are removed after {after}, at most one in {every}"
            if row["reason"]:
                yield f"since {moment(row['since_ms'])}: {row['reason']}"


def _fate(each: Row) -> str:
    if each["kept"]:
        return f", stays: {each['kept']}"
    return f", removed at {moment(each['removal_ms'])} or later" if each["removal_ms"] else ""
