"""What is read from and written to the cgroups of one task."""

import contextlib
import os
from collections.abc import Iterable

_MUCH = 64 << 10


def write(path: str, text: str) -> None:
    """Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _read(path: str) -> bytes:
    """Raises OSError. Without a file object: each end reads several."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        text = b""
        while more := os.read(descriptor, _MUCH):
            text += more
        return text
    finally:
        os.close(descriptor)


def processes(folders: Iterable[str]) -> set[int]:
    """The processes in the task's cgroups."""
    found: set[int] = set()
    for folder in folders:
        with contextlib.suppress(OSError):
            found.update(map(int, _read(f"{folder}/cgroup.procs").split()))
    return found


def signal_all(folders: Iterable[str], number: int, spared: int = 0) -> int:
    """Signal every process in the task's cgroups but `spared`; how many there were."""
    found = processes(folders) - {os.getpid(), spared}
    for pid in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
    return len(found)


def oom_killed(folders: Iterable[str]) -> bool:
    """Whether the kernel killed one of the task's processes for its memory limit."""
    for folder in folders:
        for name in ("memory.oom_control", "memory.events"):
            with contextlib.suppress(OSError):
                lines = _read(f"{folder}/{name}").splitlines()
                if any(line.startswith(b"oom_kill ") and int(line.split()[1]) > 0 for line in lines):
                    return True
    return False


def remove(folders: Iterable[str]) -> bool:
    """Remove empty cgroups; whether all are gone."""
    gone = True
    for folder in folders:
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            continue
        except OSError:
            gone = False
    return gone
