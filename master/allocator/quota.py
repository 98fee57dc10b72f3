"""What quotas leave: limits of every role of a lineage, and the headroom kept free for guarantees that are not met."""

from collections.abc import Mapping

from barter.master.allocator.nodes import Role
from barter.master.allocator.tree import Tree

Allowance = Mapping[str, int]


class Quota:
    """`free` is what of the kinds with guarantees is plain and free on active private agents; a pass books into it.

    What public agents have free serves only who asks for them, so that no guarantee relies on it.
    """

    def __init__(self, tree: Tree, free: dict[str, int]) -> None:
        self._tree, self._free = tree, free

    def book(self, scalars: Mapping[str, int], times: int = 1) -> None:
        """So much plain of private agents was given."""
        for kind in self._tree.kinds:
            if kind in scalars:
                self._free[kind] = self._free.get(kind, 0) - scalars[kind] * times

    def allowance(self, role: Role, *, public: bool) -> Allowance | None:
        """How much more plain resources the role may have by kind, no kind named being free; None: all are.

        `public`: of public agents.
        """
        if not (role.limited or any(self._tree.root.below.values())):
            return None
        allowed = {} if public else self.headroom(role)
        at: Role | None = role
        while at is not None and at.limited:
            for kind, limit in at.config.limit.items():
                left = max(limit - at.consumed(kind), 0)
                allowed[kind] = min(allowed.get(kind, left), left)
            at = at.parent
        return allowed or None

    def within_limits(self, role: Role, more: Mapping[str, int]) -> bool:
        """Whether the role may have all of that, guarantees aside."""
        at: Role | None = role
        while at is not None and at.limited:
            for kind, limit in at.config.limit.items():
                if kind in more and at.consumed(kind) + more[kind] > limit:
                    return False
            at = at.parent
        return True

    def headroom(self, role: Role) -> dict[str, int]:
        """What of the kinds with unmet guarantees the role may have, limits aside."""
        below = self._tree.root.below
        return {
            kind: max(self._free.get(kind, 0) - below.get(kind, 0), 0) + _relief(role, kind)
            for kind in self._tree.kinds
            if below.get(kind, 0)
        }

    def guaranteed(self, role: Role, *, public: bool) -> Allowance | None:
        """What the role may have before all others: up to the nearest guarantee in its lineage that is not met."""
        at: Role | None = role if role.assured else None
        while at is not None:
            unmet = {kind: max(least - at.consumed(kind), 0) for kind, least in at.config.guarantee.items()}
            if any(unmet.values()):
                allowed = dict(self.allowance(role, public=public) or {})
                for kind, amount in unmet.items():
                    allowed[kind] = min(allowed.get(kind, amount), amount)
                return allowed
            at = at.parent
        return None


def _relief(role: Role, kind: str) -> int:
    """By how much the headroom may shrink when the role is given without end."""
    before, after = role.required.get(kind, 0), role.below.get(kind, 0)
    at = role.parent
    while at is not None and at.parent is not None:
        before, after = at.required.get(kind, 0), at.below.get(kind, 0) - before + after
        at = at.parent
    return before - after


def tasks_within(allowed: Allowance | None, scalars: Mapping[str, int], most: int) -> int:
    """How many tasks of so much each are allowed, `most` at most."""
    if allowed is None:
        return most
    for kind, amount in scalars.items():
        if kind in allowed and amount:
            most = min(most, allowed[kind] // amount)
    return most
