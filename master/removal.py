"""The end of an agent in the master's books: what it had is gone with it, and everybody is told."""

from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.master import offers, tasks
from barter.master.cluster import Cluster
from barter.master.facts import AgentLeft
from barter.master.messages import Failure
from barter.master.reconcile import answer_unanswered
from barter.master.state import Agent


def remove(cluster: Cluster, agent: Agent, state: TaskState, cause: Reason, reason: str, now: int) -> None:
    """Its tasks end in `state`; its session, if it has one, is closed for good."""
    agent_id = agent.info.agent_id
    offers.rescind(cluster, agent.offers.values(), "offer_rescinded", reason, now)
    for task in tuple(agent.tasks.values()):
        tasks.end_by_master(cluster, task, state, cause, reason, now)
    cluster.total.take(agent.info.resources)
    del cluster.agents[agent_id]
    cluster.reach.out.pop(agent_id, None)
    cluster.reach.changed = True
    cluster.fresh_agents.pop(agent_id, None)
    cluster.allocator.remove_agent(agent_id)
    cluster.persist(AgentLeft(agent_id), reason)
    if agent.connected:
        cluster.close(agent.session, reason, fatal=True)
    for framework in cluster.frameworks.values():
        cluster.to_framework(framework, Failure(agent_id, reason), reason)
    if agent.never_heard:
        _not_awaited(cluster, agent, now)


def _not_awaited(cluster: Cluster, agent: Agent, now: int) -> None:
    """What was asked about tasks that it may have had can be answered."""
    if agent.info.agent_id in cluster.expected_agents:
        cluster.expected_agents.remove(agent.info.agent_id)
        cluster.settled_changed |= cluster.settled
    if not cluster.expected_agents:
        answer_unanswered(cluster, now)
