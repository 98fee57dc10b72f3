"""What a simulated task uses of what it holds: a share that changes now and then."""

from dataclasses import dataclass
from random import Random

from barter.core.tasks import TaskInfo

CHANGES = 0.1
"""How often a look finds another share since the last."""
SHARES = (0, 0, 50, 100, 300, 700, 1_000)
"""In thousandths: most tasks are idle most of the time."""


@dataclass(slots=True)
class Use:
    """`cpu_us` is what it has used up to `at_us`; `share` None until it is first looked at."""

    cpu_us: int = 0
    at_us: int = 0
    share: int | None = None

    def look(self, task: TaskInfo, now_us: int, rng: Random) -> tuple[int, int]:
        """All its cpu time in microseconds, and its memory in bytes."""
        scalars = task.resources.scalars
        if self.share is not None:
            self.cpu_us += (now_us - self.at_us) * scalars.get("cpus", 0) * self.share // 1_000_000
        if self.share is None or rng.random() < CHANGES:
            self.share = rng.choice(SHARES)
        self.at_us = now_us
        return self.cpu_us, scalars.get("mem", 0) // 2
