"""What of the things kept in case they are wanted again is to go: the old, and the oldest of a disk running full."""

from collections.abc import Iterable
from dataclasses import dataclass

from barter.core.units import format_bytes, format_duration


@dataclass(frozen=True, slots=True)
class Item:
    """Something nobody uses now: `size` is about what its removal frees in bytes, `used_ms` when it was last used."""

    name: str
    size: int
    used_ms: int


@dataclass(frozen=True, slots=True)
class Disk:
    """In bytes."""

    total: int
    free: int


@dataclass(frozen=True, slots=True)
class Policy:
    """What was not used for `keep_ms` goes. While less than `least_free` percent of the disk are free, the longest
    unused go, those used within `young_ms` aside."""

    keep_ms: int
    least_free: int = 10
    young_ms: int = 120_000


@dataclass(frozen=True, slots=True)
class Removal:
    item: Item
    reason: str


def collect(items: Iterable[Item], disk: Disk, policy: Policy, now: int) -> list[Removal]:
    """What to remove, the longest unused first, and why; of equally old ones the first by name."""
    removals: list[Removal] = []
    wanted = disk.total * policy.least_free // 100
    free = disk.free
    for item in sorted(items, key=lambda each: (each.used_ms, each.name)):
        age = now - item.used_ms
        if age >= policy.keep_ms:
            reason = f"not used for {format_duration(age)}, kept for {format_duration(policy.keep_ms)}"
        elif free < wanted and age >= policy.young_ms:
            has = f"{format_bytes(disk.free)} of {format_bytes(disk.total)} free"
            reason = f"{has}, less than {policy.least_free}%; not used for {format_duration(age)}"
        else:
            break
        free += item.size
        removals.append(Removal(item, reason))
    return removals
