"""Whether an engine is of this machine, so that its containers' processes are ours to see."""

import contextlib
import os
import signal
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from barter.agent.runtime.measure import CGROUPS, container_cgroups

_CREDENTIALS = struct.Struct("3i")


def is_local(host: str, proc: Path = Path("/proc")) -> bool:
    """Whether who listens on a unix socket sees the same processes and files as this process."""
    if not host.startswith("unix://"):
        return False
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(2)
            probe.connect(host.removeprefix("unix://"))
            said = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, _, _ = _CREDENTIALS.unpack(said)
        return pid > 0 and all(_namespace(proc, str(pid), kind) == _namespace(proc, "self", kind) for kind in _KINDS)
    except (OSError, AttributeError):
        return False


def lives(pid: int, proc: Path = Path("/proc")) -> bool:
    """Whether a process of that id is there and has not ended."""
    try:
        state = (proc / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in (b"Z", b"X")


def end_leftovers(container_id: str, root: Path = CGROUPS) -> int:
    """Kill what is left in the cgroups of a container that its engine has removed; returns how many processes.

    An engine that was killed while it started a container takes it for one that never was, and leaves it behind.
    """
    pids = {pid for folder in container_cgroups(container_id, root) for pid in _processes(folder)}
    for pid in pids:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)


def _processes(folder: str) -> Iterator[int]:
    for each, _, files in os.walk(folder):
        if "cgroup.procs" in files:
            with contextlib.suppress(OSError):
                yield from (pid for line in Path(each, "cgroup.procs").read_text().split() if (pid := int(line)) > 0)


_KINDS = ("pid", "mnt")


def _namespace(proc: Path, pid: str, kind: str) -> str:
    return os.readlink(proc / pid / "ns" / kind)
