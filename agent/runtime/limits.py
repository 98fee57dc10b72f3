"""Cpu and memory limits of process tasks by cgroups, and what cannot be enforced here in words."""

import contextlib
import hashlib
import signal
from pathlib import Path

from barter.agent.executor.events import TaskKey
from barter.agent.runtime.cgroups import Found, Hierarchy, find_here
from barter.agent.runtime.keeper.cgroup_files import processes, remove, signal_all, write
from barter.core.tasks import UNLIMITED, TaskInfo
from barter.shell.log import logger

FOLDER = "barter"
# The keeper is a member for a moment when a task starts: a limit below this could hit it.
LEAST_MEMORY = 4 << 20
CPU_PERIOD_US, LEAST_QUOTA_US = 100_000, 1_000
# New ones may come while others are moved.
_ROUNDS = 10
_log = logger("executor")

_HOW = "run the agent as root, or as a systemd service with Delegate=yes"
_WHAT = {"memory": "Memory limits", "cpu": "Cpu shares"}


def describe(found: Found | None = None) -> tuple[str, ...]:
    """For operators: a sentence for each thing that process tasks do not get here. Leaves nothing behind."""
    there = find_here() if found is None else found
    notes = [f"{_WHAT[kind]} of process tasks are not enforced: {why}; {_HOW}." for kind, why in there.missing.items()]
    if not there.hierarchies:
        notes.append(f"What forks away from a process task outlives it: there are no cgroups to find it by; {_HOW}.")
    return tuple(notes)


def home_name(work_dir: Path) -> str:
    """A short name for an agent's work folder, the same in every executor of it."""
    return hashlib.sha1(str(work_dir).encode(), usedforsecurity=False).hexdigest()[:12]


class Limits:
    """The cgroups of one agent's process tasks, `barter/<home>/<task>` in each hierarchy."""

    def __init__(self, work_dir: Path, found: Found | None = None) -> None:
        self._found = find_here() if found is None else found
        self._home = home_name(work_dir)
        self._open = False

    def make(self, key: TaskKey, task: TaskInfo) -> tuple[str, ...]:
        """Make the task's cgroups and set its limits; the folders made. What fails is logged and done without."""
        if not self._found.hierarchies:
            return ()
        name = hashlib.sha1("/".join(key).encode(), usedforsecurity=False).hexdigest()[:20]
        made: list[str] = []
        try:
            if not self._open:
                self._prepare()
            for hierarchy in self._found.hierarchies:
                folder = hierarchy.base / FOLDER / self._home / name
                folder.mkdir(exist_ok=True)
                made.append(str(folder))
                _limit(folder, hierarchy, task)
        except OSError as error:
            _log.warning("process tasks run without limits", why=str(error), what_to_do=_HOW)
            remove(tuple(made))
            self._found = Found((), {})
            return ()
        return tuple(made)

    def doors(self, folders: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """The files that move whoever writes "0" into these cgroups, and those that move it back to where we are."""
        pairs = list(zip(folders, self._found.hierarchies, strict=False))
        enter = [f"{folder}/{hierarchy.enter}" for folder, hierarchy in pairs]
        return enter, [f"{hierarchy.home}/{hierarchy.enter}" for _, hierarchy in pairs]

    def sweep(self, kept: set[str]) -> None:
        """Remove what an earlier executor left, the folders in `kept` aside; at the end, our own folders too."""
        for hierarchy in self._found.hierarchies:
            ours = hierarchy.base / FOLDER / self._home
            if not ours.is_dir():
                continue
            for folder in ours.iterdir():
                if folder.is_dir() and str(folder) not in kept:
                    signal_all((str(folder),), signal.SIGKILL)
                    remove((str(folder),))
            if not kept:
                remove((str(ours), str(ours.parent)))
                self._open = False

    def _prepare(self) -> None:
        for hierarchy in self._found.hierarchies:
            switch = " ".join(f"+{kind}" for kind in hierarchy.kinds)
            if hierarchy.evacuate:
                _evacuate(hierarchy)
            if hierarchy.enable:
                write(f"{hierarchy.base}/cgroup.subtree_control", switch)
            for folder in (hierarchy.base / FOLDER, hierarchy.base / FOLDER / self._home):
                folder.mkdir(exist_ok=True)
                if hierarchy.version == 2:
                    write(f"{folder}/cgroup.subtree_control", switch)
        self._open = True


def _evacuate(hierarchy: Hierarchy) -> None:
    """Move all processes to our own child of it: no controllers are handed down beside processes."""
    hierarchy.home.mkdir(exist_ok=True)
    for _ in range(_ROUNDS):
        there = processes((str(hierarchy.base),))
        for pid in there:
            with contextlib.suppress(ProcessLookupError):
                write(f"{hierarchy.home}/cgroup.procs", str(pid))
        if not there:
            return


def _limit(folder: Path, hierarchy: Hierarchy, task: TaskInfo) -> None:
    """Hard memory, relative cpu: the units are the kernel's (shares 2 to 262144, weight 1 to 10000)."""
    if "memory" in hierarchy.kinds:
        _limit_memory(folder, hierarchy.version, task)
    if "cpu" in hierarchy.kinds:
        _limit_cpu(folder, hierarchy.version, task)


def _limit_memory(folder: Path, version: int, task: TaskInfo) -> None:
    """Where more than its own is granted, its own is what it keeps when memory gets scarce."""
    limit, own = memory_limit(task), task.resources.scalars.get("mem", 0)
    if limit != own and own:
        write(f"{folder}/{'memory.soft_limit_in_bytes' if version == 1 else 'memory.low'}", str(own))
    if limit <= 0:
        return
    most = str(max(limit, LEAST_MEMORY))
    write(f"{folder}/{'memory.limit_in_bytes' if version == 1 else 'memory.max'}", most)
    with contextlib.suppress(OSError):
        if version == 1:
            write(f"{folder}/memory.memsw.limit_in_bytes", most)
        else:
            write(f"{folder}/memory.swap.max", "0")


def _limit_cpu(folder: Path, version: int, task: TaskInfo) -> None:
    if shares := cpu_shares(task):
        name, weight = ("cpu.shares", shares) if version == 1 else ("cpu.weight", 1 + (shares - 2) * 9999 // 262142)
        write(f"{folder}/{name}", str(weight))
    if quota := cpu_quota_us(task):
        if version == 1:
            write(f"{folder}/cpu.cfs_period_us", str(CPU_PERIOD_US))
            write(f"{folder}/cpu.cfs_quota_us", str(quota))
        else:
            write(f"{folder}/cpu.max", f"{quota} {CPU_PERIOD_US}")


def memory_limit(task: TaskInfo) -> int:
    """In bytes; UNLIMITED, and 0 for a task without memory."""
    limit = task.limits.mem if task.limits is not None else None
    return task.resources.scalars.get("mem", 0) if limit is None else limit


def cpu_quota_us(task: TaskInfo) -> int:
    """The most cpu time in each CPU_PERIOD_US, where a number is its limit; 0 else: a share is all there is."""
    limit = task.limits.cpus if task.limits is not None else None
    return 0 if limit is None or limit == UNLIMITED else max(limit * CPU_PERIOD_US // 1000, LEAST_QUOTA_US)


def cpu_shares(task: TaskInfo) -> int:
    """1024 for each cpu, as Mesos and Docker count; 0 for a task without cpus.

    What is revocable weighs nothing: its owner, who lent it, comes first.
    """
    cpus = task.resources.scalars.get("cpus", 0)
    if not cpus:
        return 0
    own = cpus - task.revocable.scalars.get("cpus", 0)
    return min(max(own * 1024 // 1000, 2), 262144)
