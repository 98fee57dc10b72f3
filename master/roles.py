"""What operators set for roles: weights, guarantees, limits."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from barter.core.resources import Resources
from barter.core.roles import RoleConfig, RolePart, lineage
from barter.master import placement
from barter.master.cluster import Cluster
from barter.master.events import SetRoles
from barter.master.facts import RoleSet
from barter.master.pool import Tally
from barter.master.quota import Problems, problems, said
from barter.master.quota_offers import keep_quotas, plain


def set_roles(cluster: Cluster, event: SetRoles, now: int) -> tuple[str, tuple[str, ...]]:
    """All of it or nothing: why not, a sentence a line; where it is done, what the new quotas could not change.

    Offers against the new quotas are taken back, tasks are left.
    """
    changed = _changed(cluster, event)
    found = judge(cluster, event)
    if found.wrong or (found.capacity and not event.force):
        hint = () if found.wrong else ("--force sets it all the same",)
        return "\n".join((*found.wrong, *found.capacity, *hint)), ()
    for config in changed:
        _set(cluster, config, now)
    cluster.allocator.set_roles(cluster.roles)
    keep_quotas(cluster, now)
    placement.tell(cluster)
    return "", tuple(_notes(cluster, changed))


def judge(cluster: Cluster, event: SetRoles) -> Problems:
    """What stands against it; the allocator is told of everything first."""
    placement.tell(cluster)
    return problems(cluster.roles, _changed(cluster, event), _private_total(cluster), Held(cluster).of)


def _private_total(cluster: Cluster) -> Mapping[str, int]:
    """What guarantees can rely on: a public agent serves only who asks for one."""
    total = Tally()
    for agent in cluster.agents.values():
        if not agent.info.public:
            total.add(agent.info.resources)
    return total.value.scalars


def _changed(cluster: Cluster, event: SetRoles) -> tuple[RoleConfig, ...]:
    return tuple(_merged(cluster.roles, config, event.part) for config in event.roles)


class Held:
    """What tasks and reservations hold of each role's quota: unanswered offers can be taken back."""

    def __init__(self, cluster: Cluster) -> None:
        self._allocator = cluster.allocator
        self._offered: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for opened in cluster.offers.values():
            for above in lineage(opened.offer.role):
                self._offered[above].update(plain(opened))

    def of(self, role: str) -> Mapping[str, int]:
        """With the roles below it."""
        consumed, offered = self._allocator.consumption(role), self._offered.get(role, Counter())
        return {kind: amount - offered[kind] for kind, amount in consumed.items() if amount > offered[kind]}


def _merged(roles: Mapping[str, RoleConfig], config: RoleConfig, part: RolePart) -> RoleConfig:
    known = roles.get(config.role) or RoleConfig(config.role)
    match part:
        case RolePart.WEIGHT:
            return RoleConfig(config.role, config.weight_milli, known.guarantee, known.limit)
        case RolePart.QUOTA:
            return RoleConfig(config.role, known.weight_milli, config.guarantee, config.limit)
        case RolePart.ALL:
            return config


def _set(cluster: Cluster, config: RoleConfig, now: int) -> None:
    if config.usual:
        cluster.roles.pop(config.role, None)
    else:
        cluster.roles[config.role] = config
    cluster.persist(RoleSet(config), "an operator set it")
    cluster.history.record(now, "role_set", config.role, _described(config))


def _described(config: RoleConfig) -> str:
    parts = [f"weight {config.weight_milli / 1000:g}"]
    for what, amounts in (("guarantee", config.guarantee), ("limit", config.limit)):
        if amounts:
            parts.append(f"{what} {Resources(amounts)}")
    return ", ".join(parts)


def _notes(cluster: Cluster, changed: Iterable[RoleConfig]) -> Iterator[str]:
    held = Held(cluster)
    for config in changed:
        holds = held.of(config.role) if config.limit else {}
        for kind, limit in sorted(config.limit.items()):
            if holds.get(kind, 0) > limit:
                yield (
                    f"role {config.role} holds {said(kind, holds[kind])}, above its limit {said(kind, limit)}: "
                    "what runs is left, nothing more is given until it is below"
                )
