"""Agents that stay out of reach are removed, one at a time; many lost at once stop that until they are back, or an
operator says that they are lost indeed.
"""

from collections.abc import Sequence
from dataclasses import replace

from barter.core.ids import AgentId
from barter.core.removals import RemovalMode, Removals, RemovedAgent
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.core.units import format_duration
from barter.master.cluster import Cluster
from barter.master.events import HoldRemovals, ResumeRemovals
from barter.master.facts import AgentRemoved, RemovalsSet, RemovedForgotten
from barter.master.holdings import static_reservations
from barter.master.removal import remove
from barter.master.state import Agent, TaskKey
from barter.master.timers import RemovalTurn

MOST_REMOVED = 1_000


def judge(cluster: Cluster, now: int) -> None:
    """Whether so many are lost that it is more likely the network, or this master, than they."""
    reach, timing = cluster.reach, cluster.timing
    _count_again(cluster)
    if reach.removals.mode is RemovalMode.RUNNING and not reach.out:
        return
    known = sum(agent.maintenance is None for agent in cluster.agents.values())
    if reach.removals.mode is RemovalMode.RUNNING:
        together = most_together([agent.unreachable_ms for agent in lost(cluster)], timing.loss_window_ms)
        if _too_many(cluster, together, known):
            reason = f"{together} of {known} agents were lost within {format_duration(timing.loss_window_ms)}"
            _set(cluster, RemovalMode.FROZEN, f"{reason}, more than {_share(cluster)}", now)
    elif reach.removals.mode is RemovalMode.FROZEN:
        away = len(lost(cluster)) + len(cluster.expected_agents - reach.out.keys())
        if not _too_many(cluster, away, known):
            reason = f"{away} of {known} agents are out of reach now, no more than {_share(cluster)}"
            _set(cluster, RemovalMode.RUNNING, reason, now, not_before_ms=now + timing.removal_ms)


def _count_again(cluster: Cluster) -> None:
    """Who was noted as lost and is back counts as ever, should it be lost again."""
    reach = cluster.reach
    away = tuple(each for each in reach.removals.excused if _is_away(cluster, each))
    if away != reach.removals.excused:
        reach.removals = replace(reach.removals, excused=away)
        cluster.persist(RemovalsSet(reach.removals), "agents that were noted as lost are back, or gone")


def _is_away(cluster: Cluster, agent_id: AgentId) -> bool:
    return agent_id in cluster.reach.out or agent_id in cluster.expected_agents


def most_together(moments: Sequence[int], window_ms: int) -> int:
    """How many of these moments, in order, are in one window at most."""
    most = first = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - window_ms:
            first += 1
        most = max(most, last - first + 1)
    return most


def lost(cluster: Cluster) -> list[Agent]:
    """Out of reach, and neither given up by an operator nor noted as lost."""
    excused = set(cluster.reach.removals.excused)
    agents = (cluster.agents[agent_id] for agent_id in cluster.reach.out if agent_id not in excused)
    return [agent for agent in agents if agent.maintenance is None]


def remove_due(cluster: Cluster, now: int) -> None:
    """Remove who is due, the longest out of reach first and one at a time; look again when the next one is."""
    reach = cluster.reach
    if reach.stopped or not cluster.timing.removal_ms:
        return
    for agent_id in tuple(reach.out):
        agent = cluster.agents[agent_id]
        if kept_for(agent):
            continue
        due = due_ms(cluster, agent)
        if due > now:
            if not now < reach.turn_ms <= due:
                reach.turn_ms = due
                cluster.timers.at(due, RemovalTurn())
            return
        _give_up(cluster, agent, now)


def due_ms(cluster: Cluster, agent: Agent) -> int:
    """When it is to be removed at the earliest, were it the next."""
    reach, timing = cluster.reach, cluster.timing
    turn = reach.last_ms + timing.removal_every_ms if reach.last_ms else 0
    return max(agent.unreachable_ms + timing.removal_ms, reach.removals.not_before_ms, turn)


def kept_for(agent: Agent) -> str:
    """Why it is not removed however long it stays away; empty where it is."""
    if agent.maintenance is not None:
        return "an operator has it under maintenance"
    if agent.volumes or agent.condemned:
        return "it has persistent volumes"
    if agent.reservations.keys() - static_reservations(agent.info).keys():
        return "parts of it are reserved"
    return ""


def back(cluster: Cluster, removed: RemovedAgent, staying: Sequence[TaskKey], now: int) -> None:
    """A removed agent has registered; of its tasks those `staying` gone still run there, and are being killed."""
    agent_id = removed.agent_id
    if removed.returned and len(staying) == len(removed.tasks):
        return
    if not removed.returned:
        away = format_duration(now - removed.removed_ms)
        cluster.history.record(now, "agent_returned", agent_id, f"{away} after it was removed")
    known = removed.tasks_known or removed.more
    back = replace(removed, tasks=tuple(staying), tasks_known=known, returned=True, more=False)
    _keep_of(cluster, back, "the agent is back")


def ended(cluster: Cluster, agent: Agent, key: TaskKey) -> None:
    """One that was told as gone has ended indeed."""
    removed = cluster.reach.removed.get(agent.info.agent_id)
    if removed is not None and key in removed.tasks:
        left = tuple(each for each in removed.tasks if each != key)
        _keep_of(cluster, replace(removed, tasks=left), "a task that was told as gone has ended")


def forget(cluster: Cluster, agent_id: AgentId, reason: str) -> None:
    """It will not return, or nothing of it is left to be killed."""
    if cluster.reach.drop(agent_id) is not None:
        cluster.persist(RemovedForgotten(agent_id), reason)


def _keep_of(cluster: Cluster, removed: RemovedAgent, reason: str) -> None:
    if not removed.tasks:
        forget(cluster, removed.agent_id, reason)
        return
    cluster.reach.keep(removed)
    cluster.persist(AgentRemoved(removed), reason)


def change(cluster: Cluster, event: HoldRemovals | ResumeRemovals, now: int) -> str:
    """Returns why not."""
    mode, said = cluster.reach.removals.mode, f": {event.reason}" if event.reason else ""
    if isinstance(event, HoldRemovals):
        if mode is RemovalMode.HELD:
            return f"removals are held already: {cluster.reach.removals.reason}"
        _set(cluster, RemovalMode.HELD, f"held by an operator{said}", now)
        return ""
    if mode is RemovalMode.RUNNING:
        return "removals are neither frozen nor held: see `barter removals`"
    away = tuple(cluster.reach.out.keys() | cluster.expected_agents)
    _set(cluster, RemovalMode.RUNNING, f"resumed by an operator{said}", now, excused=tuple(sorted(away)))
    return ""


def _too_many(cluster: Cluster, count: int, known: int) -> bool:
    timing = cluster.timing
    return count >= timing.loss_least and count * 1_000 > timing.loss_share_milli * known


def _share(cluster: Cluster) -> str:
    return f"{cluster.timing.loss_share_milli / 10:g} %"


def _set(
    cluster: Cluster,
    mode: RemovalMode,
    reason: str,
    now: int,
    *,
    not_before_ms: int = 0,
    excused: tuple[AgentId, ...] | None = None,
) -> None:
    reach = cluster.reach
    if excused is None:
        excused = tuple(each for each in reach.removals.excused if _is_away(cluster, each))
    reach.removals = Removals(mode, now, reason, not_before_ms, excused)
    cluster.persist(RemovalsSet(reach.removals), reason)
    kinds = {
        RemovalMode.RUNNING: "removals_resumed",
        RemovalMode.FROZEN: "removals_frozen",
        RemovalMode.HELD: "removals_held",
    }
    cluster.history.record(now, kinds[mode], cluster.cluster_id, reason)


def _give_up(cluster: Cluster, agent: Agent, now: int) -> None:
    """Its tasks end as gone; should it return, they are what it says they are."""
    agent_id, reach = agent.info.agent_id, cluster.reach
    away = format_duration(now - agent.unreachable_ms)
    reason = f"agent {agent_id} was out of reach for {away}; it was removed, and may return"
    kills = {key: task.kill for key, task in agent.tasks.items() if task.kill is not None}
    before = reach.drop(agent_id)
    tasks = (*(before.tasks if before is not None else ()), *agent.tasks)
    removed = RemovedAgent(agent_id, agent.info.hostname, now, reason, tasks, not agent.never_heard)
    while len(reach.removed) >= MOST_REMOVED:
        forget(cluster, next(iter(reach.removed)), f"{MOST_REMOVED} were removed after it")
    reach.keep(removed)
    reach.last_ms = now
    cluster.persist(AgentRemoved(removed), reason)
    cluster.history.record(now, "agent_removed", agent_id, f"{reason}; {len(agent.tasks)} tasks gone with it")
    remove(cluster, agent, TaskState.GONE, Reason.AGENT_REMOVED, reason, now)
    for key, kill in kills.items():
        if (ended := cluster.ended.get(key)) is not None:
            ended.kill = kill
