"""Agents that fall silent, and the time after a start in which the master does not yet know who is back.

Silence is judged twice, and again while the master itself was late: after something that kept it from hearing, what
came meanwhile is heard first.
"""

from dataclasses import replace

from barter.core.removals import RemovalMode
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.master import offers, removals, tasks
from barter.master.cluster import Cluster
from barter.master.messages import Failure, Registered, Update
from barter.master.reconcile import answer_unanswered
from barter.master.state import NO_SESSION, Agent
from barter.master.timers import AgentSilent

BEATS_IN_A_SECOND = 1_000
RAREST_BEAT_MS = 10_000
BEATS, BEATS_LEAST = 4, 3
LONG_MS = 30_000
LOOK_MS = 500
LATE_MS = 100
LOOKS_MOST = 10


def heartbeat_ms(cluster: Cluster) -> int:
    """What agents are told: the more they are, the rarer, so that about a thousand beats come in a second."""
    at_that_rate = len(cluster.agents) * 1_000 // BEATS_IN_A_SECOND
    return max(cluster.timing.heartbeat_ms, min(at_that_rate, RAREST_BEAT_MS))


def timeout_ms(cluster: Cluster, agent: Agent) -> int:
    """After what silence this agent is unreachable: `BEATS` of its heartbeats, fewer where that is long, and no less
    than was set. One known from before the start has longer: it looks for us. Where many come at once, each has as long
    as all of them together.
    """
    beat = max(agent.heartbeat_ms, heartbeat_ms(cluster))
    least = cluster.timing.settling_ms if agent.never_heard else cluster.timing.agent_timeout_ms
    return max(least, min(beat * BEATS, LONG_MS), beat * BEATS_LEAST)


def heard(cluster: Cluster, agent: Agent, now: int) -> None:
    """An agent's heartbeat. Where there are many more agents by now, or fewer, it is told another rhythm."""
    agent.heard_ms = now
    wanted = heartbeat_ms(cluster)
    if 2 * wanted > 3 * agent.heartbeat_ms or 3 * wanted < 2 * agent.heartbeat_ms:
        agent.heartbeat_ms = wanted
        cluster.to_agent(agent, Registered(wanted), f"there are {len(cluster.agents)} agents by now")


def watch(cluster: Cluster, agent: Agent) -> None:
    """Have its silence judged from its last word on."""
    timer = AgentSilent(agent.info.agent_id, agent.registered_ms)
    cluster.timers.at(agent.heard_ms + timeout_ms(cluster, agent) - LOOK_MS, timer)


def look(cluster: Cluster, timer: AgentSilent, now: int) -> None:
    """Judge an agent's silence, and look again when the last word will be too old."""
    agent = cluster.agents.get(timer.agent_id)
    if agent is None or agent.unreachable or agent.registered_ms != timer.registered_ms:
        return
    due, again = agent.heard_ms + timeout_ms(cluster, agent), timer.heard_ms == agent.heard_ms
    was_late = now - timer.due_ms > LATE_MS and timer.looks < LOOKS_MOST
    if now < due - LOOK_MS:
        watch(cluster, agent)
    elif not again or was_late or now < due:
        when = max(due, now + LOOK_MS)
        looked = timer.looks + 1 if again else 1
        cluster.timers.at(when, replace(timer, heard_ms=agent.heard_ms, due_ms=when, looks=looked))
    else:
        _unreachable(cluster, agent, now)


def _not_heard(cluster: Cluster, agent: Agent) -> str:
    waited = timeout_ms(cluster, agent)
    rhythm = (
        f", {waited // agent.heartbeat_ms} of its heartbeats" if agent.heartbeat_ms else ", since this master leads"
    )
    return f"agent {agent.info.agent_id} was not heard of for {waited / 1000:g} s{rhythm}"


def _unreachable(cluster: Cluster, agent: Agent, now: int) -> None:
    reason = _not_heard(cluster, agent)
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
    reason = _not_heard(cluster, agent)
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
    """The time for coming back has passed since the start: who is not back is not waited for."""
    if cluster.settled:
        return
    missing = sorted([*cluster.expected_agents, *cluster.expected_frameworks])
    cluster.reach.changed = True
    cluster.expected_agents.clear()
    cluster.expected_frameworks.clear()
    cluster.settled_changed = True
    cluster.history.record(now, "settled", cluster.cluster_id, f"not back since the start: {', '.join(missing)}")
    answer_unanswered(cluster, now)
