"""What preempted tasks leave is kept for the demand they end for, until the last of them has ended."""

from dataclasses import replace

from barter.core.cluster import Demand
from barter.core.ids import FrameworkId
from barter.master.cluster import Cluster
from barter.master.kept import living, placed_here
from barter.master.owed import lacking
from barter.master.state import Agent, Kept, Task
from barter.master.timers import KeepingEnds
from barter.master.victims import need_of
from barter.master.waiting import in_vain

A_LITTLE_MS = 5_000


def keep(
    cluster: Cluster, framework_id: FrameworkId, demand: Demand, tasks: int, victims: tuple[Task, ...], now: int
) -> None:
    """For so many tasks of the demand, until the victims have ended and all else that was ending with them.

    They are of one agent.
    """
    agent = cluster.agents[victims[0].agent_id]
    claimed = {key for each in agent.kept for key in each.victims}
    ending = tuple(key for key, task in agent.tasks.items() if task.ending and key not in claimed)
    grace_ms = cluster.timing.preemption_grace_ms
    longest_ms = grace_ms if grace_ms >= 0 else max(task.info.kill_grace_ms for task in victims)
    until_ms = now + longest_ms + A_LITTLE_MS
    need, ports = need_of(demand), demand.resources.ports
    kept = Kept(framework_id, demand.demand_id, tasks, 0, need, ports, ending, until_ms)
    same = [each for each in agent.kept if (each.framework_id, each.demand_id) == (framework_id, demand.demand_id)]
    for known in same:
        wanted_more = known.tasks - max(placed_here(agent, known) - known.placed, 0)
        kept = replace(
            kept,
            tasks=kept.tasks + max(wanted_more, 0),
            victims=(*known.victims, *kept.victims),
            until_ms=max(until_ms, known.until_ms),
        )
    kept = replace(kept, placed=placed_here(agent, kept))
    agent.kept = (*(each for each in agent.kept if each not in same), kept)
    cluster.keeping[agent.info.agent_id] = None
    cluster.timers.at(until_ms, KeepingEnds(agent.info.agent_id))
    cluster.touch(agent)


def lift(cluster: Cluster, now: int) -> bool:
    """Have offered again what is kept for nobody or for long enough; whether there was any."""
    lifted = False
    for agent_id in tuple(cluster.keeping):
        agent = cluster.agents.get(agent_id)
        if agent is None:
            del cluster.keeping[agent_id]
            continue
        lasting = tuple(each for each in agent.kept if _lasts(cluster, agent, each, now))
        if len(lasting) < len(agent.kept):
            if not living(agent):
                cluster.made_room += [(agent_id, each) for each in agent.kept]
            agent.kept, lifted = lasting, True
            cluster.touch(agent)
        if not lasting:
            del cluster.keeping[agent_id]
    return lifted


def _lasts(cluster: Cluster, agent: Agent, kept: Kept, now: int) -> bool:
    framework = cluster.frameworks.get(kept.framework_id)
    demand = framework.demands.get(kept.demand_id) if framework is not None else None
    return (
        demand is not None
        and now < kept.until_ms
        and living(agent)
        and cluster.allocator.waits(kept.framework_id, kept.demand_id)
        and lacking(cluster, demand) is not None
    )


def tell_in_vain(cluster: Cluster, now: int) -> None:
    """Once all is offered: what became free was not enough, or went to others under their guarantee."""
    for agent_id, kept in cluster.made_room:
        agent, framework = cluster.agents.get(agent_id), cluster.frameworks.get(kept.framework_id)
        demand = framework.demands.get(kept.demand_id) if framework is not None else None
        if agent is None or demand is None or not cluster.allocator.waits(kept.framework_id, kept.demand_id):
            continue
        if placed_here(agent, kept) > kept.placed:
            continue
        short = "; ".join(agent.free.shortfalls(demand.resources))
        why = short or "a filter, a constraint, its quota or ports stand in its way"
        told = f"what was preempted on {agent.info.hostname} has ended, and it waits all the same: {why}"
        in_vain(cluster, kept.framework_id, kept.demand_id, told, now)
    cluster.made_room.clear()
