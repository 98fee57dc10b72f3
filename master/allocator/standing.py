"""Roles as they stand: shares, and what counts against quotas."""

from collections.abc import Mapping

from barter.core.ids import FrameworkId
from barter.master.allocator.index import Index
from barter.master.allocator.model import RoleStanding
from barter.master.allocator.tree import Role


def consumption(index: Index, role: str) -> Mapping[str, int]:
    """Plain resources of tasks and offers, and all reservations, of the role and those below it."""
    found = index.tree.roles.get(role)
    return {} if found is None else _consumed(found)


def _consumed(role: Role) -> Mapping[str, int]:
    kinds = {**role.used, **role.reservations}
    return {kind: amount for kind in kinds if (amount := role.consumed(kind)) > 0}


def standings(index: Index) -> tuple[RoleStanding, ...]:
    """Of every role that is configured, used or subscribed to, and their parents, by name."""
    index.tree.refresh()
    members: dict[str, list[FrameworkId]] = {}
    for seeker in index.seekers.values():
        for role in seeker.roles:
            members.setdefault(role, []).append(seeker.framework_id)
    return tuple(
        RoleStanding(
            name,
            role.config.weight_milli,
            role.share,
            role.config.guarantee,
            role.config.limit,
            _consumed(role),
            tuple(sorted(members.get(name, ()))),
        )
        for name, role in sorted(index.tree.roles.items())
    )


def headroom(index: Index) -> Mapping[str, int]:
    """What has to stay free for guarantees that are not met."""
    return {kind: amount for kind, amount in index.tree.root.below.items() if amount}


def place_in_line(index: Index, framework_id: FrameworkId, role: str) -> tuple[float, int, int] | None:
    """The role's share, the framework's place among those that may be offered anything, and how many these are."""
    index.tree.refresh()
    seekers = index.seekers
    line = [
        leaf
        for leaf in index.tree.line()
        if index.matters(leaf.framework_id)
        and leaf.group.role.name in seekers[leaf.framework_id].roles
        and leaf.group.role.name not in seekers[leaf.framework_id].suppressed
    ]
    at = next(
        (n for n, leaf in enumerate(line) if (leaf.framework_id, leaf.group.role.name) == (framework_id, role)), None
    )
    if at is None:
        return None
    before = {leaf.framework_id for leaf in line[:at]} - {framework_id}
    return line[at].group.role.share, len(before) + 1, len({leaf.framework_id for leaf in line})
