"""Roles as they stand: shares, and what counts against quotas."""

from collections.abc import Mapping

from barter.core.ids import FrameworkId
from barter.master.allocator.index import Index
from barter.master.allocator.model import RoleStanding
from barter.master.allocator.nodes import Role


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
