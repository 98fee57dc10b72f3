"""Since when demands wait, and what became of their offers: kept for who asks why."""

from barter.core.cluster import Demand
from barter.core.ids import DemandId, FrameworkId
from barter.core.units import format_duration
from barter.master.cluster import Cluster
from barter.master.state import Framework, OpenOffer


def story_of(framework_id: FrameworkId, demand_id: DemandId) -> str:
    return f"{framework_id} {demand_id}"


def demands_told(cluster: Cluster, framework: Framework, before: dict[DemandId, Demand], now: int) -> None:
    """After a framework has told its demands: what waits goes on waiting, what is new begins to."""
    waited, framework.waiting = framework.waiting, {}
    for demand_id, demand in framework.demands.items():
        if not demand.count:
            continue
        since_ms = waited.get(demand_id)
        framework.waiting[demand_id] = now if since_ms is None else since_ms
        known = before.get(demand_id)
        if since_ms is None:
            _tell(cluster, framework, demand_id, now, "demand_waits", f"{demand.count} wanted, {demand.resources} each")
        elif known is not None and _shape(known) != _shape(demand):
            _tell(cluster, framework, demand_id, now, "demand_changed", f"{demand.count} of {demand.resources} each")
        elif known is not None and known.count != demand.count:
            _tell(cluster, framework, demand_id, now, "demand_counted", f"{demand.count} wanted, {known.count} before")


def launched(cluster: Cluster, framework: Framework, demand_id: DemandId, count: int, left: int, now: int) -> None:
    """So many tasks of it were started, and so many are still wanted."""
    _tell(cluster, framework, demand_id, now, "demand_served", f"{count} started, {left} still wanted")
    if not left:
        framework.waiting.pop(demand_id, None)


def offered(cluster: Cluster, framework: Framework, opened: OpenOffer, now: int) -> None:
    offer = opened.offer
    if offer.demand_id:
        _tell(
            cluster,
            framework,
            offer.demand_id,
            now,
            "offer_made",
            f"{opened.tasks} on {offer.hostname}",
            offer.offer_id,
        )


def answered(
    cluster: Cluster, framework: Framework, opened: OpenOffer, kind: str, reason: str, now: int, refuse_ms: int = 0
) -> None:
    """Declined, expired or rescinded; with a filter for `refuse_ms`."""
    offer = opened.offer
    if offer.demand_id:
        again = f", and wants none of it for {format_duration(refuse_ms)}" if refuse_ms else ""
        _tell(cluster, framework, offer.demand_id, now, kind, f"{offer.hostname}: {reason}{again}", offer.offer_id)


def filtered(cluster: Cluster, framework: Framework, opened: OpenOffer, refuse_ms: int, now: int) -> None:
    """It did not answer, which counts as declining."""
    offer = opened.offer
    if offer.demand_id:
        reason = f"{offer.hostname} is not offered again for {format_duration(refuse_ms)}"
        _tell(cluster, framework, offer.demand_id, now, "filter_set", reason, offer.offer_id)


def preempting(cluster: Cluster, framework_id: FrameworkId, demand_id: DemandId, what: str, now: int) -> None:
    """Tasks are ended to make room for it."""
    cluster.history.tell(story_of(framework_id, demand_id), now, "preemption", demand_id, what)


def in_vain(cluster: Cluster, framework_id: FrameworkId, demand_id: DemandId, what: str, now: int) -> None:
    """Tasks were ended to make room for it, and it waits."""
    cluster.history.record(now, "preemption_in_vain", framework_id, f"demand {demand_id}: {what}")
    cluster.history.tell(story_of(framework_id, demand_id), now, "preemption_in_vain", demand_id, what)


def _shape(demand: Demand) -> tuple[object, ...]:
    return demand.resources, demand.port_count, demand.constraints, demand.runtime, demand.on_public, demand.role


def _tell(
    cluster: Cluster, framework: Framework, demand_id: DemandId, now: int, kind: str, reason: str, subject: str = ""
) -> None:
    cluster.history.tell(story_of(framework.framework_id, demand_id), now, kind, subject or demand_id, reason)
