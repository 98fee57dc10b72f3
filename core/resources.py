"""What agents have and tasks need, in integers: milli-cpus, bytes, port ranges, sets of ids.

The kinds follow Mesos' Value (scalar, ranges, set); a resource of amount zero is not kept.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.core import ranges as rng
from barter.core.ranges import Ranges
from barter.core.units import format_bytes, format_milli, parse_bytes, parse_milli

BYTE_SCALARS = frozenset({"mem", "disk"})
PORTS = "ports"
_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,62}")
_ITEM = re.compile(r"([^=,]+)=(\[[^\]]*\]|\{[^}]*\}|[^,]*)(?:,|$)")


@dataclass(frozen=True, slots=True)
class Resources:
    """Immutable amounts. `scalars` in milli-units (`mem` and `disk` in bytes), `ranges` disjoint, `sets` of ids."""

    scalars: Mapping[str, int] = field(default_factory=dict)
    ranges: Mapping[str, Ranges] = field(default_factory=dict)
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, amount in self.scalars.items():
            if amount < 0:
                raise ValueError(f"{name} would be negative: {amount}")

    def __hash__(self) -> int:
        return hash((frozenset(self.scalars.items()), frozenset(self.ranges.items())))

    def __bool__(self) -> bool:
        return bool(self.scalars or self.ranges or self.sets)

    def __add__(self, other: "Resources") -> "Resources":
        """The sum; raises ValueError when both hold the same port or id."""
        scalars = dict(self.scalars)
        for name, amount in other.scalars.items():
            scalars[name] = scalars.get(name, 0) + amount
        ranges = dict(self.ranges)
        for name, mine in other.ranges.items():
            held = ranges.get(name, ())
            if rng.overlaps(held, mine):
                raise ValueError(f"{name} {rng.render(mine)} overlaps {rng.render(held)}")
            ranges[name] = rng.union(held, mine)
        sets = dict(self.sets)
        for name, ids in other.sets.items():
            if sets.get(name, frozenset()) & ids:
                raise ValueError(f"{name} {sorted(ids)} is already in {sorted(sets[name])}")
            sets[name] = sets.get(name, frozenset()) | ids
        return Resources(scalars, ranges, sets)

    def __sub__(self, other: "Resources") -> "Resources":
        """The rest; raises ValueError when `other` is not contained."""
        if other not in self:
            raise ValueError(f"cannot take {other} from {self}: {'; '.join(self.shortfalls(other))}")
        return self.without(other)

    def without(self, other: "Resources") -> "Resources":
        """The rest after taking what can be taken: never negative, never raises."""
        if not other:
            return self
        scalars = {name: amount - other.scalars.get(name, 0) for name, amount in self.scalars.items()}
        ranges = {name: rng.subtract(mine, other.ranges.get(name, ())) for name, mine in self.ranges.items()}
        sets = {name: ids - other.sets.get(name, frozenset()) for name, ids in self.sets.items()}
        return Resources(
            {name: left for name, left in scalars.items() if left > 0},
            {name: left for name, left in ranges.items() if left},
            {name: left for name, left in sets.items() if left},
        )

    def __contains__(self, other: "Resources") -> bool:
        if self is other:
            return True
        scalars = self.scalars
        for name, amount in other.scalars.items():
            if scalars.get(name, 0) < amount:
                return False
        for name, need in other.ranges.items():
            held = self.ranges.get(name, ())
            if held != need and not rng.contains(held, need):
                return False
        return not other.sets or all(self.sets.get(name, frozenset()) >= ids for name, ids in other.sets.items())

    def shortfalls(self, need: "Resources") -> tuple[str, ...]:
        """One sentence per resource of `need` that this cannot give; empty when it can."""
        short = [
            f"{name}: {format_scalar(name, amount)} needed, {format_scalar(name, self.scalars.get(name, 0))} free"
            for name, amount in need.scalars.items()
            if self.scalars.get(name, 0) < amount
        ]
        short += [
            f"{name}: {rng.render(rng.subtract(wanted, self.ranges.get(name, ())))} not free"
            for name, wanted in need.ranges.items()
            if not rng.contains(self.ranges.get(name, ()), wanted)
        ]
        short += [
            f"{name}: {','.join(sorted(ids - self.sets.get(name, frozenset())))} not free"
            for name, ids in need.sets.items()
            if not self.sets.get(name, frozenset()) >= ids
        ]
        return tuple(short)

    @property
    def ports(self) -> Ranges:
        return self.ranges.get(PORTS, ())

    def __str__(self) -> str:
        parts = [f"{name}={format_scalar(name, amount)}" for name, amount in self.scalars.items()]
        parts += [f"{name}=[{rng.render(value)}]" for name, value in self.ranges.items()]
        parts += [f"{name}={{{','.join(sorted(ids))}}}" for name, ids in self.sets.items()]
        return ",".join(parts) or "nothing"


NOTHING = Resources()


def resources(*, cpus: int = 0, mem: int = 0, disk: int = 0, ports: Ranges = ()) -> Resources:
    """The usual kinds by name: `cpus` in milli-cpus, `mem` and `disk` in bytes."""
    scalars = {name: amount for name, amount in (("cpus", cpus), ("mem", mem), ("disk", disk)) if amount}
    return Resources(scalars, {PORTS: rng.normalize(ports)} if ports else {})


def format_scalar(name: str, amount: int) -> str:
    return format_bytes(amount) if name in BYTE_SCALARS else format_milli(amount)


def parse_resources(text: str) -> Resources:
    """Read `cpus=4,mem=8GiB,ports=[31000-31999,33000],gpus={0,1}`; a single range may stand without brackets.

    Raises ValueError naming the item that is wrong.
    """
    scalars: dict[str, int] = {}
    ranges: dict[str, Ranges] = {}
    sets: dict[str, frozenset[str]] = {}
    end = 0
    while end < len(text):
        match = _ITEM.match(text, end)
        if match is None:
            raise ValueError(f"{text[end:]!r} is not NAME=AMOUNT")
        end, name, value = match.end(), match[1].strip(), match[2].strip()
        if _NAME.fullmatch(name) is None or name in scalars or name in ranges or name in sets:
            raise ValueError(f"resource {name!r} is named twice or not a lower-case name")
        if value.startswith("{"):
            sets[name] = frozenset(item.strip() for item in value[1:-1].split(",") if item.strip())
        elif name == PORTS or value.startswith("["):
            ranges[name] = _parse_ranges(name, value)
        elif amount := parse_bytes(value) if name in BYTE_SCALARS else parse_milli(value):
            scalars[name] = amount
    return Resources(scalars, ranges, sets)


def _parse_ranges(name: str, text: str) -> Ranges:
    pairs: list[tuple[int, int]] = []
    for item in text.strip("[]").split(","):
        low, _, high = item.strip().partition("-")
        if not low.isdecimal() or not (high or low).isdecimal():
            raise ValueError(f"{name}: {item!r} is not a range like 31000-32000")
        pairs.append((int(low), int(high or low)))
    if name == PORTS and any(not 1 <= port <= 65535 for pair in pairs for port in pair):
        raise ValueError(f"ports: {text} is outside 1-65535")
    return rng.normalize(pairs)
