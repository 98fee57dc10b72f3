"""Running sums of resources, changed in place: as many steps as the change has kinds."""

from barter.core.resources import NOTHING, Resources
from barter.master.bits import to_bits, to_ranges


class Pool:
    """Of one agent. Adding what overlaps or taking what is not there is no error: admission judges, this counts."""

    __slots__ = ("_bits", "_scalars", "_sets", "_value")

    def __init__(self) -> None:
        self._scalars: dict[str, int] = {}
        self._bits: dict[str, int] = {}
        self._sets: dict[str, frozenset[str]] = {}
        self._value: Resources | None = NOTHING

    @property
    def value(self) -> Resources:
        """The sum as an immutable value, made once per change."""
        if self._value is None:
            self._value = Resources(
                {name: amount for name, amount in self._scalars.items() if amount > 0},
                {name: to_ranges(bits) for name, bits in self._bits.items() if bits},
                {name: ids for name, ids in self._sets.items() if ids},
            )
        return self._value

    def add(self, more: Resources) -> None:
        self._value = None
        for name, amount in more.scalars.items():
            self._scalars[name] = self._scalars.get(name, 0) + amount
        for name, ranges in more.ranges.items():
            self._bits[name] = self._bits.get(name, 0) | to_bits(ranges)
        for name, ids in more.sets.items():
            self._sets[name] = self._sets.get(name, frozenset()) | ids

    def take(self, less: Resources) -> None:
        self._value = None
        for name, amount in less.scalars.items():
            self._scalars[name] = self._scalars.get(name, 0) - amount
        for name, ranges in less.ranges.items():
            self._bits[name] = self._bits.get(name, 0) & ~to_bits(ranges)
        for name, ids in less.sets.items():
            self._sets[name] = self._sets.get(name, frozenset()) - ids

    def covers(self, need: Resources) -> bool:
        return (
            all(self._scalars.get(name, 0) >= amount for name, amount in need.scalars.items())
            and all(not to_bits(ranges) & ~self._bits.get(name, 0) for name, ranges in need.ranges.items())
            and all(self._sets.get(name, frozenset()) >= ids for name, ids in need.sets.items())
        )

    def left_of(self, total: Resources, other: "Pool | None" = None) -> Resources:
        """What of `total` is in neither of the two; never negative."""
        other = other or _EMPTY
        scalars = {name: amount - self._scalar(name) - other._scalar(name) for name, amount in total.scalars.items()}
        ranges = {
            name: to_ranges(to_bits(ranges) & ~self._bits.get(name, 0) & ~other._bits.get(name, 0))
            for name, ranges in total.ranges.items()
        }
        held = {name: self._sets.get(name, frozenset()) | other._sets.get(name, frozenset()) for name in total.sets}
        sets = {name: ids - held[name] for name, ids in total.sets.items()}
        return Resources(
            {name: amount for name, amount in scalars.items() if amount > 0},
            {name: left for name, left in ranges.items() if left},
            {name: left for name, left in sets.items() if left},
        )

    def _scalar(self, name: str) -> int:
        return self._scalars.get(name, 0)


_EMPTY = Pool()


class Tally:
    """A running sum of scalars over many agents, where port numbers and ids mean nothing."""

    __slots__ = ("_scalars", "_value")

    def __init__(self) -> None:
        self._scalars: dict[str, int] = {}
        self._value: Resources | None = NOTHING

    @property
    def value(self) -> Resources:
        if self._value is None:
            self._value = Resources({name: amount for name, amount in self._scalars.items() if amount > 0})
        return self._value

    def add(self, more: Resources) -> None:
        self._value = None
        sums = self._scalars
        for name, amount in more.scalars.items():
            sums[name] = sums.get(name, 0) + amount

    def take(self, less: Resources) -> None:
        self._value = None
        for name, amount in less.scalars.items():
            self._scalars[name] = self._scalars.get(name, 0) - amount


class Charges:
    """Tallies by role."""

    __slots__ = ("_tallies",)

    def __init__(self) -> None:
        self._tallies: dict[str, Tally] = {}

    @property
    def by_role(self) -> dict[str, Resources]:
        return {role: tally.value for role, tally in self._tallies.items() if tally.value}

    def add(self, role: str, more: Resources) -> None:
        tally = self._tallies.get(role)
        if tally is None:
            tally = self._tallies[role] = Tally()
        tally.add(more)

    def take(self, role: str, less: Resources) -> None:
        self._tallies.setdefault(role, Tally()).take(less)
