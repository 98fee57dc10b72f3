"""A slow, obvious cluster to hold the allocator against: sums, loops, no index."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from barter.core import ranges as rng
from barter.core.cluster import AgentInfo, Demand
from barter.core.constraints import Operator, field_value, refusal
from barter.core.ids import AgentId, FrameworkId, ReservationId
from barter.core.resources import NOTHING, Resources
from barter.core.roles import RoleConfig, is_within, lineage
from barter.core.units import MIB
from barter.master.allocator import AgentSlot, Grant, ReservedSlot, Seeker

Amounts = Mapping[str, int]
Place = tuple[tuple[float, str], ...]
ENDLESS = 1 << 60


def dominant_share(used: Resources, total: Resources) -> float:
    """The largest used/total over scalars: Ghodsi et al., "Dominant Resource Fairness", NSDI 2011."""
    return max(
        (amount / total.scalars[name] for name, amount in used.scalars.items() if total.scalars.get(name)),
        default=0.0,
    )


@dataclass
class Held:
    """An offer, or what was launched from one, and how many `containers` that takes."""

    grant: Grant
    running: bool = False
    containers: int = 0

    @property
    def plain(self) -> Resources:
        left = self.grant.resources - self.grant.revocable
        for part in self.grant.reserved.values():
            left = left - part
        return left


@dataclass
class Refused:
    framework_id: FrameworkId
    agent_id: AgentId
    resources: Resources
    until_ms: int


@dataclass
class Reserved:
    reservation_id: ReservationId
    role: str
    resources: Resources


@dataclass
class World:
    agents: dict[AgentId, AgentInfo] = field(default_factory=dict)
    inactive: set[AgentId] = field(default_factory=set)
    slack: dict[AgentId, Resources] = field(default_factory=dict)
    reservations: dict[AgentId, list[Reserved]] = field(default_factory=dict)
    seekers: dict[FrameworkId, Seeker] = field(default_factory=dict)
    configs: dict[str, RoleConfig] = field(default_factory=dict)
    held: list[Held] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    now: int = 0

    def on(self, agent_id: AgentId) -> list[Held]:
        return [each for each in self.held if each.grant.agent_id == agent_id]

    def free(self, agent_id: AgentId) -> Resources:
        left = self.agents[agent_id].resources
        for reserved in self.reservations.get(agent_id, ()):
            left = left - reserved.resources
        for each in self.on(agent_id):
            left = left - each.plain
        return left

    def free_reserved(self, agent_id: AgentId, reserved: Reserved) -> Resources:
        left = reserved.resources
        for each in self.on(agent_id):
            left = left - each.grant.reserved.get(reserved.reservation_id, NOTHING)
        return left

    def free_revocable(self, agent_id: AgentId) -> Resources:
        left = self.slack.get(agent_id, NOTHING)
        for each in self.on(agent_id):
            left = left - each.grant.revocable
        return left

    def containers(self, agent_id: AgentId) -> int:
        """How many more it may run."""
        most = self.agents[agent_id].max_containers
        return most - sum(each.containers for each in self.on(agent_id)) if most else ENDLESS

    def slot(self, agent_id: AgentId) -> AgentSlot:
        reserved = tuple(
            ReservedSlot(each.reservation_id, each.role, each.resources, self.free_reserved(agent_id, each))
            for each in self.reservations.get(agent_id, ())
        )
        info, active = self.agents[agent_id], agent_id not in self.inactive
        slack, containers = self.free_revocable(agent_id), self.containers(agent_id)
        return AgentSlot(info, self.free(agent_id), active, "", reserved, slack, containers=containers)

    def used(self, framework_id: FrameworkId | None, role: str, *, reserved_only: bool = False) -> Resources:
        """Under exactly that role; of all frameworks where none is named."""
        scalars: Counter[str] = Counter()
        for each in self.held:
            if framework_id in (None, each.grant.framework_id) and each.grant.role == role:
                parts = [*each.grant.reserved.values(), *([] if reserved_only else [each.plain])]
                for part in parts:
                    scalars.update(part.scalars)
        return Resources(scalars)

    def seeker(self, framework_id: FrameworkId) -> Seeker:
        roles = {each.grant.role for each in self.held if each.grant.framework_id == framework_id}
        return replace(
            self.seekers[framework_id],
            used={role: self.used(framework_id, role) for role in roles},
            used_reserved={role: self.used(framework_id, role, reserved_only=True) for role in roles},
        )

    def consumption(self, role: str) -> Counter[str]:
        scalars: Counter[str] = Counter()
        for each in self.held:
            if is_within(each.grant.role, role):
                scalars.update(each.plain.scalars)
        for reservations in self.reservations.values():
            for reserved in reservations:
                if is_within(reserved.role, role):
                    scalars.update(reserved.resources.scalars)
        return scalars

    def required(self, kind: str, given: str = "") -> int:
        """What guarantees want left free; were the role `given` to get without end, what the others still want."""
        roles = {above for name in self.configs for above in lineage(name)}

        def of(role: str) -> int:
            config = self.configs.get(role, RoleConfig(role))
            unmet = config.guarantee.get(kind, 0) - self.consumption(role)[kind]
            if is_within(given, role):
                unmet = 0
            below = sum(of(each) for each in roles if each.rpartition("/")[0] == role)
            return max(unmet, below, 0)

        return sum(of(each) for each in roles if "/" not in each)

    def spare(self, kind: str) -> int:
        """What is free on active private agents beyond what guarantees want."""
        private = [each for each, info in self.agents.items() if each not in self.inactive and not info.public]
        free = sum(self.free(each).scalars.get(kind, 0) for each in private)
        return free - self.required(kind)

    def allowed(self, role: str, kind: str, *, public: bool) -> int:
        left = ENDLESS
        for above in lineage(role):
            limit = self.configs.get(above, RoleConfig(above)).limit
            if kind in limit:
                left = min(left, max(limit[kind] - self.consumption(above)[kind], 0))
        if self.required(kind) and not public:
            relief = self.required(kind) - self.required(kind, role)
            left = min(left, max(self.spare(kind), 0) + relief)
        return left

    def seeking(self) -> list[Seeker]:
        return [each for each in self.seekers.values() if each.connected]

    def out(self, framework_id: FrameworkId, demand: Demand) -> int:
        return sum(each.grant.tasks for each in self._of(framework_id, demand) if not each.running)

    def instances(self, framework_id: FrameworkId, demand: Demand, field: str) -> Counter[str]:
        counts: Counter[str] = Counter()
        for each in self._of(framework_id, demand):
            info = self.agents.get(each.grant.agent_id)
            value = None if info is None else field_value(info.placement_attributes, field)
            if value is not None:
                counts[value] += each.grant.tasks
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

    def fits(self, seeker: Seeker, demand: Demand, agent_id: AgentId, *, quota: bool = True) -> bool:
        """Whether one more task of the demand may go there."""
        info = self.agents[agent_id]
        return (
            info in self.able(demand)
            and (demand.runtime == "process" or self.containers(agent_id) > 0)
            and any(
                not quota
                or all(self.allowed(demand.role, kind, public=demand.on_public) >= need for kind, need in plain.items())
                for plain in self.sources(demand, agent_id)
            )
            and not any(_holds(each.resources, demand) for each in self.refusals(seeker.framework_id, agent_id))
            and not self.constraint_refusals(seeker.framework_id, demand, info)
        )

    def sources(self, demand: Demand, agent_id: AgentId) -> Iterator[Amounts]:
        """The plain scalars of a task, for each way in which it could be taken there."""
        free, scalars = self.free(agent_id), demand.resources.scalars
        if demand.revocable:
            slack, rest = self.free_revocable(agent_id), {k: v for k, v in scalars.items() if k != "cpus"}
            if slack.scalars.get("cpus", 0) >= scalars.get("cpus", 0) and _holds(free, demand, rest):
                yield rest
            return
        for each in self.reservations.get(agent_id, ()):
            own = {kind: need for kind, need in scalars.items() if kind in each.resources.scalars}
            rest = {kind: need for kind, need in scalars.items() if kind not in own}
            kept = self.free_reserved(agent_id, each).scalars
            usable = is_within(demand.role, each.role) and own
            if usable and all(kept.get(kind, 0) >= need for kind, need in own.items()) and _holds(free, demand, rest):
                yield rest
        if _holds(free, demand):
            yield scalars

    def refusals(self, framework_id: FrameworkId, agent_id: AgentId) -> list[Refused]:
        return [
            each
            for each in self.refused
            if (each.framework_id, each.agent_id) == (framework_id, agent_id) and each.until_ms > self.now
        ]

    def takers(self, agent_id: AgentId) -> list[tuple[Place, str, FrameworkId, Resources]]:
        """Who may be offered what of the agent, in line."""
        if agent_id in self.inactive:
            return []
        found: list[tuple[Place, str, FrameworkId, Resources]] = []
        for seeker in self.seeking():
            for role in [] if seeker.demands_only else _roles_for(seeker, self.agents[agent_id]):
                offer = self.offer(seeker, role, agent_id)
                refused = any(offer in each.resources for each in self.refusals(seeker.framework_id, agent_id))
                worth = offer.scalars.get("cpus", 0) >= 10 or offer.scalars.get("mem", 0) >= 32 * MIB
                if role not in seeker.suppressed and worth and not refused:
                    found.append((self.place(seeker.framework_id, role), role, seeker.framework_id, offer))
        return sorted(found, key=lambda each: each[0])

    def offer(self, seeker: Seeker, role: str, agent_id: AgentId) -> Resources:
        """All that the agent has for the framework under that role."""
        free, public = self.free(agent_id), self.agents[agent_id].public
        scalars = {kind: min(amount, self.allowed(role, kind, public=public)) for kind, amount in free.scalars.items()}
        offer = Resources({kind: amount for kind, amount in scalars.items() if amount}, free.ranges, free.sets)
        for each in self.reservations.get(agent_id, ()):
            if is_within(role, each.role):
                offer += self.free_reserved(agent_id, each)
        return offer + self.free_revocable(agent_id) if seeker.revocable else offer

    def total(self) -> Resources:
        return sum((Resources(info.resources.scalars) for info in self.agents.values()), NOTHING)

    def place(self, framework_id: FrameworkId, role: str) -> Place:
        """Its place in line: shares over weights with names, from the top role down."""
        levels: list[tuple[float, str]] = []
        for above in reversed(list(lineage(role))):
            below = {each.grant.role for each in self.held if is_within(each.grant.role, above)}
            used = sum((self.used(None, each) for each in below), NOTHING)
            weight = self.configs.get(above, RoleConfig(above)).weight_milli / 1000
            levels.append((dominant_share(used, self.total()) / weight, above))
        levels.append((dominant_share(self.used(None, role), self.total()), "."))
        levels.append((dominant_share(self.used(framework_id, role), self.total()), framework_id))
        return tuple(levels)


def _holds(held: Resources, demand: Demand, scalars: Amounts | None = None) -> bool:
    """Whether it holds one task; of `scalars` where some of its own are taken elsewhere."""
    named = Resources(demand.resources.scalars if scalars is None else scalars, demand.resources.ranges)
    spare = rng.size(rng.subtract(held.ports, demand.resources.ports))
    return named in held and spare >= demand.port_count


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
