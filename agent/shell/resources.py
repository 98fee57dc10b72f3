"""What this machine has: found with psutil, a part left for the system, overridden kind by kind."""

import os
from pathlib import Path

import psutil

from barter.core.resources import Resources, resources
from barter.core.units import GIB

PORTS_DEFAULT = ((31000, 32000),)
MEM_HEADROOM = 1 * GIB
DISK_HEADROOM = 5 * GIB


def detect(work_dir: Path) -> Resources:
    """Mesos' defaults: all cpus, memory less 1 GiB, free disk less 5 GiB (of little: half), ports 31000-32000."""
    return resources(
        cpus=len(os.sched_getaffinity(0)) * 1000,
        mem=less(psutil.virtual_memory().total, MEM_HEADROOM),
        disk=less(psutil.disk_usage(str(work_dir)).free, DISK_HEADROOM),
        ports=PORTS_DEFAULT,
    )


def less(amount: int, headroom: int) -> int:
    """`amount` without the headroom, or half of it where there is not twice as much."""
    return amount - headroom if amount >= 2 * headroom else amount // 2


def override(found: Resources, wanted: Resources | None) -> Resources:
    """`found`, but each kind that `wanted` names as `wanted` has it."""
    if wanted is None:
        return found
    named = {*wanted.scalars, *wanted.ranges, *wanted.sets}
    return Resources(
        {name: value for name, value in found.scalars.items() if name not in named} | dict(wanted.scalars),
        {name: value for name, value in found.ranges.items() if name not in named} | dict(wanted.ranges),
        {name: value for name, value in found.sets.items() if name not in named} | dict(wanted.sets),
    )
