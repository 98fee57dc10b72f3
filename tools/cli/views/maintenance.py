"""Agents under maintenance."""

from typing import Any

from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.output import Column, Row
from barter.tools.cli.views.times import moment


def maintenance(view: pb.MaintenanceView) -> dict[str, Any]:
    return {
        "agent_id": view.agent_id,
        "hostname": view.hostname,
        "state": view.state,
        "start_ms": view.start_ms,
        "deadline_ms": view.deadline_ms,
        "reason": view.reason,
        "tasks": view.tasks,
        "ending": view.released,
    }


def sentence(row: Row) -> str:
    """Where it stands."""
    name, tasks = row["hostname"], _tasks(row)
    match row["state"]:
        case "announced":
            return (
                f"{name} drains from {moment(row['start_ms'])} on, until {moment(row['deadline_ms'])} at the latest: "
                f"{tasks} there, whose frameworks are told now"
            )
        case "draining":
            ending = f", {row['ending']} of them ending" if row["ending"] else ""
            return f"{name} is draining: {tasks} left{ending}, ended by {moment(row['deadline_ms'])} at the latest"
        case "drained":
            return f"{name} is drained: nothing runs there"
        case _:
            return f"{name} is deactivated: it is offered to nobody, {tasks} there go on"


def _tasks(row: Row) -> str:
    return "1 task" if row["tasks"] == 1 else f"{row['tasks']} tasks"


COLUMNS = (
    Column("HOSTNAME", lambda row: row["hostname"]),
    Column("STATE", lambda row: row["state"]),
    Column("TASKS", lambda row: str(row["tasks"]), right=True),
    Column("ENDING", lambda row: str(row["ending"]), right=True),
    Column("FROM", lambda row: moment(row["start_ms"])),
    Column("UNTIL", lambda row: moment(row["deadline_ms"])),
    Column("REASON", lambda row: row["reason"] or "-", prose=True),
    Column("AGENT", lambda row: row["agent_id"]),
)
