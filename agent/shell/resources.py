"""What this machine has: found with psutil, a part left for the system, overridden kind by kind."""

import os
from collections.abc import Sequence
from pathlib import Path

import psutil

from barter.core.reservations import static_id
from barter.core.resources import NOTHING, Resources, resources
from barter.core.roles import DEFAULT_ROLE
from barter.core.units import GIB

PORTS_DEFAULT = ((31000, 32000),)
MEM_HEADROOM = 1 * GIB
DISK_HEADROOM = 5 * GIB


def detect(work_dir: Path, disk_before: int = 0) -> Resources:
    """Mesos' defaults: all cpus, memory less 1 GiB, free disk less 5 GiB (of little: half), ports 31000-32000.

    `disk_before` is what an earlier start found: what its tasks have written since is still theirs to use.
    """
    disk = psutil.disk_usage(str(work_dir))
    return resources(
        cpus=len(os.sched_getaffinity(0)) * 1000,
        mem=less(psutil.virtual_memory().total, MEM_HEADROOM),
        disk=max(less(disk.free, DISK_HEADROOM), min(disk_before, less(disk.total, DISK_HEADROOM))),
        ports=PORTS_DEFAULT,
    )


def less(amount: int, headroom: int) -> int:
    """`amount` without the headroom, or half of it where there is not twice as much."""
    return amount - headroom if amount >= 2 * headroom else amount // 2


def override(found: Resources, wanted: Resources | None) -> Resources:
    """`found`, but each kind that `wanted` names as `wanted` has it."""
    if wanted is None:
        return found
    named = kinds(wanted)
    return Resources(
        {name: value for name, value in found.scalars.items() if name not in named} | dict(wanted.scalars),
        {name: value for name, value in found.ranges.items() if name not in named} | dict(wanted.ranges),
        {name: value for name, value in found.sets.items() if name not in named} | dict(wanted.sets),
    )


def kinds(wanted: Resources | None) -> frozenset[str]:
    """What it names."""
    return frozenset() if wanted is None else frozenset((*wanted.scalars, *wanted.ranges, *wanted.sets))


def reserved(has: Resources, wanted: Sequence[tuple[str, Resources]]) -> dict[str, Resources]:
    """By role; raises ValueError where that is more than there is, or two roles are hard to tell apart."""
    parts: dict[str, Resources] = {}
    total = NOTHING
    for role, part in wanted:
        if role == DEFAULT_ROLE:
            raise ValueError(f"--reserve {role}: that role is everybody's, so nothing is reserved for it: name another")
        if not part or static_id(role) in {static_id(each) for each in parts}:
            raise ValueError(f"--reserve {role}: it is reserved for twice, or nothing is")
        parts[role] = part
        total += part
    if short := has.shortfalls(total):
        raise ValueError(f"--reserve: {total} is more than the agent has: {'; '.join(short)}")
    return parts
