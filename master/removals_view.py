"""What operators see of agents out of reach, of those removed for it, and of whether that goes on."""

from dataclasses import dataclass

from barter.core.ids import AgentId
from barter.core.removals import Removals, RemovedAgent
from barter.master.cluster import Cluster
from barter.master.removals import due_ms, kept_for, lost
from barter.master.state import Agent


@dataclass(frozen=True, slots=True)
class OutOfReach:
    """Unreachable since `since_ms`, or 0 where it has not come back yet since the master's start.

    It is removed at `removal_ms` at the earliest; 0 where it is not, `kept` may say why. `counted` among those lost.
    """

    agent_id: AgentId
    hostname: str
    since_ms: int
    removal_ms: int
    tasks: int
    kept: str
    counted: bool


@dataclass(frozen=True, slots=True)
class RemovalsSummary:
    """`out` are the longest first, `removed` the latest; `agents` all that are known."""

    removals: Removals
    out: tuple[OutOfReach, ...]
    removed: tuple[RemovedAgent, ...]
    agents: int


def removals(cluster: Cluster) -> RemovalsSummary:
    counted = {agent.info.agent_id for agent in lost(cluster)}
    awaited = sorted(cluster.expected_agents - cluster.reach.out.keys())
    out = [_out(cluster, cluster.agents[agent_id], agent_id in counted) for agent_id in (*cluster.reach.out, *awaited)]
    removed = [each for each in cluster.reach.removed.values() if not each.returned]
    return RemovalsSummary(cluster.reach.removals, tuple(out), tuple(reversed(removed)), len(cluster.agents))


def _out(cluster: Cluster, agent: Agent, counted: bool) -> OutOfReach:
    kept = kept_for(agent)
    due = 0
    if agent.unreachable and not kept and cluster.timing.removal_ms and not cluster.reach.stopped:
        due = due_ms(cluster, agent)
    info = agent.info
    return OutOfReach(info.agent_id, info.hostname, agent.unreachable_ms, due, len(agent.tasks), kept, counted)
