"""What must be free on an agent for one task, a filter for each resource; together they say what `capacity` says."""

from dataclasses import dataclass

from barter.core import ranges as rng
from barter.core.ranges import Ranges
from barter.core.resources import PORTS, format_scalar
from barter.master.allocator.filters import Filter
from barter.master.allocator.index import AgentRecord
from barter.master.allocator.room import Need


class ResourceFilter(Filter):
    """A question about what is free; a pass asks `capacity` for all of them at once."""


@dataclass(frozen=True, slots=True)
class Scalar(ResourceFilter):
    resource: str
    amount: int

    @property
    def name(self) -> str:
        return self.resource

    def passes(self, agent: AgentRecord) -> bool:
        return agent.slot.free.scalars.get(self.resource, 0) >= self.amount

    def detail(self, agent: AgentRecord) -> str:
        free, total = (held.scalars.get(self.resource, 0) for held in (agent.slot.free, agent.slot.info.resources))
        needed, free_text, of = (format_scalar(self.resource, each) for each in (self.amount, free, total))
        return f"{needed} needed, {free_text} free of {of}"


@dataclass(frozen=True, slots=True)
class Named(ResourceFilter):
    """Ports (or other ranges) by number."""

    resource: str
    wanted: Ranges

    @property
    def name(self) -> str:
        return self.resource

    def passes(self, agent: AgentRecord) -> bool:
        return not self.missing(agent)

    def missing(self, agent: AgentRecord) -> Ranges:
        return rng.subtract(self.wanted, agent.slot.free.ranges.get(self.resource, ()))

    def detail(self, agent: AgentRecord) -> str:
        free = rng.render(agent.slot.free.ranges.get(self.resource, ())) or "none"
        return f"{rng.render(self.wanted)} needed, {free} free"


@dataclass(frozen=True, slots=True)
class Ids(ResourceFilter):
    """Members of a set, as gpus, by id."""

    resource: str
    wanted: frozenset[str]

    @property
    def name(self) -> str:
        return self.resource

    def passes(self, agent: AgentRecord) -> bool:
        return agent.slot.free.sets.get(self.resource, frozenset()) >= self.wanted

    def detail(self, agent: AgentRecord) -> str:
        free = ",".join(sorted(agent.slot.free.sets.get(self.resource, frozenset()))) or "none"
        return f"{','.join(sorted(self.wanted))} needed, {free} free"


@dataclass(frozen=True, slots=True)
class FreePorts(ResourceFilter):
    """So many ports of any number, besides those `named`."""

    count: int
    named: Ranges

    @property
    def name(self) -> str:
        return "free ports"

    def spare(self, agent: AgentRecord) -> int:
        return rng.size(rng.subtract(agent.slot.free.ports, self.named))

    def passes(self, agent: AgentRecord) -> bool:
        return self.spare(agent) >= self.count

    def detail(self, agent: AgentRecord) -> str:
        return f"{self.count} needed, {self.spare(agent)} free"


def resource_filters(need: Need) -> list[ResourceFilter]:
    wanted = need.resources
    found: list[ResourceFilter] = [Scalar(name, amount) for name, amount in wanted.scalars.items()]
    found += [Named(name, pairs) for name, pairs in wanted.ranges.items()]
    found += [Ids(name, ids) for name, ids in wanted.sets.items()]
    if need.port_count:
        found.append(FreePorts(need.port_count, need.resources.ranges.get(PORTS, ())))
    return found
