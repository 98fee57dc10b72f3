"""What is taken of a machine, changed in place: a task costs what its own resources cost, however many others run."""

from collections import defaultdict

from barter.core import ranges as rng
from barter.core.resources import NOTHING, Resources, format_scalar


class Usage:
    """Counts what live tasks hold; raises nothing, so that tasks admitted by an earlier start always fit."""

    def __init__(self) -> None:
        self.scalars: defaultdict[str, int] = defaultdict(int)
        self._numbers: defaultdict[str, set[int]] = defaultdict(set)
        self._ids: defaultdict[str, set[str]] = defaultdict(set)

    def take(self, held: Resources) -> None:
        for name, amount in held.scalars.items():
            self.scalars[name] += amount
        for name, ranges in held.ranges.items():
            self._numbers[name].update(rng.numbers(ranges))
        for name, ids in held.sets.items():
            self._ids[name] |= ids

    def release(self, held: Resources) -> None:
        for name, amount in held.scalars.items():
            self.scalars[name] -= amount
        for name, ranges in held.ranges.items():
            self._numbers[name].difference_update(rng.numbers(ranges))
        for name, ids in held.sets.items():
            self._ids[name] -= ids

    def shortfalls(self, total: Resources, need: Resources) -> tuple[str, ...]:
        """One sentence per resource of `need` that is not free of `total`; empty when all is."""
        short: list[str] = []
        for name, amount in need.scalars.items():
            free = max(total.scalars.get(name, 0) - self.scalars[name], 0)
            if amount > free:
                short.append(f"{name}: {format_scalar(name, amount)} needed, {format_scalar(name, free)} free")
        for name, wanted in need.ranges.items():
            short += self._ranges_short(name, total.ranges.get(name, ()), wanted)
        for name, ids in need.sets.items():
            missing = (ids - total.sets.get(name, frozenset())) | (ids & self._ids[name])
            if missing:
                short.append(f"{name}: {','.join(sorted(missing))} not free")
        return tuple(short)

    def _ranges_short(self, name: str, have: rng.Ranges, wanted: rng.Ranges) -> list[str]:
        if not rng.contains(have, wanted):
            return [f"{name}: {rng.render(rng.subtract(wanted, have))} not of this machine"]
        taken = self._numbers[name].intersection(rng.numbers(wanted))
        return [f"{name}: {rng.render(rng.of_numbers(taken))} taken by another task"] if taken else []

    def snapshot(self) -> Resources:
        """What is taken now."""
        scalars = {name: amount for name, amount in self.scalars.items() if amount > 0}
        ranges = {name: rng.of_numbers(numbers) for name, numbers in self._numbers.items() if numbers}
        sets = {name: frozenset(ids) for name, ids in self._ids.items() if ids}
        return Resources(scalars, ranges, sets) if scalars or ranges or sets else NOTHING
