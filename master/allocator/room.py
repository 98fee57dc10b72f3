"""How many tasks fit, and what a pass may still give of an agent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from barter.core import ranges as rng
from barter.core.cluster import Demand
from barter.core.ranges import Ranges
from barter.core.resources import PORTS, Resources
from barter.core.units import MIB

UNBOUNDED = 1 << 62
MIN_CPUS, MIN_MEM = 10, 32 * MIB


class Holding(Protocol):
    """Anything with amounts: Resources, or a Room."""

    @property
    def scalars(self) -> Mapping[str, int]: ...
    @property
    def ranges(self) -> Mapping[str, Ranges]: ...
    @property
    def sets(self) -> Mapping[str, frozenset[str]]: ...


@dataclass(frozen=True, slots=True)
class Need:
    """One task of a demand: its resources, and `port_count` more ports, whichever are free."""

    resources: Resources
    port_count: int = 0

    @property
    def single(self) -> bool:
        """Whether it names ports or ids, which only one task of an agent can have."""
        return bool(self.resources.ranges or self.resources.sets)

    def of(self, tasks: int, ports: Ranges) -> Resources:
        """The resources of so many tasks, with the ports chosen for them."""
        scalars = {name: amount * tasks for name, amount in self.resources.scalars.items()}
        ranges = dict(self.resources.ranges)
        if ports:
            ranges[PORTS] = rng.union(ranges.get(PORTS, ()), ports)
        return Resources(scalars, ranges, self.resources.sets)


def need_of(demand: Demand) -> Need:
    return Need(demand.resources, demand.port_count)


def capacity(held: Holding, need: Need) -> int:
    """How many tasks of `need` fit into `held`."""
    fit = UNBOUNDED
    for name, amount in need.resources.scalars.items():
        if amount and (fit := min(fit, held.scalars.get(name, 0) // amount)) == 0:
            return 0
    for name, wanted in need.resources.ranges.items():
        if not rng.contains(held.ranges.get(name, ()), wanted):
            return 0
    for name, ids in need.resources.sets.items():
        if not held.sets.get(name, frozenset()) >= ids:
            return 0
    if need.port_count:
        spare = rng.size(held.ranges.get(PORTS, ())) - rng.size(need.resources.ports)
        fit = min(fit, spare // need.port_count)
    return min(fit, 1) if need.single else fit


class Room:
    """The free resources of an agent during a pass, which takes from them."""

    __slots__ = ("ranges", "scalars", "sets")

    def __init__(self, free: Resources) -> None:
        self.scalars = dict(free.scalars)
        self.ranges = dict(free.ranges)
        self.sets = dict(free.sets)

    def take(self, need: Need, tasks: int) -> Ranges:
        """Take so many tasks, which must fit; returns the ports chosen for them, the lowest free ones."""
        for name, amount in need.resources.scalars.items():
            if amount:
                self.scalars[name] -= amount * tasks
        for name, named in need.resources.ranges.items():
            self.ranges[name] = rng.subtract(self.ranges[name], named)
        for name, ids in need.resources.sets.items():
            self.sets[name] -= ids
        if not need.port_count:
            return ()
        chosen = rng.first(self.ranges[PORTS], need.port_count * tasks)
        self.ranges[PORTS] = rng.subtract(self.ranges[PORTS], chosen)
        return chosen

    def rest(self) -> Resources:
        return Resources(
            {name: amount for name, amount in self.scalars.items() if amount},
            {name: pairs for name, pairs in self.ranges.items() if pairs},
            {name: ids for name, ids in self.sets.items() if ids},
        )


def worth_offering(free: Resources) -> bool:
    """Whether a classic offer of it is of use: Mesos' MIN_CPUS or MIN_MEM."""
    return free.scalars.get("cpus", 0) >= MIN_CPUS or free.scalars.get("mem", 0) >= MIN_MEM
