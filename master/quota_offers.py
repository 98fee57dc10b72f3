"""Unanswered offers that quotas do not allow any more: over a limit, or of what guarantees wait for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from barter.core.ids import OfferId
from barter.core.roles import is_within, lineage
from barter.master import offers, placement
from barter.master.cluster import Cluster
from barter.master.holdings import plain_of
from barter.master.quota import guarantees_needed, said
from barter.master.state import OpenOffer


def plain(opened: OpenOffer) -> Mapping[str, int]:
    """What of the offer counts beside reservations: neither reserved nor revocable."""
    return plain_of(opened.offer).scalars


def keep_quotas(cluster: Cluster, now: int) -> None:
    """Take them back, the newest first, those for demands last; the allocator knows the roles as they are now."""
    placement.tell(cluster)
    books = _Books(cluster)
    _rescind(cluster, [*books.over_limits(), *books.before_guarantees()], now)


def keep_limits(cluster: Cluster, now: int) -> None:
    """Take those over a limit back, after agents have told of more that counts."""
    if cluster.offers and any(config.limit for config in cluster.roles.values()):
        placement.tell(cluster)
        _rescind(cluster, _Books(cluster).over_limits(), now)


def _rescind(cluster: Cluster, found: Iterable[tuple[OpenOffer, str]], now: int) -> None:
    taken: dict[str, list[OpenOffer]] = {}
    for opened, reason in found:
        taken.setdefault(reason, []).append(opened)
    for reason, opened_offers in taken.items():
        offers.rescind(cluster, opened_offers, "offer_rescinded", reason, now)


class _Books:
    """What counts against each quota, and less of it with each offer that is taken back."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        roles = [role for role, each in cluster.roles.items() if each.limit or each.guarantee]
        self._consumed = {role: Counter(cluster.allocator.consumption(role)) for role in roles}
        newest_first = tuple(cluster.offers.values())[::-1]
        self._offers = sorted(newest_first, key=lambda opened: bool(opened.offer.demand_id))
        self._plain = {opened.offer.offer_id: plain(opened) for opened in self._offers}
        self._taken: set[OfferId] = set()

    def over_limits(self) -> Iterator[tuple[OpenOffer, str]]:
        for role, config in sorted(self._cluster.roles.items()):
            for kind, limit in config.limit.items():
                has = self._consumed[role][kind]
                if has <= limit:
                    continue
                reason = f"role {role} is limited to {said(kind, limit)}, and has {said(kind, has)} with its offers"
                for opened in self._left(kind):
                    if self._consumed[role][kind] <= limit:
                        break
                    if is_within(opened.offer.role, role):
                        self._take(opened)
                        yield opened, reason

    def before_guarantees(self) -> Iterator[tuple[OpenOffer, str]]:
        """As long as less is free than unmet guarantees ask for, offers to others that hold it."""
        free = self._free()
        for kind in sorted({kind for each in self._cluster.roles.values() for kind in each.guarantee}):
            lacking = self._needed(kind) - free[kind]
            for opened in self._left(kind):
                if lacking <= 0:
                    break
                relief = self._relief(opened, kind) if self._counts(opened) else 0
                if relief > 0:
                    self._take(opened)
                    free.update(self._plain[opened.offer.offer_id])
                    lacking -= relief
                    yield opened, f"guarantees that are not met wait for {kind}"

    def _relief(self, opened: OpenOffer, kind: str) -> int:
        """By how much it helps to take the offer: not at all where its own role is guaranteed what it holds."""
        amount = self._plain[opened.offer.offer_id][kind]
        roles = self._cluster.roles
        guaranteed = [
            above for above in lineage(opened.offer.role) if above in roles and kind in roles[above].guarantee
        ]
        beyond = min(
            (self._consumed[above][kind] - roles[above].guarantee[kind] for above in guaranteed), default=amount
        )
        if not 0 < beyond < amount:
            return amount if beyond > 0 else 0
        before = self._needed(kind)
        self._charge(opened, -1)
        more_needed = self._needed(kind) - before
        self._charge(opened, +1)
        return amount - more_needed

    def _needed(self, kind: str) -> int:
        needed = guarantees_needed(self._cluster.roles, self._consumed.__getitem__)
        return sum(amounts.get(kind, 0) for role, amounts in needed.items() if "/" not in role)

    def _free(self) -> Counter[str]:
        """On active private agents, with what was taken back."""
        free: Counter[str] = Counter()
        for agent in self._cluster.agents.values():
            if agent.active and not agent.info.public:
                free.update(placement.slot(agent).free.scalars)
        for opened in self._offers:
            if opened.offer.offer_id in self._taken and self._counts(opened):
                free.update(self._plain[opened.offer.offer_id])
        return free

    def _counts(self, opened: OpenOffer) -> bool:
        """Whether what it holds would be free for guarantees."""
        agent = self._cluster.agents[opened.offer.agent_id]
        return agent.active and not agent.info.public

    def _left(self, kind: str) -> list[OpenOffer]:
        """The offers that hold some of it and are not taken back yet."""
        named = ((each.offer.offer_id, each) for each in self._offers)
        return [each for name, each in named if name not in self._taken and self._plain[name].get(kind)]

    def _take(self, opened: OpenOffer) -> None:
        self._charge(opened, -1)
        self._taken.add(opened.offer.offer_id)

    def _charge(self, opened: OpenOffer, sign: int) -> None:
        for above in lineage(opened.offer.role):
            if above in self._consumed:
                for kind, amount in self._plain[opened.offer.offer_id].items():
                    self._consumed[above][kind] += sign * amount
