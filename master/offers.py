"""Offers: made of grants, closed when used, declined, expired or rescinded."""

from collections.abc import Iterable

from barter.core.cluster import Filters, Offer
from barter.core.ids import FrameworkId, OfferId
from barter.core.resources import Resources
from barter.master import waiting
from barter.master.allocator.model import Grant
from barter.master.cluster import Cluster
from barter.master.events import Decline
from barter.master.messages import Offers, Rescind
from barter.master.state import Agent, Framework, OpenOffer
from barter.master.timers import OfferExpires
from barter.master.validate import DOCKER

LEAST_REFUSAL_MS = 1_000


def make(cluster: Cluster, grants: Iterable[Grant], now: int) -> None:
    """Turn grants into offers and send each framework its own in one message."""
    made: dict[FrameworkId, list[Offer]] = {}
    reasons: dict[FrameworkId, str] = {}
    for grant in grants:
        offer = _make_one(cluster, grant, now)
        made.setdefault(offer.framework_id, []).append(offer)
        reasons.setdefault(offer.framework_id, grant.reason)
    for framework_id, offers in made.items():
        more = f"; and {len(offers) - 1} more" if len(offers) > 1 else ""
        framework = cluster.frameworks[framework_id]
        cluster.to_framework(framework, Offers(tuple(offers)), reasons[framework_id] + more)


def _make_one(cluster: Cluster, grant: Grant, now: int) -> Offer:
    agent, framework = cluster.agents[grant.agent_id], cluster.frameworks[grant.framework_id]
    cluster.offers_made += 1
    offer = Offer(
        OfferId(f"{cluster.cluster_id}-{cluster.epoch}-O{cluster.offers_made}"),
        grant.agent_id,
        grant.framework_id,
        grant.role,
        grant.resources,
        agent.info.hostname,
        agent.info.host,
        agent.info.attributes,
        agent.info.public,
        agent.info.runtimes,
        grant.demand_id,
        grant.reserved,
        grant.revocable,
        grant.volumes,
        agent.unavailable_from_ms,
    )
    expires = now + cluster.timing.offer_timeout_ms
    kept = f", out of reservation {', '.join(sorted(grant.reserved))}" if grant.reserved else ""
    demand = framework.demands.get(grant.demand_id)
    containers = grant.tasks if demand is not None and demand.runtime == DOCKER else 0
    opened = OpenOffer(offer, now, expires, grant.tasks, grant.reason + kept, containers)
    cluster.offers[offer.offer_id] = agent.offers[offer.offer_id] = framework.offers[offer.offer_id] = opened
    hold(cluster, opened)
    if grant.demand_id:
        cluster.allocator.offered(grant.framework_id, grant.demand_id, grant.agent_id, grant.tasks)
    cluster.timers.at(expires, OfferExpires(offer.offer_id))
    cluster.touch(agent, framework)
    cluster.history.record(now, "offer_made", offer.offer_id, f"{grant.resources} to {framework.info.name}")
    waiting.offered(cluster, framework, opened, now)
    return offer


def hold(cluster: Cluster, opened: OpenOffer) -> None:
    """Count its resources as offered; what is revocable is only lent."""
    offer = opened.offer
    agent, framework = cluster.agents[offer.agent_id], cluster.frameworks[offer.framework_id]
    owned = offer.resources.without(offer.revocable)
    agent.take(agent.offered, owned, offer.reserved)
    agent.lent.add(offer.revocable)
    agent.containers += opened.containers
    for tally in (framework.offered, cluster.offered):
        tally.add(owned)
    framework.charge(offer)


def close(cluster: Cluster, opened: OpenOffer) -> None:
    """Take an offer back into what is free."""
    offer = opened.offer
    agent, framework = cluster.agents[offer.agent_id], cluster.frameworks[offer.framework_id]
    del cluster.offers[offer.offer_id], agent.offers[offer.offer_id], framework.offers[offer.offer_id]
    owned = offer.resources.without(offer.revocable)
    agent.give_back(agent.offered, owned, offer.reserved)
    agent.lent.take(offer.revocable)
    agent.containers -= opened.containers
    for tally in (framework.offered, cluster.offered):
        tally.take(owned)
    framework.discharge(offer)
    if offer.demand_id:
        cluster.allocator.offered(offer.framework_id, offer.demand_id, offer.agent_id, -opened.tasks)
    cluster.touch(agent, framework)


def rescind(cluster: Cluster, offers: Iterable[OpenOffer], kind: str, reason: str, now: int) -> None:
    """Close offers and tell their frameworks why."""
    gone: dict[FrameworkId, list[OfferId]] = {}
    for opened in tuple(offers):
        close(cluster, opened)
        cluster.history.record(now, kind, opened.offer.offer_id, reason)
        waiting.answered(cluster, cluster.frameworks[opened.offer.framework_id], opened, kind, reason, now)
        gone.setdefault(opened.offer.framework_id, []).append(opened.offer.offer_id)
    for framework_id, offer_ids in gone.items():
        framework = cluster.frameworks[framework_id]
        cluster.to_framework(framework, Rescind(tuple(offer_ids), reason), reason)


def left_unused(cluster: Cluster, opened: OpenOffer) -> None:
    """Its framework asked for it and took nothing: what others want comes first from now on."""
    if opened.offer.demand_id:
        framework = cluster.frameworks[opened.offer.framework_id]
        framework.behind = True
        cluster.touch(framework=framework)


def refuse(cluster: Cluster, framework: Framework, agent: Agent, rest: Resources, filters: Filters, now: int) -> None:
    """Keep what the framework left over of an offer from it for as long as it asked."""
    if filters.refuse_ms > 0 and rest:
        cluster.allocator.refuse(framework.framework_id, agent.info.agent_id, rest, now + filters.refuse_ms)


def at_least_asked(filters: Filters) -> Filters:
    """Of an offer nothing was taken of: refused for long enough to ask others first."""
    return Filters(max(filters.refuse_ms, LEAST_REFUSAL_MS))


def decline(cluster: Cluster, framework: Framework, event: Decline, now: int) -> None:
    """Close the framework's own offers among those named; others are gone already, which declining also wants."""
    named = dict.fromkeys(event.offer_ids)
    opened = [framework.offers[offer_id] for offer_id in named if offer_id in framework.offers]
    for each in opened:
        close(cluster, each)
    refuse_all(cluster, framework, opened, event.filters, f"by {framework.info.name}", now)


def refuse_all(
    cluster: Cluster, framework: Framework, closed: Iterable[OpenOffer], wanted: Filters, reason: str, now: int
) -> None:
    """Nothing was taken of these closed offers."""
    filters = at_least_asked(wanted)
    for opened in closed:
        left_unused(cluster, opened)
        agent = cluster.agents[opened.offer.agent_id]
        refuse(cluster, framework, agent, opened.offer.resources, filters, now)
        cluster.history.record(now, "offer_declined", opened.offer.offer_id, reason)
        waiting.answered(cluster, framework, opened, "offer_declined", reason, now, filters.refuse_ms)


def expire(cluster: Cluster, offer_id: OfferId, now: int) -> None:
    """Not to answer is to decline, with the usual filter: the same framework must not hold it again at once."""
    opened = cluster.offers.get(offer_id)
    if opened is not None and opened.expires_ms <= now:
        waited = cluster.timing.offer_timeout_ms
        rescind(cluster, (opened,), "offer_expired", f"not answered within {waited} ms", now)
        left_unused(cluster, opened)
        agent, framework = cluster.agents[opened.offer.agent_id], cluster.frameworks[opened.offer.framework_id]
        refuse(cluster, framework, agent, opened.offer.resources, Filters(), now)
        waiting.filtered(cluster, framework, opened, Filters().refuse_ms, now)
