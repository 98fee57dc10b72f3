"""On PYTHONPATH of a campaign's agents: the wall clock of their processes is as far off as a file says, in ms."""

import os
import time

_FILE = os.environ.get("BARTER_CAMPAIGN_CLOCK", "")
_time_ns = time.time_ns


def _off_ns() -> int:
    try:
        with open(_FILE) as file:
            return int(file.read() or "0") * 1_000_000
    except (OSError, ValueError):
        return 0


if _FILE:
    time.time_ns = lambda: _time_ns() + _off_ns()
    time.time = lambda: (_time_ns() + _off_ns()) / 1e9
