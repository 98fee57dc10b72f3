"""A demand that waits is work that is known to be wanted: classic offers that stand in its way are taken back.

So are offers for demands of those who left such offers unused before, where the one who waits did not.
"""

from barter.core.ids import AgentId
from barter.master import offers
from barter.master.allocator.model import Unmet
from barter.master.cluster import Cluster
from barter.master.holdings import plain_of
from barter.master.placement import told_slot
from barter.master.state import OpenOffer


def reclaim(cluster: Cluster, now: int) -> bool:
    """Rescind the unanswered offers with which unmet demands would fit; whether any was."""
    all_unmet = cluster.allocator.take_unmet()
    rescinded = _reclaim_grown(cluster, now)
    if all_unmet:
        held = {each.offer.agent_id: None for each in cluster.offers.values() if _takeable(cluster, each)}
        rescinded |= sum(_reclaim_for(cluster, unmet, held, now) for unmet in all_unmet) > 0
    return rescinded


def _reclaim_grown(cluster: Cluster, now: int) -> bool:
    """Where something became free beside what older offers hold, both together may do for a demand known to wait."""
    rescinded = False
    for agent_id in cluster.allocator.take_grown():
        agent = cluster.agents.get(agent_id)
        if agent is None or not any(each.made_ms < now and _takeable(cluster, each) for each in agent.offers.values()):
            continue
        takeable = tuple(each for each in agent.offers.values() if _takeable(cluster, each))
        for unmet in cluster.allocator.stuck_for(told_slot(agent, takeable)):
            if _reclaim_on(cluster, unmet, agent_id, now):
                rescinded = True
                break
    return rescinded


def _reclaim_for(cluster: Cluster, unmet: Unmet, held: dict[AgentId, None], now: int) -> bool:
    waiting = unmet.tasks
    for agent_id in cluster.allocator.may_fit(unmet, tuple(held)) if held else ():
        if waiting <= 0:
            break
        tasks = _reclaim_on(cluster, unmet, agent_id, now)
        if tasks:
            waiting -= tasks
            del held[agent_id]
    return waiting < unmet.tasks


def _reclaim_on(cluster: Cluster, unmet: Unmet, agent_id: AgentId, now: int) -> int:
    """Take back all that helps at once; what a role has within its guarantee stays with it."""
    agent, role = cluster.agents[agent_id], unmet.demand.role
    waits = cluster.frameworks.get(unmet.framework_id)
    behind = waits is None or waits.behind
    takeable = tuple(
        each
        for each in agent.offers.values()
        if _takeable(cluster, each)
        and not (behind and each.offer.demand_id)
        and not cluster.allocator.keeps(each.offer.role, role)
    )
    if not takeable:
        return 0
    offered = (each.offer for each in takeable)
    freed = [(each.framework_id, each.role, plain_of(each).scalars) for each in offered]
    tasks = cluster.allocator.room_for(unmet, told_slot(agent, takeable), now, freed)
    if tasks:
        reason = f"demand {unmet.demand.demand_id} of {unmet.name} waits, and fits with what this offer holds"
        offers.rescind(cluster, takeable, "offer_rescinded", reason, now)
    return tasks


def _takeable(cluster: Cluster, opened: OpenOffer) -> bool:
    return not opened.offer.demand_id or cluster.frameworks[opened.offer.framework_id].behind
