"""A slow, obvious cluster to hold the allocator against: sums, loops, no index."""

import re
from collections import Counter
from dataclasses import dataclass, field, replace

from barter.core import ranges as rng
from barter.core.cluster import AgentInfo, Demand
from barter.core.constraints import Operator, field_value, refusal
from barter.core.ids import AgentId, FrameworkId
from barter.core.resources import NOTHING, Resources, dominant_share
from barter.core.units import MIB
from barter.master.allocator import AgentSlot, Grant, Seeker


@dataclass
class Held:
    """An offer, or what was launched from one."""

    grant: Grant
    resources: Resources
    tasks: int
    running: bool = False


@dataclass
class Refused:
    framework_id: FrameworkId
    agent_id: AgentId
    resources: Resources
    until_ms: int


@dataclass
class World:
    agents: dict[AgentId, AgentInfo] = field(default_factory=dict)
    inactive: set[AgentId] = field(default_factory=set)
    seekers: dict[FrameworkId, Seeker] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    now: int = 0

    def free(self, agent_id: AgentId) -> Resources:
        left = self.agents[agent_id].resources
        for each in self.held:
            if each.grant.agent_id == agent_id:
                left = left - each.resources
        return left

    def slot(self, agent_id: AgentId) -> AgentSlot:
        return AgentSlot(self.agents[agent_id], self.free(agent_id), agent_id not in self.inactive)

    def used(self, framework_id: FrameworkId) -> Resources:
        scalars: Counter[str] = Counter()
        for each in self.held:
            if each.grant.framework_id == framework_id:
                scalars.update(each.resources.scalars)
        return Resources(scalars)

    def seeker(self, framework_id: FrameworkId) -> Seeker:
        seeker = self.seekers[framework_id]
        return replace(seeker, used={seeker.roles[0]: self.used(framework_id)})

    def seeking(self) -> list[Seeker]:
        return [each for each in self.seekers.values() if each.connected and not each.suppressed]

    def out(self, framework_id: FrameworkId, demand: Demand) -> int:
        return sum(each.tasks for each in self._of(framework_id, demand) if not each.running)

    def instances(self, framework_id: FrameworkId, demand: Demand, field: str) -> Counter[str]:
        counts: Counter[str] = Counter()
        for each in self._of(framework_id, demand):
            info = self.agents.get(each.grant.agent_id)
            value = None if info is None else field_value(info.placement_attributes, field)
            if value is not None:
                counts[value] += each.tasks
        return counts

    def _of(self, framework_id: FrameworkId, demand: Demand) -> list[Held]:
        own = (framework_id, demand.demand_id)
        return [each for each in self.held if (each.grant.framework_id, each.grant.demand_id) == own]

    def able(self, demand: Demand) -> list[AgentInfo]:
        return [
            info
            for agent_id, info in self.agents.items()
            if agent_id not in self.inactive and info.public == demand.on_public and demand.runtime in info.runtimes
        ]

    def constraint_refusals(self, framework_id: FrameworkId, demand: Demand, info: AgentInfo) -> list[str]:
        said: list[str] = []
        for each in demand.constraints:
            known = {field_value(able.placement_attributes, each.field) for able in self.able(demand)} - {None}
            placed = self.instances(framework_id, demand, each.field)
            values = frozenset(value for value in known if value is not None)
            said.append(refusal(each, info.placement_attributes, placed, values))
        return [each for each in said if each]

    def fits(self, seeker: Seeker, demand: Demand, agent_id: AgentId) -> bool:
        """Whether one more task of the demand may go there."""
        info, free = self.agents[agent_id], self.free(agent_id)
        return (
            info in self.able(demand)
            and _holds(free, demand)
            and not any(_holds(each.resources, demand) for each in self.refusals(seeker.framework_id, agent_id))
            and not self.constraint_refusals(seeker.framework_id, demand, info)
        )

    def refusals(self, framework_id: FrameworkId, agent_id: AgentId) -> list[Refused]:
        return [
            each
            for each in self.refused
            if (each.framework_id, each.agent_id) == (framework_id, agent_id) and each.until_ms > self.now
        ]

    def takers(self, agent_id: AgentId) -> list[tuple[float, str, float, FrameworkId]]:
        """Who may be offered all that is free there, as (role share, role, own share, id)."""
        free, info = self.free(agent_id), self.agents[agent_id]
        worth = free.scalars.get("cpus", 0) >= 10 or free.scalars.get("mem", 0) >= 32 * MIB
        if agent_id in self.inactive or not worth:
            return []
        return [
            (self.role_share(role), role, self.share(seeker.framework_id), seeker.framework_id)
            for seeker in self.seeking()
            if not seeker.demands_only
            and not any(free in each.resources for each in self.refusals(seeker.framework_id, agent_id))
            for role in _roles_for(seeker, info)
        ]

    def total(self) -> Resources:
        return sum((Resources(info.resources.scalars) for info in self.agents.values()), NOTHING)

    def share(self, framework_id: FrameworkId) -> float:
        return dominant_share(self.used(framework_id), self.total())

    def role_share(self, role: str) -> float:
        members = (self.used(each.framework_id) for each in self.seekers.values() if role in each.roles)
        return dominant_share(sum(members, NOTHING), self.total())


def _holds(held: Resources, demand: Demand) -> bool:
    spare = rng.size(rng.subtract(held.ports, demand.resources.ports))
    return demand.resources in held and spare >= demand.port_count


def _roles_for(seeker: Seeker, info: AgentInfo) -> list[str]:
    if info.public:
        return [role for role in seeker.roles if role == "slave_public"]
    return [role for role in seeker.roles if role != "slave_public"] or list(seeker.roles)


def counts_hold(world: World, seeker: Seeker, demand: Demand, value_of: dict[str, set[str]]) -> list[str]:
    """Which counting constraints the instances break, looking at the values (by field) where some were added."""
    broken: list[str] = []
    for each in demand.constraints:
        counts = world.instances(seeker.framework_id, demand, each.field)
        added = value_of[each.field]
        known = {field_value(info.placement_attributes, each.field) for info in world.able(demand)} - {None}
        fewest = min((counts[value] for value in {*known, *counts} if value is not None), default=0)
        if not _holds_still(each.operator, each.value, counts, added, fewest):
            broken.append(f"{each}: {counts} with {added} added")
    return broken


def _holds_still(operator: Operator, wanted: str, counts: Counter[str], added: set[str], fewest: int) -> bool:
    match operator:
        case Operator.UNIQUE:
            return all(counts[value] == 1 for value in added)
        case Operator.MAX_PER:
            return all(counts[value] <= int(wanted) for value in added)
        case Operator.CLUSTER:
            return not added or (len(added) == 1 and (not wanted or added == {wanted}))
        case Operator.GROUP_BY:
            return all(counts[value] - 1 <= fewest for value in added)
        case Operator.IS:
            return added <= {wanted}
        case Operator.LIKE | Operator.UNLIKE:
            return all((re.fullmatch(wanted, value) is None) == (operator is Operator.UNLIKE) for value in added)
