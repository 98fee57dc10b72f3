"""Inverse offers: who has tasks on an agent that is to be given up is told until when, and told when it stays.

One stands for an agent and a framework. Nothing is kept of them: each is made of the tasks as they are.
"""

from collections.abc import Iterator

from barter.core.cluster import InverseOffer
from barter.core.ids import FrameworkId, InverseOfferId, TaskId
from barter.core.maintenance import Maintenance
from barter.master.cluster import Cluster
from barter.master.messages import InverseOffers, RescindInverse
from barter.master.state import Agent, Framework


def owe_all(cluster: Cluster, agent: Agent) -> None:
    """Have everybody with tasks there told at the end of the batch."""
    for framework_id, _ in agent.tasks:
        cluster.owe_inverse(agent, framework_id)


def owe_framework(cluster: Cluster, framework: Framework) -> None:
    """Have one that subscribes told of all its tasks on agents that are to be given up."""
    for task in framework.tasks.values():
        cluster.owe_inverse(cluster.agents[task.agent_id], framework.framework_id)


def send(cluster: Cluster) -> None:
    """What is owed since the last batch, one message a framework."""
    made: dict[FrameworkId, list[InverseOffer]] = {}
    for agent_id, framework_id in cluster.owed_inverse:
        agent, framework = cluster.agents.get(agent_id), cluster.frameworks.get(framework_id)
        maintenance = None if agent is None else agent.maintenance
        if agent is None or framework is None or maintenance is None or not maintenance.start_ms:
            continue
        if staying := tuple(_not_ending(agent, framework)):
            made.setdefault(framework_id, []).append(_offer(agent, maintenance, framework, staying))
    cluster.owed_inverse.clear()
    for framework_id, inverse_offers in made.items():
        reason = "; ".join(f"agent {each.agent_id} is to be given up" for each in inverse_offers[:3])
        cluster.to_framework(cluster.frameworks[framework_id], InverseOffers(tuple(inverse_offers)), reason)


def rescind(cluster: Cluster, agent: Agent, ended: Maintenance, reason: str) -> None:
    for framework_id in dict.fromkeys(framework_id for framework_id, _ in agent.tasks):
        if (framework := cluster.frameworks.get(framework_id)) is not None:
            cluster.to_framework(framework, RescindInverse((_name(ended),), reason), reason)


def _not_ending(agent: Agent, framework: Framework) -> Iterator[TaskId]:
    for (framework_id, task_id), task in agent.tasks.items():
        if framework_id == framework.framework_id and not task.ending and not task.info.is_executor:
            yield task_id


def _offer(agent: Agent, maintenance: Maintenance, framework: Framework, tasks: tuple[TaskId, ...]) -> InverseOffer:
    return InverseOffer(
        _name(maintenance),
        agent.info.agent_id,
        framework.framework_id,
        agent.info.hostname,
        tasks,
        maintenance.start_ms,
        maintenance.deadline_ms,
        maintenance.reason,
    )


def _name(maintenance: Maintenance) -> InverseOfferId:
    """The same for as long as the drain is, over masters too."""
    return InverseOfferId(f"{maintenance.agent_id}-I{maintenance.start_ms}")
