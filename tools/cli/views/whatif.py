"""What would be otherwise, beside what is."""

from collections.abc import Mapping, Sequence
from typing import Any

import click

from barter.core.resources import BYTE_SCALARS, format_scalar
from barter.master.whatif_answer import Answer, DemandThen
from barter.tools.cli.output import Column, Row, emit_list


def answer(found: Answer) -> dict[str, Any]:
    """cpus as a number, mem and disk in bytes. `*_now` is as it is, once all that fits is placed."""
    return {
        "lost_agents": list(found.lost),
        "added_agents": found.added,
        "notes": list(found.notes),
        "demands": [_demand(each) for each in found.demands],
        "roles": [
            {
                "role": each.role,
                "share_now": round(each.share_now, 4),
                "share": round(each.share, 4),
                "consumed_now": _amounts(each.consumed_now),
                "consumed": _amounts(each.consumed),
            }
            for each in found.roles
        ],
        "resources": [
            {
                "resource": each.kind,
                "total_now": _human(each.kind, each.total_now),
                "total": _human(each.kind, each.total),
                "free_now": _human(each.kind, each.free_now),
                "free": _human(each.kind, each.free),
            }
            for each in found.kinds
        ],
    }


def _demand(each: DemandThen) -> dict[str, Any]:
    demand = each.demand
    return {
        "framework_id": each.framework_id,
        "framework": each.framework,
        "demand": demand.demand_id,
        "role": demand.role,
        "resources": _amounts(demand.resources.scalars),
        "port_count": demand.port_count,
        "constraints": [str(constraint) for constraint in demand.constraints],
        "waiting_now": each.waits_now,
        "lost": each.lost,
        "preempted": each.preempted,
        "waiting": each.waits,
        "reason": each.why,
        "change": each.change,
    }


def _amounts(amounts: Mapping[str, int]) -> dict[str, float]:
    return {kind: _human(kind, amount) for kind, amount in sorted(amounts.items())}


def _human(kind: str, amount: int) -> float:
    return amount if kind in BYTE_SCALARS else amount / 1000


def show(found: Answer) -> None:
    """For people: a sentence, what has no place and why, then shares and what is free."""
    view = answer(found)
    click.echo(_sentence(found))
    for note in found.notes:
        click.echo(f"note: {note}")
    for rows, columns in ((view["demands"], DEMANDS), (view["roles"], ROLES), (view["resources"], RESOURCES)):
        if rows:
            click.echo()
            emit_list(rows, "table", columns, "")
    waiting = [each for each in found.demands if each.waits]
    if waiting:
        click.echo("\nno place for")
    for each in waiting:
        click.echo(f"  {each.waits} of {each.demand.demand_id} ({each.framework}): {each.why}")
        if each.change:
            click.echo(f"    would place one: {each.change}")


def _sentence(found: Answer) -> str:
    lost = sum(each.lost for each in found.demands)
    homeless = sum(max(each.waits - each.waits_now, 0) for each in found.demands)
    gained = sum(max(each.waits_now - each.waits, 0) for each in found.demands)
    parts: list[str] = []
    if found.lost:
        parts.append(f"{_count(len(found.lost), 'agent')} lost ({_some(found.lost)}) with {_count(lost, 'task')}")
    if found.added:
        parts.append(f"{_count(found.added, 'agent')} added")
    if preempted := sum(each.preempted for each in found.demands):
        parts.append(f"{_count(preempted, 'task')} would be preempted")
    if homeless:
        parts.append(f"{_count(homeless, 'task')} would no longer fit")
    elif lost:
        parts.append("all would fit elsewhere" if lost > 1 else "it would fit elsewhere")
    if gained:
        parts.append(f"{_count(gained, 'task')} that {'wait' if gained > 1 else 'waits'} now would be placed")
    return "; ".join(parts) or "nothing would wait that has a place now, nothing be placed that waits now"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _said(amounts: Mapping[str, float]) -> str:
    return " ".join(f"{kind}={_unit(kind, amount)}" for kind, amount in amounts.items()) or "-"


def _unit(kind: str, amount: float) -> str:
    return format_scalar(kind, round(amount if kind in BYTE_SCALARS else amount * 1000))


def _needs(row: Row) -> str:
    ports = f" ports:{row['port_count']}" if row["port_count"] else ""
    return _said(row["resources"]) + ports


DEMANDS = (
    Column("DEMAND", lambda row: row["demand"]),
    Column("FRAMEWORK", lambda row: row["framework"]),
    Column("ROLE", lambda row: row["role"]),
    Column("NEEDS", _needs),
    Column("WAITING NOW", lambda row: str(row["waiting_now"]), right=True),
    Column("LOST", lambda row: str(row["lost"]), right=True),
    Column("PREEMPTED", lambda row: str(row["preempted"]), right=True),
    Column("WAITING THEN", lambda row: str(row["waiting"]), right=True),
)
ROLES = (
    Column("ROLE", lambda row: row["role"]),
    Column("SHARE NOW", lambda row: f"{row['share_now']:.1%}", right=True),
    Column("SHARE THEN", lambda row: f"{row['share']:.1%}", right=True),
    Column("CONSUMED NOW", lambda row: _said(row["consumed_now"])),
    Column("CONSUMED THEN", lambda row: _said(row["consumed"])),
)
RESOURCES = (
    Column("RESOURCE", lambda row: row["resource"]),
    Column("TOTAL NOW", lambda row: _unit(row["resource"], row["total_now"]), right=True),
    Column("TOTAL THEN", lambda row: _unit(row["resource"], row["total"]), right=True),
    Column("FREE NOW", lambda row: _unit(row["resource"], row["free_now"]), right=True),
    Column("FREE THEN", lambda row: _unit(row["resource"], row["free"]), right=True),
)
