"""Whether HAProxy's workers can leave root behind."""

import os
from pathlib import Path

NOBODY = 65534
_CAP_SETGID, _CAP_SETUID = 6, 7


def drop_to() -> int:
    """The uid and gid for HAProxy's workers, or 0 where this process cannot change to it (or is not root)."""
    if os.geteuid() != 0:
        return 0
    try:
        status = Path("/proc/self/status").read_text()
        mapped = Path("/proc/self/uid_map").read_text() + Path("/proc/self/gid_map").read_text()
    except OSError:
        return 0
    effective = next((int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:")), 0)
    able = all(effective >> bit & 1 for bit in (_CAP_SETGID, _CAP_SETUID))
    spans = [tuple(map(int, line.split())) for line in mapped.splitlines()]
    reachable = sum(first <= NOBODY < first + count for first, _, count in spans) == 2
    return NOBODY if able and reachable else 0
