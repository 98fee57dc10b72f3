"""One process a folder."""

import fcntl
import os
from pathlib import Path


class FolderTaken(Exception):
    """Another process works on this folder."""


class FolderLock:
    """Held until closed or until the process dies, however it dies. Raises FolderTaken naming the other process."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "lock").open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.seek(0)
            other = self._file.read().strip() or "unknown"
            self._file.close()
            raise FolderTaken(
                f"{folder} is in use by another master (pid {other}): stop it, or choose another --data-dir"
            ) from None
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def close(self) -> None:
        self._file.close()
