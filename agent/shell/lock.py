"""One agent per work dir."""

import fcntl
import os
from pathlib import Path


class Locked(Exception):
    """Another agent holds the work dir; the text names it."""


class WorkDirLock:
    """Held from construction until `release` or the end of the process, kill -9 included."""

    def __init__(self, work_dir: Path) -> None:
        """Raises Locked."""
        path = work_dir / "agent.lock"
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._fd, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._fd)
            raise Locked(
                f"an agent already runs on {work_dir} (pid {holder}): stop it first, or choose another --work-dir"
            ) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._fd)
