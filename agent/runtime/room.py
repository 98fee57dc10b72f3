"""Whether a disk has room."""

import os

# With less than this free, a task that failed may have failed for want of room.
_ROOM = 64 << 10


def no_room(folder: str) -> bool:
    """Whether the folder's file system is full."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize < _ROOM or (found.f_files > 0 and found.f_favail == 0)
