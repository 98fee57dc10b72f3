"""What of limits and guarantees would have to change for one task."""

from collections.abc import Iterator, Mapping

from barter.core.resources import BYTE_SCALARS, format_scalar
from barter.core.roles import RoleConfig
from barter.core.units import MIB, parse_bytes
from barter.master.allocator.explanation import HeldBack, Kind, LimitStanding, Step
from barter.master.allocator.index import Index
from barter.master.allocator.nodes import Role
from barter.master.allocator.quota import Allowance, Quota

LIMIT_RANK, GUARANTEE_RANK = 3, 7


class RoleQuota:
    """The quotas over one role, which need not be in use; asking changes nothing."""

    def __init__(self, index: Index, role: str, *, public: bool) -> None:
        self._index, self._public = index, public
        self.role = _role(index, role)
        self.allowed: Allowance | None = Quota(index.tree, dict(index.free)).allowance(self.role, public=public)

    def limits(self, scalars: Mapping[str, int]) -> tuple[LimitStanding, ...]:
        """Each limit in the lineage, the role's own first; `scalars` is what one task takes of plain resources."""
        found = [
            LimitStanding(role.name, kind, role.consumed(kind), limit, scalars.get(kind, 0))
            for role in self._lineage()
            for kind, limit in role.config.limit.items()
        ]
        least = {
            kind: min(each.left for each in found if each.resource == kind)
            for kind in {each.resource for each in found}
        }
        return tuple(
            LimitStanding(each.role, each.resource, each.consumed, each.limit, each.wanted, True)
            if each.wanted > each.left == least[each.resource]
            else each
            for each in found
        )

    def held_back(self) -> tuple[HeldBack, ...]:
        """What is kept for roles outside the lineage, by the role nearest to the root."""
        if self._public:
            return ()
        own = {role.name for role in self._lineage()}
        return tuple(
            HeldBack(role.name, kind, amount)
            for role in sorted(self._index.tree.root.children.values(), key=lambda role: role.name)
            if role.name not in own
            for kind, amount in sorted(role.required.items())
            if amount > 0
        )

    def raised(self, scalars: Mapping[str, int]) -> tuple[Step, ...] | None:
        """What would let one more task of these plain scalars in; None where no change of one role's quota would."""
        steps = list(self.raised_limits(scalars))
        for kind, amount in scalars.items():
            lacking = self.lacking(kind, amount)
            if lacking:
                step = self._lowered(kind, lacking)
                if step is None:
                    return None
                steps.append(step)
        return tuple(steps)

    def raised_limits(self, scalars: Mapping[str, int]) -> Iterator[Step]:
        for role in self._lineage():
            for kind, limit in role.config.limit.items():
                to = role.consumed(kind) + scalars.get(kind, 0)
                if scalars.get(kind, 0) and to > limit:
                    to, said = at_least(kind, to)
                    text = f"raise {role.name}'s {kind} limit to {said}"
                    yield Step(Kind.LIMIT, text, LIMIT_RANK, 0, role=role.name, resource=kind, amount=to)

    def lacking(self, kind: str, amount: int) -> int:
        """How much more has to be free of a kind before so much of it is not kept for others' guarantees."""
        below, free = self._index.tree.root.below.get(kind, 0), self._index.free.get(kind, 0)
        if self._public or not below or self._headroom(kind) >= amount:
            return 0
        return amount - self._headroom(kind) + max(below - free, 0)

    def _headroom(self, kind: str) -> int:
        """As `allowance` leaves it, limits aside."""
        return Quota(self._index.tree, dict(self._index.free)).headroom(self.role).get(kind, 0)

    def _lowered(self, kind: str, lacking: int) -> Step | None:
        own = {role.name for role in self._lineage()}
        others = [
            role
            for role in self._index.tree.root.children.values()
            if role.name not in own and role.required.get(kind, 0) - lacking >= role.below.get(kind, 0)
        ]
        if not others:
            return None
        role = max(others, key=lambda role: (role.required.get(kind, 0), role.name))
        to = role.config.guarantee.get(kind, 0) - lacking
        said = format_scalar(kind, to)
        to = parse_bytes(said) if kind in BYTE_SCALARS and to else to
        text = f"lower {role.name}'s guarantee of {kind} to {said}"
        return Step(Kind.GUARANTEE, text, GUARANTEE_RANK, 0, role=role.name, resource=kind, amount=to)

    def _lineage(self) -> Iterator[Role]:
        at: Role | None = self.role
        while at is not None and at.parent is not None:
            yield at
            at = at.parent


def at_least(kind: str, amount: int) -> tuple[int, str]:
    """The amount and how it is said; sizes that cannot be said exactly are rounded up."""
    said = format_scalar(kind, amount)
    if kind not in BYTE_SCALARS or parse_bytes(said) == amount:
        return amount, said
    whole = -(-amount // MIB)
    return whole * MIB, f"{whole}MiB"


def _role(index: Index, name: str) -> Role:
    """The tree's role; one that is not in it, as it would be, below the nearest that is."""
    found = index.tree.roles.get(name)
    if found is not None:
        return found
    above = name.rpartition("/")[0]
    parent = _role(index, above) if above else index.tree.root
    made = Role(name, parent, RoleConfig(name))
    made.limited = parent.limited
    return made
