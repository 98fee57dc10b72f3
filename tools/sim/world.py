"""Virtual time, and everything that is going to happen in it."""

import gc
from collections.abc import Callable
from heapq import heappop, heappush
from random import Random

from barter.tools.sim.observe import Seen

SELDOM = (20_000, 50, 1_000)
"""When Python looks for cycles meanwhile: a world has few, and the usual way took a quarter of 2,000 agents' time."""
SECOND_US = 1_000_000
START_MS = 1_700_000_000_000
"""What clocks without drift show when a world begins: milliseconds since 1970."""


class World:
    """Time in microseconds from 0. What is due at the same time happens in the order it was asked for."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.now_us = 0
        self.happened = 0
        self.seen = Seen()
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._asked = 0

    @property
    def now_ms(self) -> int:
        """What a clock without drift shows."""
        return START_MS + self.now_us // 1000

    def random(self, name: str) -> Random:
        """A stream of its own for each name, so that more draws in one place move no other."""
        return Random(f"{self.seed}/{name}")

    def at(self, us: int, call: Callable[[], None]) -> None:
        self._asked += 1
        heappush(self._due, (us if us > self.now_us else self.now_us, self._asked, call))

    def after(self, us: int, call: Callable[[], None]) -> None:
        self._asked += 1
        heappush(self._due, (self.now_us + us, self._asked, call))

    def run_until(self, us: int) -> None:
        """Let everything happen up to and with this time."""
        due = self._due
        usual = gc.get_threshold()
        gc.set_threshold(*SELDOM)
        try:
            while due and due[0][0] <= us:
                self.now_us, _, call = heappop(due)
                self.happened += 1
                call()
        finally:
            gc.set_threshold(*usual)
        self.now_us = us
