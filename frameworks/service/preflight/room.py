"""How many instances an empty cluster could hold at most: an upper bound, which no placement ever exceeds."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from barter.core import ranges as rng
from barter.core.constraints import Constraint, Operator, field_value, home, refusal
from barter.core.resources import PORTS, Resources
from barter.core.roles import lineage
from barter.frameworks.service.preflight.facts import AgentFacts, ClusterFacts, Standing
from barter.sdk import Demand

PLENTY = 1 << 40
_NOBODY: Counter[str] = Counter()


@dataclass(frozen=True, slots=True)
class Bound:
    """At most `most` instances because of `by`: a constraint, `role kind` of a limit, or empty for what agents have."""

    most: int
    by: Constraint | str = ""


@dataclass(slots=True)
class Room:
    """`slots` are what each agent could take more of, those that could take none left out; the tightest bound first."""

    slots: dict[str, int]
    agents: dict[str, AgentFacts]
    bounds: list[Bound] = field(default_factory=list)

    @property
    def most(self) -> int:
        return self.bounds[0].most

    @property
    def by(self) -> Constraint | str:
        return self.bounds[0].by


def room(demand: Demand, cluster: ClusterFacts, beside: Sequence[Standing] = ()) -> Room:
    """For instances of `demand` (its count aside) beside those that stay, all else gone from the cluster."""
    there: dict[str, list[Standing]] = defaultdict(list)
    for one in beside:
        there[one.agent_id].append(one)
    fitting = [agent for agent in cluster.agents if could_serve(agent, demand)]
    slots = {agent.agent_id: _slots(agent, demand, there.get(agent.agent_id, ())) for agent in fitting}
    agents = {agent.agent_id: agent for agent in fitting}
    found = Room({agent_id: count for agent_id, count in slots.items() if count > 0}, agents)
    attributes = {agent.agent_id: agent for agent in cluster.agents}
    tallies = {
        each: _tally(each.field, [attributes[one.agent_id] for one in beside if one.agent_id in attributes])
        for each in demand.constraints
        if counts(each)
    }
    bounds = [Bound(sum(found.slots.values()))]
    _cut_to_values(found, tallies)
    bounds += [Bound(_bound(each, tally, found, demand, cluster), each) for each, tally in tallies.items()]
    bounds += _limits(demand, cluster, beside)
    found.bounds = sorted(bounds, key=lambda bound: bound.most)
    return found


def placed_at_once(demand: Demand, cluster: ClusterFacts, wanted: int) -> bool:
    """Whether so many instances are placed by taking the agents one after another: seen fast where there is plenty.

    False says nothing, and is what is said where the order matters.
    """
    counting = [each for each in demand.constraints if counts(each)]
    if cluster.limits or any(not _per_value(each) for each in counting):
        return False
    tallies = {each: Counter[str]() for each in counting}
    for agent in cluster.agents:
        if wanted <= 0:
            break
        if not could_serve(agent, demand):
            continue
        values = {each: field_value(agent.attributes, each.field) or "" for each in counting}
        left = [_per_value(each) - tallies[each][value] for each, value in values.items()]
        here = max(min([wanted, _slots(agent, demand, ()), *left]), 0)
        wanted -= here
        for each, value in values.items():
            tallies[each][value] += here
    return wanted <= 0


def counts(constraint: Constraint) -> bool:
    """Whether its answer depends on where instances are."""
    if constraint.operator is Operator.CLUSTER:
        return not constraint.value
    return constraint.operator in (Operator.UNIQUE, Operator.MAX_PER, Operator.GROUP_BY)


def satisfies(agent: AgentFacts, constraint: Constraint) -> bool:
    """Whether an empty cluster's agent does; of a constraint that counts, whether the agent has the field."""
    if counts(constraint):
        return field_value(agent.attributes, constraint.field) is not None
    return not refusal(constraint, agent.attributes, _NOBODY, frozenset())


def could_serve(agent: AgentFacts, demand: Demand) -> bool:
    """Resources aside."""
    info = agent.info
    return (
        agent.usable
        and info.public == demand.on_public
        and demand.runtime in info.runtimes
        and all(satisfies(agent, each) for each in demand.constraints)
    )


def fit(held: Resources, demand: Demand) -> int:
    """How many instances so much would hold; of one with ports of its own at most one."""
    need = demand.resources
    most = min((held.scalars.get(name, 0) // amount for name, amount in need.scalars.items() if amount), default=PLENTY)
    if demand.port_count:
        most = min(most, (rng.size(held.ports) - rng.size(need.ports)) // demand.port_count)
    if need.ports:
        most = min(most, 1 if rng.contains(held.ports, need.ports) else 0)
    return max(most, 0)


def _slots(agent: AgentFacts, demand: Demand, there: Sequence[Standing]) -> int:
    held = agent.given_to(demand.role)
    for one in there:
        taken = Resources(one.demand.resources.scalars, {PORTS: one.ports} if one.ports else {})
        held = held.without(taken)
    most = fit(held, demand)
    if agent.info.max_containers and demand.runtime == "docker":
        most = min(most, agent.info.max_containers - len(there))
    return most


def _tally(name: str, agents: Iterable[AgentFacts]) -> Counter[str]:
    values = (field_value(agent.attributes, name) for agent in agents)
    return Counter(value for value in values if value is not None)


def _cut_to_values(found: Room, tallies: dict[Constraint, Counter[str]]) -> None:
    """No agent takes more than may be where the constraint's field has its value."""
    for constraint, tally in tallies.items():
        most = _per_value(constraint)
        for agent_id, count in list(found.slots.items()) if most else ():
            value = field_value(found.agents[agent_id].attributes, constraint.field) or ""
            left = min(count, most - tally[value])
            if left > 0:
                found.slots[agent_id] = left
            else:
                del found.slots[agent_id]


def _per_value(constraint: Constraint) -> int:
    """How many may share a value; 0 for any number."""
    if constraint.operator is Operator.UNIQUE:
        return 1
    return int(constraint.value) if constraint.operator is Operator.MAX_PER else 0


def _bound(constraint: Constraint, tally: Counter[str], found: Room, demand: Demand, cluster: ClusterFacts) -> int:
    by_value: Counter[str] = Counter()
    for agent_id, count in found.slots.items():
        by_value[field_value(found.agents[agent_id].attributes, constraint.field) or ""] += count
    if constraint.operator is Operator.CLUSTER:
        there = home(tally)
        return by_value[there] if there else max(by_value.values(), default=0)
    if constraint.operator is Operator.GROUP_BY:
        return _levelled(constraint, tally, by_value, demand, cluster)
    most = _per_value(constraint)
    return sum(min(count, most - tally[value]) for value, count in by_value.items())


def _levelled(
    constraint: Constraint, tally: Counter[str], by_value: Counter[str], demand: Demand, cluster: ClusterFacts
) -> int:
    """Each value takes one more than the fewest that any value will ever have: where that is full, all stop.

    The master levels over the values of active agents; those of who may come back only add to them.
    """
    could_run = [
        agent
        for agent in cluster.agents
        if agent.usable and agent.info.public == demand.on_public and demand.runtime in agent.info.runtimes
    ]
    known = tally + _tally(constraint.field, (agent for agent in could_run if agent.active))
    fewest = min((tally[value] + by_value[value] for value in known), default=PLENTY)
    if int(constraint.value or 0) > len(known.keys() | _tally(constraint.field, could_run).keys()):
        fewest = 0
    return sum(min(count, max(fewest + 1 - tally[value], 0)) for value, count in by_value.items())


def _limits(demand: Demand, cluster: ClusterFacts, beside: Sequence[Standing]) -> Iterable[Bound]:
    """A limit of the role or of one above it holds for all instances together."""
    for role in lineage(demand.role):
        for kind, limit in cluster.limits.get(role, {}).items():
            wanted = demand.resources.scalars.get(kind, 0)
            if wanted:
                left = limit - sum(one.demand.resources.scalars.get(kind, 0) for one in beside)
                yield Bound(max(left // wanted, 0), f"{role} {kind}")
