"""What tasks have used, of a cgroup or of the processes of a session."""

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from barter.agent.executor.events import Sample, TaskKey
from barter.agent.runtime import traffic
from barter.agent.runtime.traffic import Traffic, lines

_TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
CGROUPS = Path("/sys/fs/cgroup")
_CONTROLLERS = ("", "cpu,cpuacct", "cpuacct", "memory")
# With the cgroupfs driver and with systemd's.
_PLACES = ("docker/{}", "system.slice/docker-{}.scope")


class Used(NamedTuple):
    """As in Sample."""

    cpu_us: int
    mem: int
    read: int | None = None
    written: int | None = None
    received: int | None = None
    sent: int | None = None


class Measurable(NamedTuple):
    """A task's first process, which leads a session, and its cgroups."""

    key: TaskKey
    leader: int
    cgroups: tuple[str, ...]


def measure(tasks: Iterable[Measurable]) -> list[Sample]:
    """Of those that can be measured. Reads a few files for each, and of the rest all processes once."""
    found: dict[TaskKey, Used] = {}
    rest: dict[int, TaskKey] = {}
    for task in tasks:
        used = of_cgroups(task.cgroups)
        if used is not None:
            found[task.key] = used
        else:
            rest[task.leader] = task.key
    if rest:
        found.update({rest[leader]: used for leader, used in of_sessions(rest.keys()).items()})
    return [Sample(key, *used) for key, used in found.items()]


def of_cgroups(folders: Collection[str]) -> Used | None:
    """None where none of them counts cpu time."""
    cpu_us, mem = None, 0
    for folder in folders:
        if (nanoseconds := _number(f"{folder}/cpuacct.usage")) is not None:
            cpu_us = nanoseconds // 1000
        for name, amount in _pairs(f"{folder}/cpu.stat"):
            if name == "usage_usec":
                cpu_us = amount
        for name, amount in _pairs(f"{folder}/memory.stat"):
            if name in ("anon", "total_rss"):
                mem = amount
    return None if cpu_us is None else Used(cpu_us, mem, *traffic.of_cgroups(folders))


def of_sessions(leaders: Collection[int]) -> dict[int, Used]:
    """Of all processes of each session, those included that have ended and were waited for."""
    found: dict[int, tuple[int, int, Traffic]] = {}
    for name in os.listdir("/proc"):
        if not name.isdecimal():
            continue
        try:
            with open(f"/proc/{name}/stat", "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        session = int(fields[3])
        if session in leaders:
            cpu_us, mem, moved = found.get(session, (0, 0, Traffic()))
            ticks = sum(int(field) for field in fields[11:15])
            moved = moved.plus(traffic.of_process(name))
            found[session] = cpu_us + ticks * _TICK_US, mem + int(fields[21]) * _PAGE, moved
    return {session: Used(cpu_us, mem, *moved) for session, (cpu_us, mem, moved) in found.items()}


def container_cgroups(container_id: str, root: Path = CGROUPS) -> tuple[str, ...]:
    """Where an engine of this machine keeps a container's cgroups; none where it is another machine's."""
    folders = (root / controller / place.format(container_id) for controller in _CONTROLLERS for place in _PLACES)
    return tuple(str(folder) for folder in folders if folder.is_dir())


def _number(path: str) -> int | None:
    try:
        with open(path, "rb") as file:
            return int(file.read())
    except (OSError, ValueError):
        return None


def _pairs(path: str) -> Iterator[tuple[str, int]]:
    for line in lines(path) or ():
        name, _, amount = line.partition(" ")
        if amount.isdecimal():
            yield name, int(amount)
