"""What must be free for one task, a filter for each resource; together they say what `capacity` says.

They are asked of what one source on an agent holds: its plain resources, a reservation with these, or its slack.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from barter.core import ranges as rng
from barter.core.ranges import Ranges
from barter.core.resources import PORTS, Resources, format_scalar
from barter.master.allocator.room import Need

WHOLE = 1000


class ResourceFilter(ABC):
    """A question about what is free; a pass asks `capacity` for all of them at once."""

    @property
    @abstractmethod
    def name(self) -> str: ...

    @property
    @abstractmethod
    def wish(self) -> str:
        """What is wanted, in words."""

    @abstractmethod
    def passes(self, held: Resources) -> bool: ...

    @abstractmethod
    def missing(self, held: Resources) -> int:
        """How much of what is wanted is not there, in thousandths."""

    @abstractmethod
    def detail(self, held: Resources, total: Resources) -> str:
        """What it compares, whether or not it passes."""


@dataclass(frozen=True, slots=True)
class Scalar(ResourceFilter):
    resource: str
    amount: int

    @property
    def name(self) -> str:
        return self.resource

    @property
    def wish(self) -> str:
        return f"{format_scalar(self.resource, self.amount)} {self.resource}"

    def passes(self, held: Resources) -> bool:
        return held.scalars.get(self.resource, 0) >= self.amount

    def missing(self, held: Resources) -> int:
        return max(self.amount - held.scalars.get(self.resource, 0), 0) * WHOLE // self.amount

    def detail(self, held: Resources, total: Resources) -> str:
        free, whole = (each.scalars.get(self.resource, 0) for each in (held, total))
        needed, free_text, of = (format_scalar(self.resource, each) for each in (self.amount, free, whole))
        return f"{needed} needed, {free_text} free of {of}"


@dataclass(frozen=True, slots=True)
class Named(ResourceFilter):
    """Ports (or other ranges) by number."""

    resource: str
    wanted: Ranges

    @property
    def name(self) -> str:
        return self.resource

    @property
    def wish(self) -> str:
        return f"{self.resource} {rng.render(self.wanted)}"

    def passes(self, held: Resources) -> bool:
        return not self.taken(held)

    def taken(self, held: Resources) -> Ranges:
        return rng.subtract(self.wanted, held.ranges.get(self.resource, ()))

    def missing(self, held: Resources) -> int:
        return rng.size(self.taken(held)) * WHOLE // rng.size(self.wanted)

    def detail(self, held: Resources, total: Resources) -> str:
        free = rng.render(held.ranges.get(self.resource, ())) or "none"
        return f"{rng.render(self.wanted)} needed, {free} free"


@dataclass(frozen=True, slots=True)
class Ids(ResourceFilter):
    """Members of a set, as gpus, by id."""

    resource: str
    wanted: frozenset[str]

    @property
    def name(self) -> str:
        return self.resource

    @property
    def wish(self) -> str:
        return f"{self.resource} {','.join(sorted(self.wanted))}"

    def passes(self, held: Resources) -> bool:
        return held.sets.get(self.resource, frozenset()) >= self.wanted

    def missing(self, held: Resources) -> int:
        return len(self.wanted - held.sets.get(self.resource, frozenset())) * WHOLE // max(len(self.wanted), 1)

    def detail(self, held: Resources, total: Resources) -> str:
        free = ",".join(sorted(held.sets.get(self.resource, frozenset()))) or "none"
        return f"{','.join(sorted(self.wanted))} needed, {free} free"


@dataclass(frozen=True, slots=True)
class FreePorts(ResourceFilter):
    """So many ports of any number, besides those `named`."""

    count: int
    named: Ranges

    @property
    def name(self) -> str:
        return "free ports"

    @property
    def wish(self) -> str:
        return f"{self.count} free ports"

    def spare(self, held: Resources) -> int:
        ports = held.ports
        return rng.size(rng.subtract(ports, self.named) if self.named else ports)

    def passes(self, held: Resources) -> bool:
        return self.spare(held) >= self.count

    def missing(self, held: Resources) -> int:
        return max(self.count - self.spare(held), 0) * WHOLE // self.count

    def detail(self, held: Resources, total: Resources) -> str:
        return f"{self.count} needed, {self.spare(held)} free"


def resource_filters(need: Need) -> list[ResourceFilter]:
    wanted = need.resources
    found: list[ResourceFilter] = [Scalar(name, amount) for name, amount in need.scalars]
    found += [Named(name, pairs) for name, pairs in wanted.ranges.items()]
    found += [Ids(name, ids) for name, ids in wanted.sets.items()]
    if need.port_count:
        found.append(FreePorts(need.port_count, need.resources.ranges.get(PORTS, ())))
    return found
