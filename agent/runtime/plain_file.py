"""Opens log files in folders that tasks may write to: only plain files, whatever a task has put in their place."""

import contextlib
import os
import stat
from pathlib import Path

_SAFE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_plain(path: Path | str, flags: int, mode: int = 0o644) -> int:
    """A descriptor of the plain file at `path`; raises OSError where it is a link or anything else."""
    descriptor = os.open(path, flags | _SAFE, mode)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is no plain file")
    return descriptor


def open_to_append(path: Path) -> int:
    """Append to `path`, which is made where it is missing; a link or pipe in its place is removed, never followed."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        return open_plain(path, flags)
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        return open_plain(path, flags | os.O_EXCL)
