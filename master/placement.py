"""The end of a batch: the allocator is told what changed, once, and its grants become offers."""

from barter.master import offers
from barter.master.allocator.model import AgentSlot, Seeker
from barter.master.cluster import Cluster
from barter.master.state import Agent, Framework


def place(cluster: Cluster, now: int) -> None:
    tell(cluster)
    cluster.allocator.await_agents(len(cluster.expected_agents))
    grants = cluster.allocator.allocate(now)
    if grants:
        offers.make(cluster, grants, now)
        tell(cluster)


def tell(cluster: Cluster) -> None:
    for agent_id in cluster.fresh_agents:
        cluster.allocator.set_agent(slot(cluster.agents[agent_id]))
    for framework_id in cluster.fresh_frameworks:
        cluster.allocator.set_seeker(seeker(cluster.frameworks[framework_id]))
    cluster.fresh_agents.clear()
    cluster.fresh_frameworks.clear()


def slot(agent: Agent) -> AgentSlot:
    reason = ""
    if agent.unreachable:
        reason = "unreachable"
    elif agent.leaving:
        reason = "leaving the cluster"
    elif not agent.connected:
        reason = "disconnected"
    return AgentSlot(agent.info, agent.free, agent.active, reason)


def seeker(framework: Framework) -> Seeker:
    return Seeker(
        framework.framework_id,
        framework.info.name,
        framework.info.roles,
        framework.connected,
        framework.suppressed,
        framework.demands_only,
        tuple(framework.demands.values()),
        framework.charged.by_role,
        revocable=framework.info.revocable,
    )
