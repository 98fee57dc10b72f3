"""Agents that fall silent, and the time after a start in which the master does not yet know who is back."""

from barter.core.removals import RemovalMode
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.core.units import format_duration
from barter.master import offers, removals, tasks
from barter.master.cluster import Cluster
from barter.master.messages import Failure, Update
from barter.master.reconcile import answer_unanswered
from barter.master.state import NO_SESSION, Agent
from barter.master.timers import AgentSilent


def look(cluster: Cluster, timer: AgentSilent, now: int) -> None:
    """Judge an agent's silence, and look again when the last word will be too old."""
    agent = cluster.agents.get(timer.agent_id)
    if agent is None or agent.unreachable or agent.registered_ms != timer.registered_ms:
        return
    due = agent.heard_ms + cluster.timing.agent_timeout_ms
    if due > now:
        cluster.timers.at(due, timer)
    else:
        _unreachable(cluster, agent, now)


def _unreachable(cluster: Cluster, agent: Agent, now: int) -> None:
    waited = format_duration(cluster.timing.agent_timeout_ms)
    reason = f"agent {agent.info.agent_id} was not heard of for {waited}"
    agent.unreachable, agent.unreachable_ms = True, now
    reach = cluster.reach
    reach.out[agent.info.agent_id], reach.changed = None, True
    reach.fresh.append(agent.info.agent_id)
    offers.rescind(cluster, agent.offers.values(), "offer_rescinded", reason, now)
    if agent.connected:
        cluster.close(agent.session, f"{reason}: register again", fatal=False)
        agent.session = NO_SESSION
    cluster.touch(agent)
    cluster.history.record(now, "agent_unreachable", agent.info.agent_id, reason)


def end_batch(cluster: Cluster, now: int) -> None:
    """Judge who is out of reach, tell of those that are since this batch, and remove who is due."""
    reach = cluster.reach
    if reach.changed:
        reach.changed = False
        removals.judge(cluster, now)
    for agent_id in reach.fresh:
        _tell(cluster, cluster.agents[agent_id], now)
    reach.fresh.clear()
    if reach.out:
        removals.remove_due(cluster, now)


def back(cluster: Cluster, agent: Agent) -> None:
    """It is in reach again."""
    agent.unreachable, agent.unreachable_ms = False, 0
    if cluster.reach.out.pop(agent.info.agent_id, "") is None:
        cluster.reach.changed = True


def _tell(cluster: Cluster, agent: Agent, now: int) -> None:
    """With what is more where it is one of many: frameworks may want to wait before they replace them all."""
    reason = f"agent {agent.info.agent_id} was not heard of for {format_duration(cluster.timing.agent_timeout_ms)}"
    if cluster.reach.removals.mode is RemovalMode.FROZEN:
        reason += f"; {cluster.reach.removals.reason}"
    for task in agent.tasks.values():
        status = tasks.master_status(task, TaskState.UNREACHABLE, Reason.AGENT_UNREACHABLE, reason, now)
        if tasks.apply(cluster, task, status, now):
            cluster.to_framework(cluster.frameworks[task.framework_id], Update((status,)), reason)
    for framework in cluster.frameworks.values():
        cluster.to_framework(framework, Failure(agent.info.agent_id, reason), reason)


def settle(cluster: Cluster, agent: Agent, now: int) -> None:
    """An agent of before the start is back; the last one expected lets open questions be answered, and each later one
    those that stayed open because of it."""
    if agent.info.agent_id not in cluster.expected_agents:
        answer_unanswered(cluster, now, agent)
        return
    cluster.expected_agents.remove(agent.info.agent_id)
    cluster.reach.changed = True
    cluster.settled_changed |= cluster.settled
    if not cluster.expected_agents:
        answer_unanswered(cluster, now)


def stop_settling(cluster: Cluster, now: int) -> None:
    """The agent timeout has passed since the start: who is not back is not waited for."""
    if cluster.settled:
        return
    missing = sorted([*cluster.expected_agents, *cluster.expected_frameworks])
    cluster.reach.changed = True
    cluster.expected_agents.clear()
    cluster.expected_frameworks.clear()
    cluster.settled_changed = True
    cluster.history.record(now, "settled", cluster.cluster_id, f"not back since the start: {', '.join(missing)}")
    answer_unanswered(cluster, now)
