"""A demand made small enough for one piece of one agent."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from barter.core import ranges as rng
from barter.core.cluster import Demand
from barter.core.resources import BYTE_SCALARS, PORTS, Resources, format_scalar
from barter.core.units import parse_bytes
from barter.master.allocator.pieces import Piece
from barter.master.allocator.resource_filters import WHOLE, FreePorts, Ids, Named, Scalar


@dataclass(frozen=True, slots=True)
class Shrunk:
    """`cost` is the largest reduction of one resource, in thousandths of it; `parts` say each in words."""

    demand: Demand
    cost: int = 0
    parts: tuple[str, ...] = ()


def shrink(demand: Demand, piece: Piece, scalars: Mapping[str, int], allowed: Mapping[str, int]) -> Shrunk | None:
    """The demand with each resource that falls short cut to what there is; None where nothing is left of one.

    `scalars` is what one task takes, and `allowed` bounds what of it is plain.
    """
    shrunk = Shrunk(demand)
    plain = piece.source.plain.resources.scalars
    for name, amount in scalars.items():
        has = piece.held.scalars.get(name, 0)
        if name in plain:
            has = min(has, allowed.get(name, has))
        if has < amount:
            cut = _cut_scalar(shrunk, Scalar(name, amount), has)
            if cut is None:
                return None
            shrunk = cut
    for asked in piece.short:
        if isinstance(asked, Scalar):
            continue
        if isinstance(asked, Ids):
            return None
        cut = _fewer_ports(shrunk, asked, piece) if isinstance(asked, FreePorts) else _any_ports(shrunk, asked, piece)
        if cut is None:
            return None
        shrunk = cut
    return shrunk


def _with(shrunk: Shrunk, demand: Demand, cost: int, text: str) -> Shrunk:
    return Shrunk(demand, max(shrunk.cost, cost), (*shrunk.parts, text))


def _cut_scalar(shrunk: Shrunk, asked: Scalar, has: int) -> Shrunk | None:
    shown = format_scalar(asked.resource, has)
    # What is said is what is meant: sizes are shown rounded down.
    amount = parse_bytes(shown) if asked.resource in BYTE_SCALARS else has
    if amount <= 0:
        return None
    demand, need = shrunk.demand, shrunk.demand.resources
    smaller = Resources({**need.scalars, asked.resource: amount}, need.ranges, need.sets)
    text = f"{asked.resource} {shown} instead of {format_scalar(asked.resource, asked.amount)}"
    return _with(shrunk, replace(demand, resources=smaller), _reduction(asked.amount, amount), text)


def _fewer_ports(shrunk: Shrunk, asked: FreePorts, piece: Piece) -> Shrunk | None:
    spare = asked.spare(piece.held)
    if spare <= 0:
        return None
    text = f"{spare} free {'port' if spare == 1 else 'ports'} instead of {asked.count}"
    return _with(shrunk, replace(shrunk.demand, port_count=spare), _reduction(asked.count, spare), text)


def _any_ports(shrunk: Shrunk, asked: object, piece: Piece) -> Shrunk | None:
    """The ports that are taken, exchanged for any that are free."""
    if not isinstance(asked, Named) or asked.resource != PORTS:
        return None
    demand, need, taken = shrunk.demand, shrunk.demand.resources, asked.taken(piece.held)
    kept = rng.subtract(asked.wanted, taken)
    port_count = demand.port_count + rng.size(taken)
    if rng.size(rng.subtract(piece.held.ports, kept)) < port_count:
        return None
    ranges = {name: pairs for name, pairs in need.ranges.items() if name != PORTS} | ({PORTS: kept} if kept else {})
    changed = replace(demand, resources=Resources(need.scalars, ranges, need.sets), port_count=port_count)
    text = f"any free {'port' if rng.size(taken) == 1 else 'ports'} instead of {rng.render(taken)}"
    return _with(shrunk, changed, _reduction(rng.size(asked.wanted), rng.size(kept)), text)


def _reduction(wanted: int, left: int) -> int:
    return (wanted - left) * WHOLE // wanted
