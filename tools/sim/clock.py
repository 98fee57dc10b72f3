"""A process's own clock."""

from barter.tools.sim.world import START_MS, World

MILLION = 1_000_000


class DriftingClock:
    """Milliseconds since 1970 that run fast or slow by parts per million, and never jump."""

    def __init__(self, world: World, ppm: int = 0) -> None:
        self._world = world
        self._since_us = world.now_us
        self._local_us = START_MS * 1000 + world.now_us
        self._rate = MILLION + ppm

    def now(self) -> int:
        return (self._local_us + (self._world.now_us - self._since_us) * self._rate // MILLION) // 1000

    def drift(self, ppm: int) -> None:
        """From now on it gains this many microseconds a second."""
        self._local_us += (self._world.now_us - self._since_us) * self._rate // MILLION
        self._since_us, self._rate = self._world.now_us, MILLION + ppm

    def when(self, local_ms: int) -> int:
        """The world's microsecond at which it will show this."""
        ahead = local_ms * 1000 - self._local_us
        return self._since_us + -(-ahead * MILLION // self._rate)
