"""The tree of roles with the frameworks in it, kept in the order of their shares as these change.

Hierarchical DRF (Ghodsi et al., NSDI 2011; Bhattacharya et al., SoCC 2013): at each level the child with the lowest
dominant share of what is used below it, over its weight, comes first. A role's own frameworks are one child of it,
Mesos' "." leaf. Names order equal shares.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from barter.core.ids import FrameworkId
from barter.core.roles import USUAL_WEIGHT_MILLI, RoleConfig

Scalars: TypeAlias = Mapping[str, int]
OWN = "."


class Leaf:
    """A framework in one of its roles. `private` and `public` are its bit where it may be offered such agents."""

    __slots__ = ("bit", "framework_id", "group", "key", "private", "public", "reserved", "share", "used")

    def __init__(self, framework_id: FrameworkId, group: "Group", bit: int) -> None:
        self.framework_id, self.group, self.bit = framework_id, group, bit
        self.used: dict[str, int] = {}
        self.reserved: dict[str, int] = {}
        self.share = self.key = 0.0
        self.private = self.public = 0


class Group:
    """The frameworks of one role, in order; `waiting` are the bits of those with a demand that waits for its turn.

    What it uses is counted only where it has other children of its role beside it.
    """

    __slots__ = ("by_bit", "key", "order", "private", "public", "role", "share", "used", "waiting")

    def __init__(self, role: "Role") -> None:
        self.role = role
        self.used: dict[str, int] = {}
        self.share = self.key = 0.0
        self.order: list[tuple[float, str, Leaf]] = []
        self.by_bit: dict[int, Leaf] = {}
        self.private = self.public = self.waiting = 0

    def first(self, bits: int) -> Leaf:
        """The first in line of those, at least one of which is in the group."""
        if bits.bit_count() * 8 >= len(self.order):
            for _, _, leaf in self.order:
                if leaf.bit & bits:
                    return leaf
        return min(self._of(bits), key=lambda leaf: (leaf.key, leaf.framework_id))

    def _of(self, bits: int) -> Iterator[Leaf]:
        while bits:
            low = bits & -bits
            bits ^= low
            yield self.by_bit[low]


class Role:
    """`used` is what is used in it and below, `reserved` the part of that from reservations, `reservations` all of
    these. `required` is what its unmet guarantee, or those `below` it, ask to be left free.
    """

    __slots__ = (
        "below",
        "children",
        "config",
        "group",
        "key",
        "limited",
        "name",
        "order",
        "parent",
        "private",
        "public",
        "required",
        "reservations",
        "reserved",
        "share",
        "used",
        "waiting",
    )

    def __init__(self, name: str, parent: "Role | None", config: RoleConfig) -> None:
        self.name, self.parent, self.config = name, parent, config
        self.children: dict[str, Role] = {}
        self.group: Group | None = None
        self.order: list[tuple[float, str, Role | Group]] = []
        self.used: dict[str, int] = {}
        self.reserved: dict[str, int] = {}
        self.reservations: dict[str, int] = {}
        self.required: dict[str, int] = {}
        self.below: dict[str, int] = {}
        self.share = self.key = 0.0
        self.private = self.public = self.waiting = 0
        self.limited = False

    def consumed(self, kind: str) -> int:
        """What counts against its quota."""
        return self.used.get(kind, 0) - self.reserved.get(kind, 0) + self.reservations.get(kind, 0)


class Tree:
    def __init__(self, total: Mapping[str, int]) -> None:
        self.total = total
        self.root = Role("", None, RoleConfig(""))
        self.roles: dict[str, Role] = {}
        self.leaves: dict[tuple[FrameworkId, str], Leaf] = {}
        self.configs: dict[str, RoleConfig] = {}
        self.kinds: frozenset[str] = frozenset()
        self.promised: tuple[Role, ...] = ()
        self.quota = False
        self.stale = False

    def role(self, name: str) -> Role:
        """The role, made with its parents where it is not there."""
        found = self.roles.get(name)
        if found is not None:
            return found
        above, _, _ = name.rpartition("/")
        parent = self.role(above) if above else self.root
        made = self.roles[name] = Role(name, parent, self.configs.get(name) or RoleConfig(name))
        made.limited = parent.limited or bool(made.config.limit)
        parent.children[name] = made
        insort(parent.order, (made.key, name, made))
        if parent.group is not None and len(parent.order) == 2:
            self._count_group(parent.group)
        return made

    def _count_group(self, group: Group) -> None:
        """A group that was alone in its role, and not counted for that, is no more."""
        group.used = {}
        for leaf in group.by_bit.values():
            _sum(group.used, leaf.used, 1)
        old, group.share = group.key, self._share(group.used)
        group.key = group.share
        _move(group.role.order, old, group.key, OWN, group)

    def configure(self, configs: Mapping[str, RoleConfig]) -> None:
        self.configs = dict(configs)
        for name in configs:
            self.role(name)
        self.kinds = frozenset(kind for each in configs.values() for kind in each.guarantee)
        self.quota = any(each.limit or each.guarantee for each in configs.values())
        for name in sorted(self.roles, key=lambda name: name.count("/")):
            role = self.roles[name]
            role.config = configs.get(name) or RoleConfig(name)
            role.limited = bool(role.config.limit) or (role.parent is not None and role.parent.limited)
            role.required, role.below = {}, {}
        self.root.below = {}
        self.promised = tuple(self.roles[name] for name, each in configs.items() if each.guarantee)
        for name in sorted(self.roles, key=lambda name: -name.count("/")):
            self._settle(self.roles[name])
        self.stale = True

    def leaf(self, framework_id: FrameworkId, role: str, bit: int) -> Leaf:
        """The framework in that role, made where it is not there."""
        found = self.leaves.get((framework_id, role))
        if found is not None:
            return found
        node = self.role(role)
        if node.group is None:
            node.group = Group(node)
            insort(node.order, (0.0, OWN, node.group))
        made = self.leaves[framework_id, role] = Leaf(framework_id, node.group, bit)
        node.group.by_bit[bit] = made
        insort(node.group.order, (0.0, framework_id, made))
        return made

    def remove(self, leaf: Leaf) -> None:
        """With all it uses; roles that nothing is in or below any more go too."""
        self.charge(leaf, {each: -amount for each, amount in leaf.used.items()})
        self.charge_reserved(leaf, {each: -amount for each, amount in leaf.reserved.items()})
        self.open(leaf, private=False, public=False)
        group = leaf.group
        del self.leaves[leaf.framework_id, group.role.name]
        del group.by_bit[leaf.bit]
        _take(group.order, leaf.key, leaf.framework_id)
        if not group.order:
            _take(group.role.order, group.key, OWN)
            group.role.group = None
        self.prune(group.role)

    def prune(self, role: Role) -> None:
        while role.parent is not None and not (role.order or role.reservations or role.name in self.configs):
            _take(role.parent.order, role.key, role.name)
            del role.parent.children[role.name], self.roles[role.name]
            role = role.parent

    def open(self, leaf: Leaf, *, private: bool, public: bool) -> None:
        """Whether it may be offered private and public agents without a demand."""
        bits = leaf.bit if private else 0, leaf.bit if public else 0
        if bits == (leaf.private, leaf.public):
            return
        leaf.private, leaf.public = bits
        group = leaf.group
        group.private = group.private & ~leaf.bit | bits[0]
        group.public = group.public & ~leaf.bit | bits[1]
        role: Role | None = group.role
        while role is not None:
            role.private = role.public = 0
            for _, _, child in role.order:
                role.private |= child.private
                role.public |= child.public
            role = role.parent

    def charge(self, leaf: Leaf, scalars: Scalars, times: int = 1) -> None:
        """Count `times` the scalars (negative ones: less) as used, and move all above to their new places."""
        group = leaf.group
        old = leaf.key
        leaf.share = leaf.key = self._add(leaf.used, leaf.share, scalars, times)
        if old != leaf.key:
            _move(group.order, old, leaf.key, leaf.framework_id, leaf)
        role: Role = group.role
        if len(role.order) > 1:
            old = group.key
            group.share = group.key = self._add(group.used, group.share, scalars, times)
            _move(role.order, old, group.key, OWN, group)
        while role.parent is not None:
            old = role.key
            role.share = self._add(role.used, role.share, scalars, times)
            role.key = role.share * USUAL_WEIGHT_MILLI / role.config.weight_milli
            if old != role.key:
                _move(role.parent.order, old, role.key, role.name, role)
            if self.kinds:
                self._settle(role)
            role = role.parent

    def charge_reserved(self, leaf: Leaf, scalars: Scalars) -> None:
        """Of what is charged, so much comes from reservations."""
        if scalars:
            _sum(leaf.reserved, scalars, 1)
            self._along(leaf.group.role, "reserved", scalars, 1)

    def reserve(self, role: str, scalars: Scalars, sign: int) -> None:
        node = self.role(role)
        self._along(node, "reservations", scalars, sign)
        self.prune(node)

    def _along(self, node: Role, what: str, scalars: Scalars, sign: int) -> None:
        role = node
        while role.parent is not None:
            _sum(getattr(role, what), scalars, sign)
            self._settle(role)
            role = role.parent

    def _settle(self, role: Role) -> None:
        """Bring up to date what unmet guarantees require at this role, and with it in its parent's sum."""
        parent = role.parent
        if parent is None:
            return
        for kind in self.kinds:
            unmet = role.config.guarantee.get(kind, 0)
            if unmet:
                unmet -= role.consumed(kind)
            required = max(unmet, role.below.get(kind, 0), 0)
            before = role.required.get(kind, 0)
            if required != before:
                role.required[kind] = required
                parent.below[kind] = parent.below.get(kind, 0) + required - before

    def _add(self, used: dict[str, int], share: float, scalars: Scalars, times: int) -> float:
        """The share after it: only less used has it worked out from all kinds."""
        total, less = self.total, False
        for name, amount in scalars.items():
            more = amount * times
            left = used.get(name, 0) + more
            less |= more < 0
            if left:
                used[name] = left
                whole = total.get(name)
                if whole and left / whole > share:
                    share = left / whole
            else:
                used.pop(name, None)
        return self._share(used) if less else share

    def _share(self, used: Scalars) -> float:
        share, total = 0.0, self.total
        for name, amount in used.items():
            whole = total.get(name)
            if whole and amount / whole > share:
                share = amount / whole
        return share

    def refresh(self) -> None:
        """Work out all shares again, where the total or a weight has changed."""
        if not self.stale:
            return
        self.stale = False
        for role in (*self.roles.values(), self.root):
            role.share = self._share(role.used)
            role.key = role.share * USUAL_WEIGHT_MILLI / role.config.weight_milli
            if role.group is not None:
                group = role.group
                group.share = group.key = self._share(group.used)
                for leaf in group.by_bit.values():
                    leaf.share = leaf.key = self._share(leaf.used)
                group.order = sorted((leaf.key, leaf.framework_id, leaf) for _, _, leaf in group.order)
        for role in (*self.roles.values(), self.root):
            role.order = sorted(
                (child.key, OWN if isinstance(child, Group) else child.name, child) for _, _, child in role.order
            )

    def first(self, bits: int, *, public: bool) -> Leaf:
        """The first in line of those for a classic offer; there must be one."""
        node: Role | Group = self.root
        while isinstance(node, Role):
            for _, _, child in node.order:
                if (child.public if public else child.private) & bits:
                    node = child
                    break
        return node.first(bits & (node.public if public else node.private))

    def groups(self, *, public: bool, under: Role | None = None) -> Iterator[Group]:
        """Those with frameworks that take classic offers, in line; not to be charged while walking."""
        for _, _, child in (under or self.root).order:
            if child.public if public else child.private:
                if isinstance(child, Group):
                    yield child
                else:
                    yield from self.groups(public=public, under=child)

    def wait(self, leaf: Leaf) -> None:
        """The framework has a demand in this role that waits for its turn."""
        if not leaf.group.waiting & leaf.bit:
            leaf.group.waiting |= leaf.bit
            role: Role | None = leaf.group.role
            while role is not None:
                role.waiting += 1
                role = role.parent

    def done(self, leaf: Leaf) -> None:
        if leaf.group.waiting & leaf.bit:
            leaf.group.waiting &= ~leaf.bit
            role: Role | None = leaf.group.role
            while role is not None:
                role.waiting -= 1
                role = role.parent

    def next_waiting(self) -> Leaf | None:
        """The first in line of those whose demands wait."""
        if not self.root.waiting:
            return None
        node: Role | Group = self.root
        while isinstance(node, Role):
            node = next(child for _, _, child in node.order if child.waiting)
        return node.first(node.waiting)

    def line(self) -> Iterator[Leaf]:
        """Every framework in each of its roles, the first in line first."""
        return _leaves(self.root)


def _leaves(node: Role | Group) -> Iterator[Leaf]:
    for _, _, child in node.order:
        if isinstance(child, Leaf):
            yield child
        else:
            yield from _leaves(child)


def _sum(counts: dict[str, int], scalars: Scalars, sign: int) -> None:
    for name, amount in scalars.items():
        left = counts.get(name, 0) + sign * amount
        if left:
            counts[name] = left
        else:
            counts.pop(name, None)


def _take(order: list[tuple[float, str, Leaf]] | list[tuple[float, str, Role | Group]], key: float, name: str) -> None:
    del order[bisect_left(order, (key, name))]


def _move(order, old: float, key: float, name: str, node) -> None:  # type: ignore[no-untyped-def]
    if old == key:
        return
    if len(order) == 1:
        order[0] = key, name, node
        return
    del order[bisect_left(order, (old, name))]
    insort(order, (key, name, node))
