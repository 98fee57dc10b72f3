"""Sums of resources that know what is in them twice."""

from barter.core import ranges as rng
from barter.core.resources import Resources, format_scalar
from barter.master.bits import to_bits, to_ranges


class Holding:
    """What several hold together: amounts in their units, numbers as bits, ids."""

    def __init__(self) -> None:
        self.scalars: dict[str, int] = {}
        self.bits: dict[str, int] = {}
        self.ids: dict[str, frozenset[str]] = {}

    def add(self, more: Resources) -> None:
        for name, amount in more.scalars.items():
            self.scalars[name] = self.scalars.get(name, 0) + amount
        for name, ranges in more.ranges.items():
            self.bits[name] = self.bits.get(name, 0) | to_bits(ranges)
        for name, ids in more.sets.items():
            self.ids[name] = self.ids.get(name, frozenset()) | ids

    def take(self, less: Resources) -> None:
        for name, amount in less.scalars.items():
            self.scalars[name] -= amount
        for name, ranges in less.ranges.items():
            self.bits[name] &= ~to_bits(ranges)
        for name, ids in less.sets.items():
            self.ids[name] -= ids

    def shared(self, other: Resources) -> str:
        """The numbers and ids of `other` that are in here too."""
        found = []
        for name, ranges in other.ranges.items():
            if both := self.bits.get(name, 0) & to_bits(ranges):
                found.append(f"{name} {rng.render(to_ranges(both))}")
        for name, ids in other.sets.items():
            if common := self.ids.get(name, frozenset()) & ids:
                found.append(f"{name} {','.join(sorted(common))}")
        return ", ".join(found)

    def beyond(self, total: Resources) -> str:
        """What in here `total` does not have."""
        found = [
            f"{name}: {format_scalar(name, amount)} of {format_scalar(name, total.scalars.get(name, 0))}"
            for name, amount in self.scalars.items()
            if amount > total.scalars.get(name, 0)
        ]
        for name, bits in self.bits.items():
            if more := bits & ~to_bits(total.ranges.get(name, ())):
                found.append(f"{name}: {rng.render(to_ranges(more))} is not there")
        for name, ids in self.ids.items():
            if other := ids - total.sets.get(name, frozenset()):
                found.append(f"{name}: {','.join(sorted(other))} is not there")
        return ", ".join(found)

    def with_all_of(self, other: "Holding") -> "Holding":
        """Both together, as a new one; they share no number and no id."""
        both = Holding()
        both.scalars = {
            name: self.scalars.get(name, 0) + other.scalars.get(name, 0) for name in self.scalars | other.scalars
        }
        both.bits = {name: self.bits.get(name, 0) | other.bits.get(name, 0) for name in self.bits | other.bits}
        nothing = frozenset[str]()
        both.ids = {name: self.ids.get(name, nothing) | other.ids.get(name, nothing) for name in self.ids | other.ids}
        return both

    def equals(self, other: Resources) -> bool:
        """Cheaper than comparing with `value`."""
        return (
            {name: amount for name, amount in self.scalars.items() if amount} == other.scalars
            and {name: bits for name, bits in self.bits.items() if bits}
            == {name: to_bits(ranges) for name, ranges in other.ranges.items()}
            and {name: ids for name, ids in self.ids.items() if ids} == other.sets
        )

    def value(self) -> Resources:
        return Resources(
            {name: amount for name, amount in self.scalars.items() if amount},
            {name: to_ranges(bits) for name, bits in self.bits.items() if bits},
            {name: ids for name, ids in self.ids.items() if ids},
        )
