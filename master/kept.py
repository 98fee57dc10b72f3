"""What of an agent is free and offered to nobody, as tasks end there so that a demand gets it."""

from barter.core import ranges as rng
from barter.core.resources import PORTS, Resources
from barter.master.holdings import plain_of, total_of
from barter.master.state import Agent, Kept


def living(agent: Agent, kept: Kept) -> bool:
    """Whether some of the tasks that end for it are there still."""
    return any(key in agent.tasks for key in kept.victims)


def kept_of(agent: Agent, free: Resources) -> Resources:
    """The part of the free plain resources that is needed beside what the victims still have."""
    left = free
    for kept in agent.kept:
        coming = total_of(plain_of(agent.tasks[key].info) for key in kept.victims if key in agent.tasks)
        left = left.without(kept.need.without(coming))
        missing = kept.port_count - rng.size(coming.ports)
        if missing > 0 and left.ports:
            taken = rng.first(left.ports, min(missing, rng.size(left.ports)))
            left = left.without(Resources(ranges={PORTS: taken}))
    return free.without(left)
