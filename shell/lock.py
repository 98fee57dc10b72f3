"""One process a folder."""

import fcntl
import os
from pathlib import Path


class FolderTaken(Exception):
    """Another process works on the folder; the text names it and says what to do."""


class FolderLock:
    """Held until `release` or the end of the process, kill -9 included; the file names the holder's pid."""

    def __init__(self, file: Path, holder: str, advice: str) -> None:
        """Lock `file` in a folder that exists; raises FolderTaken saying that another `holder` has it, and `advice`."""
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.read(self._descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._descriptor)
            raise FolderTaken(f"{file.parent} is in use by another {holder} (pid {pid}): {advice}") from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        os.close(self._descriptor)
