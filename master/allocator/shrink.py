"""A demand made small enough for one agent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from barter.core import ranges as rng
from barter.core.cluster import Demand
from barter.core.resources import BYTE_SCALARS, PORTS, Resources, format_scalar
from barter.core.units import parse_bytes
from barter.master.allocator.index import AgentRecord
from barter.master.allocator.resource_filters import FreePorts, Named, ResourceFilter, Scalar

WHOLE = 1000


@dataclass(frozen=True, slots=True)
class Shrunk:
    """`cost` is the largest reduction of one resource, in thousandths of it."""

    demand: Demand
    cost: int
    text: str


def shrink(demand: Demand, short: Sequence[ResourceFilter], agent: AgentRecord) -> Shrunk | None:
    """The demand with each resource that falls short cut to what the agent has; None where nothing is left of one."""
    parts: list[str] = []
    cost = 0
    for asked in short:
        cut = _cut(demand, asked, agent)
        if cut is None:
            return None
        demand, cost = cut.demand, max(cost, cut.cost)
        parts.append(cut.text)
    return Shrunk(demand, cost, " and ".join(parts))


def _cut(demand: Demand, asked: ResourceFilter, agent: AgentRecord) -> Shrunk | None:
    if isinstance(asked, Scalar):
        return _cut_scalar(demand, asked, agent)
    if isinstance(asked, FreePorts):
        spare = asked.spare(agent)
        if spare <= 0:
            return None
        text = f"{spare} free {'port' if spare == 1 else 'ports'} instead of {asked.count}"
        return Shrunk(replace(demand, port_count=spare), _reduction(asked.count, spare), text)
    if isinstance(asked, Named) and asked.resource == PORTS:
        return _any_ports(demand, asked, agent)
    return None


def _cut_scalar(demand: Demand, asked: Scalar, agent: AgentRecord) -> Shrunk | None:
    free = agent.slot.free.scalars.get(asked.resource, 0)
    shown = format_scalar(asked.resource, free)
    # What is said is what is meant: sizes are shown rounded down.
    amount = parse_bytes(shown) if asked.resource in BYTE_SCALARS else free
    if amount <= 0:
        return None
    need = demand.resources
    scalars = {**need.scalars, asked.resource: amount}
    text = f"{asked.resource} {shown} instead of {format_scalar(asked.resource, asked.amount)}"
    smaller = replace(demand, resources=Resources(scalars, need.ranges, need.sets))
    return Shrunk(smaller, _reduction(asked.amount, amount), text)


def _any_ports(demand: Demand, asked: Named, agent: AgentRecord) -> Shrunk | None:
    """The ports that are taken, exchanged for any that are free."""
    need, missing = demand.resources, asked.missing(agent)
    kept = rng.subtract(asked.wanted, missing)
    port_count = demand.port_count + rng.size(missing)
    if rng.size(rng.subtract(agent.slot.free.ports, kept)) < port_count:
        return None
    ranges = {name: pairs for name, pairs in need.ranges.items() if name != PORTS} | ({PORTS: kept} if kept else {})
    changed = replace(demand, resources=Resources(need.scalars, ranges, need.sets), port_count=port_count)
    text = f"any free {'port' if rng.size(missing) == 1 else 'ports'} instead of {rng.render(missing)}"
    return Shrunk(changed, _reduction(rng.size(asked.wanted), rng.size(kept)), text)


def _reduction(wanted: int, left: int) -> int:
    return (wanted - left) * WHOLE // wanted
