"""The tree of roles with the frameworks in it, kept in the order of their shares as these change.

Hierarchical DRF (Ghodsi et al., NSDI 2011; Bhattacharya et al., SoCC 2013): at each level the child with the lowest
dominant share of what is used below it, over its weight, comes first. A role's own frameworks are one child of it,
Mesos' "." leaf. Names order equal shares.
"""

from bisect import insort
from collections.abc import Iterator, Mapping
from math import inf
from typing import TypeAlias

from barter.core.ids import FrameworkId
from barter.core.roles import RoleConfig
from barter.master.allocator.nodes import Group, Leaf, Node, Role, move, take

Scalars: TypeAlias = Mapping[str, int]


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
        parent.children[name] = made
        insort(parent.order, (made.key, name, made))
        parent.settle_path()
        if parent.group is not None and len(parent.order) == 2:
            self._count_group(parent.group)
        return made

    def _count_group(self, group: Group) -> None:
        """A group that was alone in its role, and not counted for that, is no more."""
        group.used = {}
        for leaf in group.by_bit.values():
            _sum(group.used, leaf.used, 1)
        move(group, self._share(group.used))

    def configure(self, configs: Mapping[str, RoleConfig]) -> None:
        self.configs = dict(configs)
        for name in configs:
            self.role(name)
        self.kinds = frozenset(kind for each in configs.values() for kind in each.guarantee)
        self.quota = any(each.limit or each.guarantee for each in configs.values())
        for name in sorted(self.roles, key=lambda name: name.count("/")):
            role = self.roles[name]
            role.configure(configs.get(name) or RoleConfig(name))
        self.root.below = {}
        self.promised = tuple(self.roles[name] for name, each in configs.items() if each.guarantee)
        for role in self.promised:
            at: Role | None = role
            while at is not None:
                at.promises, at = True, at.parent
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
            insort(node.order, (0.0, node.group.name, node.group))
            node.settle_path()
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
        take(leaf)
        if not group.order:
            take(group)
            group.role.group = None
        self.prune(group.role)

    def prune(self, role: Role) -> None:
        while role.parent is not None and not (role.order or role.reservations or role.name in self.configs):
            take(role)
            del role.parent.children[role.name], self.roles[role.name]
            role = role.parent
            role.settle_path()

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
        total, less = self.total, False
        changes: list[tuple[str, int, float]] = []
        for name, amount in scalars.items():
            changes.append((name, amount * times, total.get(name) or inf))
            less |= amount * times < 0
        for node in (leaf, *leaf.group.path):
            used, share = node.used, node.share
            for name, more, whole in changes:
                left = used.get(name, 0) + more
                if left:
                    used[name] = left
                    if left / whole > share:
                        share = left / whole
                else:
                    used.pop(name, None)
            if less:
                share = self._share(used)
            if share != node.share:
                move(node, share)
            if node.promises:
                self._settle(node)

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

    def _settle(self, role: Node) -> None:
        """Bring up to date what unmet guarantees require at this role, and with it in its parent's sum."""
        parent = role.parent if isinstance(role, Role) else None
        if parent is None or not isinstance(role, Role):
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
        nodes = [*self.roles.values(), self.root]
        for role in nodes:
            if role.group is not None:
                for leaf in role.group.by_bit.values():
                    leaf.set_share(self._share(leaf.used))
                role.group.set_share(self._share(role.group.used))
                role.group.sort()
            role.set_share(self._share(role.used))
        for role in nodes:
            role.sort()

    def first(self, bits: int, *, public: bool) -> Leaf:
        """The first in line of those for a classic offer; there must be one."""
        node: Role | Group = self.root
        while isinstance(node, Role):
            for _, _, child in node.order:
                if (child.public if public else child.private) & bits:
                    node = child
                    break
        return node.first(bits & (node.public if public else node.private))

    def groups(self, bits: int, *, public: bool, under: Role | None = None) -> Iterator[tuple[Group, int]]:
        """Those with some of `bits` that take classic offers, in line, with these; not to be charged while walking."""
        for _, _, child in (under or self.root).order:
            if members := bits & (child.public if public else child.private):
                if isinstance(child, Group):
                    yield child, members
                else:
                    yield from self.groups(members, public=public, under=child)

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
            for _, _, child in node.order:
                if child.waiting:
                    node = child
                    break
        return node.first(node.waiting)


def _sum(counts: dict[str, int], scalars: Scalars, sign: int) -> None:
    for name, amount in scalars.items():
        left = counts.get(name, 0) + sign * amount
        if left:
            counts[name] = left
        else:
            counts.pop(name, None)
