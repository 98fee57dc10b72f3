"""A running sum of resources, changed in place: as many steps as the change has kinds."""

from typing import TypeVar

from barter.core import ranges as rng
from barter.core.ranges import Ranges
from barter.core.resources import NOTHING, Resources

HeldT = TypeVar("HeldT", int, Ranges, frozenset[str])


class Pool:
    """Adding what overlaps or taking what is not there is not an error here: admission judges, this counts."""

    __slots__ = ("_ranges", "_scalars", "_sets", "_value")

    def __init__(self) -> None:
        self._scalars: dict[str, int] = {}
        self._ranges: dict[str, Ranges] = {}
        self._sets: dict[str, frozenset[str]] = {}
        self._value: Resources | None = NOTHING

    @property
    def value(self) -> Resources:
        """The sum as an immutable value, made once per change."""
        if self._value is None:
            self._value = Resources(dict(self._scalars), dict(self._ranges), dict(self._sets))
        return self._value

    def add(self, more: Resources) -> None:
        self._value = None
        for name, amount in more.scalars.items():
            self._scalars[name] = self._scalars.get(name, 0) + amount
        for name, pairs in more.ranges.items():
            self._ranges[name] = rng.union(self._ranges.get(name, ()), pairs)
        for name, ids in more.sets.items():
            self._sets[name] = self._sets.get(name, frozenset()) | ids

    def take(self, less: Resources) -> None:
        self._value = None
        for name, amount in less.scalars.items():
            _keep(self._scalars, name, max(self._scalars.get(name, 0) - amount, 0))
        for name, pairs in less.ranges.items():
            _keep(self._ranges, name, rng.subtract(self._ranges.get(name, ()), pairs))
        for name, ids in less.sets.items():
            _keep(self._sets, name, self._sets.get(name, frozenset()) - ids)

    def covers(self, need: Resources) -> bool:
        return (
            all(self._scalars.get(name, 0) >= amount for name, amount in need.scalars.items())
            and all(rng.contains(self._ranges.get(name, ()), pairs) for name, pairs in need.ranges.items())
            and all(self._sets.get(name, frozenset()) >= ids for name, ids in need.sets.items())
        )


def _keep(held: dict[str, HeldT], name: str, left: HeldT) -> None:
    if left:
        held[name] = left
    else:
        held.pop(name, None)


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
        for name, amount in more.scalars.items():
            self._scalars[name] = self._scalars.get(name, 0) + amount

    def take(self, less: Resources) -> None:
        self._value = None
        for name, amount in less.scalars.items():
            self._scalars[name] = self._scalars.get(name, 0) - amount
