"""A demand that waits is work that is known to be wanted: classic offers that stand in its way are taken back."""

from barter.core.ids import AgentId
from barter.master import offers
from barter.master.allocator.model import Unmet
from barter.master.cluster import Cluster
from barter.master.placement import slot


def reclaim(cluster: Cluster, now: int) -> bool:
    """Rescind the unanswered classic offers with which unmet demands would fit; whether any was."""
    rescinded = False
    for unmet in cluster.allocator.take_unmet():
        rescinded |= _reclaim_for(cluster, unmet, now)
    return rescinded


def _reclaim_for(cluster: Cluster, unmet: Unmet, now: int) -> bool:
    waiting = unmet.tasks
    held = {each.offer.agent_id: None for each in cluster.offers.values() if not each.offer.demand_id}
    for agent_id in held:
        if waiting <= 0:
            break
        waiting -= _reclaim_on(cluster, unmet, agent_id, now)
    return waiting < unmet.tasks


def _reclaim_on(cluster: Cluster, unmet: Unmet, agent_id: AgentId, now: int) -> int:
    agent = cluster.agents[agent_id]
    classic = tuple(each for each in agent.offers.values() if not each.offer.demand_id)
    tasks = cluster.allocator.room_for(unmet, slot(agent, classic), now)
    if tasks:
        reason = f"demand {unmet.demand.demand_id} of {unmet.name} waits, and fits with what this offer holds"
        offers.rescind(cluster, classic, "offer_rescinded", reason, now)
    return tasks
