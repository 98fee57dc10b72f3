"""The nodes of the tree of roles: frameworks in groups, groups and roles in roles, each in line by its key."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import Any, TypeAlias

from barter.core.ids import FrameworkId
from barter.core.roles import USUAL_WEIGHT_MILLI, RoleConfig

OWN = "."


class Node:
    """Stands in `line` by its `key`, the share over the weight, then by `name`. `promises` is for roles."""

    __slots__ = ("key", "line", "name", "promises", "share", "used", "weight_milli")

    def __init__(self, name: str, line: list[Any]) -> None:
        self.name, self.line = name, line
        self.used: dict[str, int] = {}
        self.share = self.key = 0.0
        self.weight_milli = USUAL_WEIGHT_MILLI
        self.promises = False

    def set_share(self, share: float) -> None:
        """Without a move in line."""
        self.share, weight = share, self.weight_milli
        self.key = share if weight == USUAL_WEIGHT_MILLI else share * USUAL_WEIGHT_MILLI / weight


class Leaf(Node):
    """A framework in one of its roles. `private` and `public` are its bit where it may be offered such agents."""

    __slots__ = ("bit", "framework_id", "group", "private", "public", "reserved")

    def __init__(self, framework_id: FrameworkId, group: "Group", bit: int) -> None:
        super().__init__(framework_id, group.order)
        self.framework_id, self.group, self.bit = framework_id, group, bit
        self.reserved: dict[str, int] = {}
        self.private = self.public = 0


class Group(Node):
    """The frameworks of one role, in order; `waiting` are the bits of those with a demand that waits for its turn.

    What it uses is counted only where it has other children of its role beside it. `path` are the nodes above a leaf
    of it for which that counts.
    """

    __slots__ = ("by_bit", "order", "path", "private", "public", "role", "waiting")

    def __init__(self, role: "Role") -> None:
        super().__init__(OWN, role.order)
        self.role = role
        self.path: tuple[Node, ...] = ()
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

    def sort(self) -> None:
        self.order[:] = sorted((leaf.key, leaf.name, leaf) for _, _, leaf in self.order)


class Role(Node):
    """`used` is what is used in it and below, `reserved` the part of that from reservations, `reservations` all of
    these. `required` is what its unmet guarantee, or those `below` it, ask to be left free. `limited` is one with a
    limit for it or a role above, `assured` with a guarantee for these, `promises` with one for it or a role below.
    """

    __slots__ = (
        "assured",
        "below",
        "children",
        "config",
        "group",
        "limited",
        "order",
        "parent",
        "private",
        "public",
        "required",
        "reservations",
        "reserved",
        "waiting",
    )

    def __init__(self, name: str, parent: "Role | None", config: RoleConfig) -> None:
        super().__init__(name, [] if parent is None else parent.order)
        self.parent = parent
        self.children: dict[str, Role] = {}
        self.group: Group | None = None
        self.order: list[tuple[float, str, Child]] = []
        self.reserved: dict[str, int] = {}
        self.reservations: dict[str, int] = {}
        self.required: dict[str, int] = {}
        self.below: dict[str, int] = {}
        self.private = self.public = self.waiting = 0
        self.limited = self.assured = False
        self.configure(config)

    def configure(self, config: RoleConfig) -> None:
        """What its guarantee requires, and those below it, is to be worked out anew; parents come first."""
        parent = self.parent
        self.config, self.weight_milli = config, config.weight_milli
        self.limited = bool(config.limit) or (parent is not None and parent.limited)
        self.assured = bool(config.guarantee) or (parent is not None and parent.assured)
        self.promises = False
        self.required, self.below = {}, {}

    def consumed(self, kind: str) -> int:
        """What counts against its quota."""
        return self.used.get(kind, 0) - self.reserved.get(kind, 0) + self.reservations.get(kind, 0)

    def settle_path(self) -> None:
        """Its group came, or is alone, or no more: what counts for the group's leaves."""
        if self.group is None:
            return
        path: list[Node] = [self.group] if len(self.order) > 1 else []
        role = self
        while role.parent is not None:
            path.append(role)
            role = role.parent
        self.group.path = tuple(path)

    def sort(self) -> None:
        self.order[:] = sorted((child.key, child.name, child) for _, _, child in self.order)


Child: TypeAlias = Role | Group


def move(node: Node, share: float) -> None:
    """To its new place in line."""
    line, old = node.line, node.key
    node.set_share(share)
    entry = node.key, node.name, node
    if line[0][2] is node:
        if len(line) == 1 or entry < line[1]:
            line[0] = entry
            return
        del line[0]
    else:
        del line[bisect_left(line, (old, node.name))]
    insort(line, entry)


def take(node: Node) -> None:
    """Out of its line."""
    del node.line[bisect_left(node.line, (node.key, node.name))]
