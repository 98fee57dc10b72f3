"""How fast each principal's calls are taken: one bucket for all streams of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from barter.core.token_bucket import TokenBucket
from barter.shell.log import logger

LOG = logger("master")
CALLS_PER_SECOND = 1_000
BURST_SECONDS = 5
FORGET_FROM = 1_000


@dataclass(slots=True)
class Pace:
    """`slowed` counts the calls that had to wait."""

    principal: str
    bucket: TokenBucket
    slowed: int = field(default=0)
    _slow: bool = field(default=False)

    async def keep(self, now: Callable[[], int]) -> None:
        """Return when the next call may be taken: until then its sender is not read."""
        at = now()
        if self._slow and self.bucket.full(at):
            self._slow = False
        if not (waits := self.bucket.take(at)):
            return
        self.slowed += 1
        if not self._slow:
            self._slow = True
            LOG.warning("a framework calls too often: its calls are taken slowly", principal=self.principal)
        await asyncio.sleep(waits / 1000)


class Paces:
    """Of all principals; those that would stand as new ones are forgotten when there are many."""

    def __init__(self, per_second: int, now: Callable[[], int]) -> None:
        self._per_second, self._now = per_second, now
        self._paces: dict[str, Pace] = {}

    def of(self, principal: str) -> Pace:
        if principal not in self._paces:
            if len(self._paces) >= FORGET_FROM:
                at = self._now()
                self._paces = {name: pace for name, pace in self._paces.items() if not pace.bucket.full(at)}
            bucket = TokenBucket(self._per_second, self._per_second * BURST_SECONDS, self._now())
            self._paces[principal] = Pace(principal, bucket)
        return self._paces[principal]

    def slowed(self) -> dict[str, int]:
        """Of each principal that was: how many of its calls."""
        return {name: pace.slowed for name, pace in self._paces.items() if pace.slowed}
