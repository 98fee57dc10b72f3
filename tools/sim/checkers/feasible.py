"""Where one more task of a demand would fit, and who would take an offer, worked out without the allocator."""

from collections import Counter
from collections.abc import Callable, Container, Iterator

from barter.core import ranges as rng
from barter.core.cluster import AgentInfo, Demand
from barter.core.constraints import Constraint, field_value, refusal
from barter.core.resources import PORTS, Resources
from barter.core.units import MIB
from barter.master.cluster import Cluster
from barter.master.state import Agent, Framework
from barter.tools.sim.checkers.declined import Declined
from barter.tools.sim.master import SimMaster

PUBLIC_ROLE = "slave_public"


def free_of(agent: Agent) -> Resources:
    """What is plain and in nobody's hands."""
    return agent.free


def fitting(
    cluster: Cluster, framework: Framework, demand: Demand, counts_as_free: Callable[[Agent], Resources] = free_of
) -> Iterator[Agent]:
    """The active agents on which it fits beside what is there, by resources, side, runtime and constraints.

    Instances are the demand's live tasks and those in its open offers, as for the allocator.
    """
    able = [agent for agent in cluster.agents.values() if agent.active and _is_able(agent.info, demand)]
    placed = _placed(cluster, framework, demand)
    for agent in able:
        if _holds(_for(demand, agent, counts_as_free(agent)), demand) and not any(
            _refuses(constraint, agent, placed, able, cluster) for constraint in demand.constraints
        ):
            yield agent


def taker_of(
    master: SimMaster, agent: Agent, declined: Declined, suppressed: Callable[[Framework], Container[str]]
) -> Framework | None:
    """A framework that takes classic offers of such an agent, but for roles suppressed, and has refused none of it."""
    now = master.clock.now() - 1
    for framework in master.machine.cluster.frameworks.values():
        takes = framework.connected and not framework.demands_only
        refused = not takes or declined.holds(framework.framework_id, agent.info.agent_id, now)
        if not refused and _has_role_for(framework, agent, suppressed(framework)):
            return framework
    return None


def is_worth_offering(free: Resources) -> bool:
    return free.scalars.get("cpus", 0) >= 10 or free.scalars.get("mem", 0) >= 32 * MIB


def _has_role_for(framework: Framework, agent: Agent, suppressed: Container[str]) -> bool:
    wanted = [role for role in framework.info.roles if role not in suppressed]
    if agent.info.public:
        return PUBLIC_ROLE in wanted
    return any(role != PUBLIC_ROLE for role in wanted)


def open_tasks(framework: Framework, demand: Demand) -> int:
    """How many of its tasks are in offers that wait for an answer."""
    return sum(each.tasks for each in framework.offers.values() if each.offer.demand_id == demand.demand_id)


def _is_able(info: AgentInfo, demand: Demand) -> bool:
    return info.public == demand.on_public and demand.runtime in info.runtimes


def _for(demand: Demand, agent: Agent, free: Resources) -> Resources:
    """Of what a revocable demand asks, cpus come from what is lent."""
    if not demand.revocable:
        return free
    lent = {"cpus": agent.revocable.scalars.get("cpus", 0)}
    return Resources({**free.scalars, **lent}, free.ranges, free.sets)


def _holds(free: Resources, demand: Demand) -> bool:
    wanted = demand.resources
    spare = rng.size(free.ranges.get(PORTS, ())) - rng.size(wanted.ranges.get(PORTS, ()))
    return wanted in free and spare >= demand.port_count


def _placed(cluster: Cluster, framework: Framework, demand: Demand) -> Counter[str]:
    """By agent id."""
    placed = Counter(str(task.agent_id) for task in framework.tasks.values() if task.info.demand_id == demand.demand_id)
    for opened in framework.offers.values():
        if opened.offer.demand_id == demand.demand_id:
            placed[opened.offer.agent_id] += opened.tasks
    return placed


def _refuses(constraint: Constraint, agent: Agent, placed: Counter[str], able: list[Agent], cluster: Cluster) -> bool:
    counts: Counter[str] = Counter()
    for other in cluster.agents.values():
        value = field_value(other.info.placement_attributes, constraint.field)
        if value is not None and placed[other.info.agent_id]:
            counts[value] += placed[other.info.agent_id]
    values = (field_value(other.info.placement_attributes, constraint.field) for other in able)
    known = frozenset(value for value in values if value is not None)
    return bool(refusal(constraint, agent.info.placement_attributes, counts, known))
