"""The one clock of a process."""

import time


class Clock:
    """Milliseconds since 1970 as the wall had it at the start, moved on by the monotonic clock: it never jumps."""

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> int:
        return (time.monotonic_ns() + self._offset) // 1_000_000
