"""How many tasks fit, and what a pass may still give of an agent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from barter.core import ranges as rng
from barter.core.cluster import Demand
from barter.core.ranges import Ranges
from barter.core.resources import PORTS, Resources

UNBOUNDED = 1 << 62


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
    scalars: tuple[tuple[str, int], ...] = field(init=False)
    named_ports: int = field(init=False)

    def __post_init__(self) -> None:
        scalars = tuple((name, amount) for name, amount in self.resources.scalars.items() if amount)
        object.__setattr__(self, "scalars", scalars)
        object.__setattr__(self, "named_ports", rng.size(self.resources.ports))

    def of(self, tasks: int, ports: Ranges) -> Resources:
        """The resources of so many tasks, with the ports chosen for them."""
        scalars = {name: amount * tasks for name, amount in self.scalars}
        ranges = dict(self.resources.ranges)
        if ports:
            ranges[PORTS] = rng.union(ranges.get(PORTS, ()), ports)
        return Resources(scalars, ranges, self.resources.sets)

    def split(self, kinds: frozenset[str]) -> "tuple[Need, Need]":
        """What of it is of these kinds, and the rest."""
        own, rest = self.resources, self.resources
        ports = self.port_count if PORTS in kinds else 0
        return Need(_of_kinds(own, kinds, among=True), ports), Need(
            _of_kinds(rest, kinds, among=False), self.port_count - ports
        )

    def __bool__(self) -> bool:
        return bool(self.resources or self.port_count)


def _of_kinds(held: Resources, kinds: frozenset[str], *, among: bool) -> Resources:
    return Resources(
        {name: each for name, each in held.scalars.items() if (name in kinds) is among},
        {name: each for name, each in held.ranges.items() if (name in kinds) is among},
        {name: each for name, each in held.sets.items() if (name in kinds) is among},
    )


def kinds_of(held: Resources) -> frozenset[str]:
    return frozenset((*held.scalars, *held.ranges, *held.sets))


def need_of(demand: Demand) -> Need:
    """What a task takes: the disk of a volume it mounts is the volume's."""
    held = demand.resources
    if demand.volume and "disk" in held.scalars:
        held = Resources({name: each for name, each in held.scalars.items() if name != "disk"}, held.ranges, held.sets)
    return Need(held, demand.port_count)


def capacity(held: Holding, need: Need) -> int:
    """How many tasks of `need` fit into `held`; of one that names ports or ids, at most one."""
    fit = UNBOUNDED
    scalars = held.scalars
    for name, amount in need.scalars:
        room = scalars.get(name, 0) // amount
        if room < fit:
            fit = room
    if fit and need.port_count:
        fit = min(fit, (rng.size(held.ranges.get(PORTS, ())) - need.named_ports) // need.port_count)
    if fit <= 0:
        return 0
    wanted = need.resources
    if not wanted.ranges and not wanted.sets:
        return fit
    has_named = all(rng.contains(held.ranges.get(name, ()), pairs) for name, pairs in wanted.ranges.items())
    has_ids = all(held.sets.get(name, frozenset()) >= ids for name, ids in wanted.sets.items())
    return 1 if has_named and has_ids else 0


class Room:
    """Free resources during a pass, which takes from them."""

    __slots__ = ("ranges", "scalars", "sets")

    def __init__(self, free: Resources) -> None:
        self.scalars = dict(free.scalars)
        self.ranges = dict(free.ranges)
        self.sets = dict(free.sets)

    def __bool__(self) -> bool:
        return any(self.scalars.values()) or any(self.ranges.values()) or any(self.sets.values())

    def take(self, need: Need, tasks: int) -> Ranges:
        """Take so many tasks, which must fit; returns the ports chosen for them, the lowest free ones."""
        for name, amount in need.scalars:
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
