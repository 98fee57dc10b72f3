"""The one clock of a process."""

import time


class Clock:
    """Milliseconds since 1970 as the wall had it at the start, moved on by the monotonic clock: it never jumps."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> int:
        return (time.monotonic_ns() + self._offset) // 1_000_000


class LeaseClock(Clock):
    """Milliseconds since the machine started, those it was suspended included: a lease ends while everything sleeps."""

    def now(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
