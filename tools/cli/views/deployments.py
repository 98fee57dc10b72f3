"""Deployments under way, as the service framework tells them in Marathon's JSON, with its reasons."""

from collections.abc import Iterator
from typing import Any

from barter.tools.cli.output import Column, Row

COLUMNS = (
    Column("DEPLOYMENT", lambda row: row["id"]),
    Column("STEP", lambda row: f"{row['currentStep']}/{row['totalSteps']}", right=True),
    Column("STATE", lambda row: "paused" if row.get("paused") else "running"),
    Column("APPS", lambda row: ", ".join((*row["affectedApps"], *row.get("affectedPods", ()))), prose=True),
    Column("NOW", lambda row: now(row), prose=True),
)


def now(row: Row) -> str:
    return ", ".join(_action(each) for each in row["currentActions"]) or "-"


def progress(row: Row) -> str:
    """`step 2/3: /web 1/3 ready, paused`."""
    paused = ", paused" if row.get("paused") else ""
    counts = ", ".join(f"{_name(each)} {_counts(each)}" for each in row["currentActions"])
    return f"step {row['currentStep']}/{row['totalSteps']}: {counts}{paused}"


def lines(row: Row) -> Iterator[str]:
    """One deployment for people."""
    state = "paused: barter deployment resume, or rollback" if row.get("paused") else "running"
    yield f"deployment  {row['id']}, of {row['version']}"
    yield f"state       step {row['currentStep']} of {row['totalSteps']}, {state}"
    for number, step in enumerate(row["steps"], 1):
        mark = ">" if number == row["currentStep"] else " "
        yield f"{mark} step {number}    {', '.join(_action(each) for each in step['actions'])}"
    for each in row["currentActions"]:
        waiting = f", {each['waiting']}" if each.get("waiting") else ""
        yield f"  {_name(each)}  {_counts(each)}{waiting}"


def _action(each: dict[str, Any]) -> str:
    return f"{each['action']} {_name(each)}"


def _name(each: dict[str, Any]) -> str:
    return str(each.get("app") or each.get("pod"))


def _counts(each: dict[str, Any]) -> str:
    if "targetInstances" not in each:
        return str(each["action"])
    total = each.get("totalInstances", 0)
    return f"{each['readyInstances']}/{each['targetInstances']} ready of {total}"
