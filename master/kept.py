"""What of an agent is free and offered to nobody, as tasks end there so that demands get it."""

from collections import Counter

from barter.core import ranges as rng
from barter.core.resources import PORTS, Resources
from barter.master.holdings import plain_of
from barter.master.state import Agent, Kept
from barter.master.victims import amounts_of


def placed_here(agent: Agent, kept: Kept) -> int:
    """How many tasks of the demand run on the agent or are in open offers of it."""
    key = kept.framework_id, kept.demand_id
    running = sum((task.framework_id, task.info.demand_id) == key for task in agent.tasks.values())
    offered = (each for each in agent.offers.values() if (each.offer.framework_id, each.offer.demand_id) == key)
    return running + sum(each.tasks for each in offered)


def living(agent: Agent) -> bool:
    """Whether some of the tasks that end for others are there still."""
    return any(key in agent.tasks for kept in agent.kept for key in kept.victims)


def kept_of(agent: Agent, free: Resources) -> Resources:
    """Of the free plain resources what is needed, with what the victims still have, for those tasks that do not fit
    by now."""
    left, owed = Counter(amounts_of(free)), Counter[str]()
    fixed: rng.Ranges = ()
    for kept in agent.kept:
        tasks = max(kept.tasks - max(placed_here(agent, kept) - kept.placed, 0), 0)
        fitting = min((left[kind] // each for kind, each in kept.need.items() if each), default=tasks)
        for kind, each in kept.need.items():
            left[kind] -= each * min(fitting, tasks)
            owed[kind] += each * max(tasks - fitting, 0)
        if tasks > fitting:
            fixed = rng.union(fixed, kept.ports)
    for key in {key: None for kept in agent.kept for key in kept.victims if key in agent.tasks}:
        owed.subtract(amounts_of(plain_of(agent.tasks[key].info)))
    keep = {kind: min(amount, left[kind]) for kind, amount in owed.items() if min(amount, left[kind]) > 0}
    ports = rng.subtract(free.ports, rng.subtract(free.ports, fixed))
    ports = rng.union(ports, rng.first(rng.subtract(free.ports, ports), max(keep.pop(PORTS, 0) - rng.size(ports), 0)))
    return Resources(keep, {PORTS: ports} if ports else {})
