"""Keeps sandbox logs small: over a limit, copy to `NAME.1` and truncate, as logrotate's copytruncate does.

The writer keeps its descriptor (opened to append); what it writes between copy and truncation is lost.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from barter.agent.runtime.plain_file import open_plain
from barter.agent.runtime.spawn import STDERR, STDOUT

LIMIT = 10 << 20


def rotate_all(sandboxes: Iterable[str], limit: int = LIMIT) -> int:
    """Look at both logs of each sandbox; how many were rotated."""
    return sum(rotate(f"{sandbox}/{name}", limit) for sandbox in sandboxes for name in (STDOUT, STDERR))


def rotate(path: str, limit: int = LIMIT) -> bool:
    """Keep the last `limit` bytes in `path.1` when there are more; whether there were."""
    try:
        size = os.stat(path, follow_symlinks=False).st_size
        if size <= limit:
            return False
        beside = Path(f"{path}.new")
        beside.unlink(missing_ok=True)
        with _open(path, os.O_RDWR) as log, _open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as kept:
            position = size - limit
            while copied := os.sendfile(kept.fileno(), log.fileno(), position, 1 << 20):
                position += copied
            os.ftruncate(log.fileno(), 0)
        beside.replace(f"{path}.1")
    except OSError:
        return False
    return True


def _open(path: Path | str, flags: int) -> BinaryIO:
    return os.fdopen(open_plain(path, flags), "r+b" if flags & os.O_RDWR else "wb")
