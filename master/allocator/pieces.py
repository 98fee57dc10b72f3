"""What of an agent one task could be taken from: as a pass tries it, source by source, and what each is short of."""

from dataclasses import dataclass

from barter.core.cluster import Demand
from barter.core.resources import Resources
from barter.master.allocator.explanation import Verdict
from barter.master.allocator.filters import Filter
from barter.master.allocator.index import AgentRecord
from barter.master.allocator.model import AgentSlot
from barter.master.allocator.quota import Allowance, tasks_within
from barter.master.allocator.resource_filters import ResourceFilter, resource_filters
from barter.master.allocator.room import kinds_of, need_of
from barter.master.allocator.rooms import REVOCABLE, Source, Sources

QUOTA = "quota"


@dataclass(frozen=True, slots=True)
class Piece:
    """`held` is free in it, of `total`; `short` are the filters that say no; `over`: quotas leave too little for it."""

    source: Source
    held: Resources
    total: Resources
    short: tuple[ResourceFilter, ...]
    over: bool
    missing: int = 0

    @property
    def fits(self) -> bool:
        return not self.short and not self.over

    @property
    def name(self) -> str:
        """The reservation it is in, or revocable; empty for plain resources."""
        if self.source.own is None:
            return ""
        return self.source.reservation_id or REVOCABLE

    @property
    def order(self) -> tuple[int, int]:
        """The piece that fits comes first, then the one nearest to it."""
        return len(self.short) + self.over, self.missing


@dataclass(frozen=True, slots=True)
class Looked:
    """An agent, the filters that say no to it, and the best of its pieces; `names` are of all that say no."""

    agent: AgentRecord
    failing: tuple[Filter, ...]
    piece: Piece
    names: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return not self.failing and self.piece.fits

    @property
    def hostname(self) -> str:
        return self.agent.slot.info.hostname


class Pieces:
    """Asks for one demand; `allowed` is what quotas leave of plain resources."""

    def __init__(self, demand: Demand, allowed: Allowance | None) -> None:
        self._demand, self.need, self.allowed = demand, need_of(demand), allowed
        self.filters = tuple(resource_filters(self.need))
        self._plain = Source(self.need)
        self._plain_over = self._over(self._plain)

    def best(self, slot: AgentSlot) -> Piece:
        """The first that fits, as a pass would take it; else the one that is short of the least."""
        if not (slot.reserved or self._demand.revocable):
            return self._piece(slot, self._plain)
        found = Sources(self._demand, self.need).of(slot)
        return min((self._piece(slot, source) for source in found), key=lambda piece: piece.order)

    def _piece(self, slot: AgentSlot, source: Source) -> Piece:
        held, total = slot.free, slot.info.resources
        if source.own is not None:
            own, whole = _own(slot, source)
            kinds = kinds_of(source.own.resources) | ({"ports"} if source.own.port_count else frozenset())
            held, total = _instead(held, own, kinds), _instead(total, whole, kinds)
        short = tuple([each for each in self.filters if not each.passes(held)])
        over = self._plain_over if source is self._plain else self._over(source)
        missing = max([each.missing(held) for each in short]) if short else 0
        return Piece(source, held, total, short, over, missing)

    def _over(self, source: Source) -> bool:
        return self.allowed is not None and not tasks_within(self.allowed, source.plain.resources.scalars, 1)

    def verdicts(self, piece: Piece) -> tuple[Verdict, ...]:
        where = f" in {_said(piece)}" if piece.name else ""
        said = [
            Verdict(each.name, each not in piece.short, each.detail(piece.held, piece.total) + where)
            for each in self.filters
        ]
        if self.allowed is not None:
            said.append(Verdict(QUOTA, not piece.over, self.quota_detail(piece)))
        return tuple(said)

    def quota_detail(self, piece: Piece) -> str:
        left = Resources({kind: amount for kind, amount in sorted((self.allowed or {}).items()) if amount})
        return f"{piece.source.plain.resources} needed, quotas leave {left}"


def _said(piece: Piece) -> str:
    return "slack" if piece.name == REVOCABLE else f"reservation {piece.name}"


def _own(slot: AgentSlot, source: Source) -> tuple[Resources, Resources]:
    """What is free of the source's own, and all of it."""
    for each in slot.reserved:
        if each.reservation_id == source.reservation_id:
            return each.free, each.resources
    return slot.revocable, slot.revocable


def _instead(held: Resources, own: Resources, kinds: frozenset[str]) -> Resources:
    """Of these kinds what `own` holds, of the others what `held` does."""
    return Resources(
        {name: each for name, each in held.scalars.items() if name not in kinds}
        | {name: each for name, each in own.scalars.items() if name in kinds},
        {name: each for name, each in held.ranges.items() if name not in kinds}
        | {name: each for name, each in own.ranges.items() if name in kinds},
        {name: each for name, each in held.sets.items() if name not in kinds}
        | {name: each for name, each in own.sets.items() if name in kinds},
    )
