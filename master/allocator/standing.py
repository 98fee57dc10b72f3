"""Roles as they stand: shares, and what counts against quotas."""

from collections import Counter
from collections.abc import Mapping

from barter.core.resources import Resources, dominant_share
from barter.core.roles import RoleConfig, is_within, lineage
from barter.master.allocator.index import Index
from barter.master.allocator.model import RoleStanding


def consumption(index: Index, role: str) -> Mapping[str, int]:
    """Plain resources of tasks and offers, and all reservations, of the role and those below it."""
    consumed: Counter[str] = Counter()
    for seeker in index.seekers.values():
        for used_as, used in seeker.used.items():
            if is_within(used_as, role):
                consumed.update(used.scalars)
                if (reserved := seeker.used_reserved.get(used_as)) is not None:
                    consumed.subtract(reserved.scalars)
    for record in index.agents.values():
        for reservation in record.slot.reserved:
            if is_within(reservation.role, role):
                consumed.update(reservation.resources.scalars)
    return {name: amount for name, amount in consumed.items() if amount > 0}


def standings(index: Index) -> tuple[RoleStanding, ...]:
    """Of every role that is configured, used or subscribed to, and their parents, by name."""
    seekers = index.seekers.values()
    named = {*index.roles, *(role for each in seekers for role in (*each.roles, *each.used))}
    named |= {reserved.role for record in index.agents.values() for reserved in record.slot.reserved}
    return tuple(_standing(index, role) for role in sorted({above for role in named for above in lineage(role)}))


def _standing(index: Index, role: str) -> RoleStanding:
    config = index.roles.get(role) or RoleConfig(role)
    used: Counter[str] = Counter()
    for seeker in index.seekers.values():
        for used_as, part in seeker.used.items():
            if is_within(used_as, role):
                used.update(part.scalars)
    return RoleStanding(
        role,
        config.weight_milli,
        dominant_share(Resources(used), Resources(index.total)),
        config.guarantee,
        config.limit,
        consumption(index, role),
        tuple(sorted(each.framework_id for each in index.seekers.values() if role in each.roles)),
    )
