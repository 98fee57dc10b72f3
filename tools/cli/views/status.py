"""The cluster in one page."""

from collections.abc import Iterator
from typing import Any

from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.output import Row
from barter.tools.cli.views.resources import cpus, mem, resources
from barter.tools.cli.views.tasks import state_name
from barter.tools.cli.views.times import age


def status(wire: pb.GetStatusResponse, master: str) -> dict[str, Any]:
    """`master`: who was asked; where masters elect their leader it is named instead."""
    return {
        "cluster_id": wire.cluster_id,
        "master": next((each.grpc for each in wire.masters if each.leads), master),
        "masters": [{"grpc": each.grpc, "http": each.http, "leads": each.leads} for each in wire.masters],
        "zookeeper": wire.zookeeper,
        "epoch": wire.epoch,
        "version": wire.version,
        "started_ms": wire.started_ms,
        "agents": {"active": wire.agents_active, "unreachable": wire.agents_unreachable},
        "frameworks": {"active": wire.frameworks_active, "disconnected": wire.frameworks_disconnected},
        "offers": wire.offers,
        "tasks": dict(wire.tasks),
        "total": resources(wire.total),
        "used": resources(wire.used),
        "offered": resources(wire.offered),
        "removals": removals(wire),
    }


def removals(wire: pb.GetStatusResponse | pb.ListAgentsResponse) -> dict[str, str]:
    """An older master says nothing of them, and removes nobody."""
    return {"mode": wire.removals or "running", "reason": wire.removals_reason}


def lines(view: Row) -> Iterator[str]:
    """For people."""
    up, tasks = age(view["started_ms"]), view["tasks"]
    yield f"cluster     {view['cluster_id']} at {view['master']}, epoch {view['epoch']}, up {up}, {view['version']}"
    yield from _masters(view)
    yield f"agents      {_counts(view['agents'])}"
    yield from stopped(view["removals"])
    yield f"frameworks  {_counts(view['frameworks'])}"
    yield "tasks       " + (", ".join(f"{n} {state_name(state)}" for state, n in sorted(tasks.items())) or "none")
    yield f"offers      {view['offers']} open"
    for name, text in (("cpus", cpus), ("mem", mem)):
        total, used, offered = (text(view[kind]) for kind in ("total", "used", "offered"))
        yield f"{name:<12}{used} used, {offered} offered, of {total}"


def _masters(view: Row) -> Iterator[str]:
    """Nothing for one that stands alone."""
    if view["masters"]:
        others = [each["grpc"] for each in view["masters"] if not each["leads"]]
        yield f"masters     {view['master']} leads, {', '.join(others) or 'nobody'} may follow it"
    if view["zookeeper"]:
        yield f"zookeeper   {view['zookeeper']}"


def stopped(removals: Row) -> Iterator[str]:
    """Loud: an operator is to look."""
    if removals["mode"] != "running":
        yield f"REMOVALS    {removals['mode'].upper()}: {removals['reason']}: see barter removals"


def _counts(counts: Row) -> str:
    return ", ".join(f"{count} {state}" for state, count in counts.items())
