"""Whether an engine is of this machine, so that its containers' processes are ours to see."""

import os
import socket
import struct
from pathlib import Path

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


_KINDS = ("pid", "mnt")


def _namespace(proc: Path, pid: str, kind: str) -> str:
    return os.readlink(proc / pid / "ns" / kind)
