"""What operators see of maintenance, and how they name an agent."""

from dataclasses import dataclass

from barter.core.ids import AgentId
from barter.core.maintenance import Maintenance
from barter.core.tasks import Reason
from barter.master.cluster import Cluster
from barter.master.maintenance import standing
from barter.master.state import Agent


@dataclass(frozen=True, slots=True)
class MaintenanceSummary:
    """`state` in one word. Of the `tasks` left on it, `released` are being killed for the drain."""

    maintenance: Maintenance
    hostname: str
    state: str
    tasks: int
    released: int


class NotOne(Exception):
    """An operator's name for an agent means none, or several."""


def maintenance(cluster: Cluster) -> list[MaintenanceSummary]:
    return [_summary(agent, agent.maintenance) for agent in cluster.agents.values() if agent.maintenance is not None]


def agent_named(cluster: Cluster, name: str) -> AgentId:
    """By its id or, where only one has it, by its hostname; raises NotOne. One marked gone has its id still."""
    removed = cluster.reach.removed
    if name in cluster.agents or name in cluster.gone or name in removed:
        return AgentId(name)
    found = [agent_id for agent_id, agent in cluster.agents.items() if agent.info.hostname == name]
    found = found or [agent_id for agent_id, each in removed.items() if each.hostname == name]
    if len(found) > 1:
        raise NotOne(f"{len(found)} agents have the hostname {name}: name one by its id, of {', '.join(sorted(found))}")
    if not found:
        raise NotOne(f"no agent has the id or hostname {name!r}: see `barter agents`")
    return found[0]


def _summary(agent: Agent, maintained: Maintenance) -> MaintenanceSummary:
    ending = sum(
        task.status.reason is Reason.AGENT_DRAINING
        or (task.kill is not None and task.kill.cause is Reason.AGENT_DRAINING)
        for task in agent.tasks.values()
    )
    return MaintenanceSummary(maintained, agent.info.hostname, standing(maintained), len(agent.tasks), ending)
