"""Walks below a folder name by name, never through a link, whatever somebody else turns into one meanwhile."""

import os
import stat
from collections.abc import Callable, Sequence

FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class NotPlain(OSError):
    """There is something else than a plain file or folder."""


def open_folder(top: int | str, parts: Sequence[str], made: Callable[[int], None] | None = None) -> int:
    """A descriptor of the folder `parts` below `top`, for the caller to close; raises OSError.

    With `made` missing ones are made, and it is called with a descriptor of each.
    """
    descriptor = os.open(top, FOLDER_FLAGS) if isinstance(top, str) else os.dup(top)
    try:
        for part in parts:
            below = _step(descriptor, part, made)
            os.close(descriptor)
            descriptor = below
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def open_file(folder: int, name: str) -> int:
    """A descriptor to read the plain file `name` in an open folder; raises NotPlain or another OSError.

    What is not plain is not even opened, for that alone can have effects.
    """
    if not stat.S_ISREG(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        raise NotPlain(f"{name[:200]!r} is no plain file")
    descriptor = os.open(name, _FILE_FLAGS, dir_fd=folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotPlain(f"{name[:200]!r} is no plain file")
    return descriptor


def _step(folder: int, name: str, made: Callable[[int], None] | None) -> int:
    try:
        return os.open(name, FOLDER_FLAGS, dir_fd=folder)
    except FileNotFoundError:
        if made is None:
            raise
    os.mkdir(name, 0o755, dir_fd=folder)
    below = os.open(name, FOLDER_FLAGS, dir_fd=folder)
    made(below)
    return below
