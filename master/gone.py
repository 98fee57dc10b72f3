"""Agents marked gone: out of the books at once, sent away for good where they come back."""

from barter.core.removals import RemovedAgent
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.master.actions import SendToAgent
from barter.master.cluster import Cluster
from barter.master.events import AgentRegister, MarkGone
from barter.master.facts import AgentGone
from barter.master.messages import Shutdown
from barter.master.reconcile import answer_unanswered
from barter.master.removal import remove
from barter.master.removals import forget
from barter.master.returning import gone_for_good
from barter.master.state import Agent


def mark_gone(cluster: Cluster, agent: Agent, event: MarkGone, now: int) -> str:
    """Returns why not: an agent that works and that nobody has given up is not taken for gone."""
    agent_id = agent.info.agent_id
    if agent.active:
        return (
            f"agent {agent_id} ({agent.info.hostname}) is active, with {len(agent.tasks)} tasks: "
            f"drain it first (`barter drain {agent_id}`), or deactivate it if its tasks are to end as gone now"
        )
    reason = f"marked gone by an operator{f': {event.reason}' if event.reason else ''}"
    gone = cluster.gone[agent_id] = AgentGone(agent_id, reason)
    cluster.persist(gone, reason)
    cluster.to_agent(agent, Shutdown(reason), reason)
    ended = len(agent.tasks)
    remove(cluster, agent, TaskState.GONE_BY_OPERATOR, Reason.AGENT_GONE, reason, now)
    forget(cluster, agent_id, reason)
    cluster.history.record(now, "agent_gone", agent_id, f"{reason}; {ended} tasks ended with it")
    return ""


def mark_removed_gone(cluster: Cluster, removed: RemovedAgent, event: MarkGone, now: int) -> str:
    """It was removed already; from now on it may not return."""
    reason = f"marked gone by an operator{f': {event.reason}' if event.reason else ''}"
    cluster.gone[removed.agent_id] = gone = AgentGone(removed.agent_id, reason)
    cluster.persist(gone, reason)
    forget(cluster, removed.agent_id, reason)
    gone_for_good(cluster, removed, reason, now)
    if not removed.tasks_known and not cluster.expected_agents:
        answer_unanswered(cluster, now)
    cluster.history.record(now, "agent_gone", removed.agent_id, f"{reason}; it had been removed before")
    return ""


def sent_away(cluster: Cluster, event: AgentRegister, now: int) -> bool:
    """Whether who registers was marked gone: then it is told to end its tasks and to come back as a new agent."""
    agent_id = event.info.agent_id
    gone = cluster.gone.get(agent_id)
    if gone is None:
        return False
    cluster.out.append(SendToAgent(event.session, agent_id, Shutdown(gone.reason), gone.reason))
    cluster.close(event.session, f"agent {agent_id} was {gone.reason}", fatal=True)
    cluster.history.record(now, "agent_refused", agent_id, gone.reason)
    return True
