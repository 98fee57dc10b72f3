"""Drives a core: events in, actions out, one batch at a time, in order."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from barter.core.batch import Batch
from barter.core.machine import Machine
from barter.shell.clock import Clock

EventT = TypeVar("EventT")
ActionT = TypeVar("ActionT")
LATER_SECONDS = 1.0


class Runner(Generic[EventT, ActionT]):
    """Feeds all events that are waiting, then performs all their actions at once.

    A batch lets `perform` commit once and send once for many events. Actions of one batch are performed before
    the next event is applied, so a failed `perform` ends `run` with its exception and nothing later happens.
    A `witness` hears of each batch, before it is performed: its moment, its events, its actions.
    With `longest_rest` it rests after each batch as long as that took, up to so many seconds: the busier it is, the
    more events share a batch.
    """

    def __init__(
        self,
        machine: Machine[EventT, ActionT],
        clock: Clock,
        perform: Callable[[list[ActionT]], Awaitable[None]],
        longest_rest: float = 0.0,
    ) -> None:
        self.machine = machine
        self._batch = Batch(machine)
        self._clock = clock
        self._perform = perform
        self._longest_rest = longest_rest
        self._wake = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None
        self.witness: Callable[[int, Sequence[EventT], Sequence[ActionT]], None] | None = None

    def post(self, event: EventT) -> None:
        self._batch.post(event)
        self._wake.set()

    def post_later(self, event: EventT) -> None:
        """For events that nobody waits for: applied with the next batch, within a second."""
        self._batch.post(event)
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(LATER_SECONDS, self._wake.set)

    async def run(self) -> None:
        """Run until cancelled, or until the machine or `perform` raises."""
        loop = asyncio.get_running_loop()
        while True:
            await self._wait_for_work()
            began = loop.time()
            await self.turn()
            if rest := min(loop.time() - began, self._longest_rest):
                await asyncio.sleep(rest)

    async def turn(self) -> None:
        """One batch: every waiting event, then a Tick if it is time."""
        self._wake.clear()
        if self._later is not None:
            self._later.cancel()
            self._later = None
        events, now = self._batch.waiting, self._clock.now()
        actions = self._batch.turn(now)
        if self.witness is not None:
            self.witness(now, events, actions)
        if actions:
            await self._perform(actions)

    async def _wait_for_work(self) -> None:
        """Until an event is posted that somebody waits for, or the machine's next Tick is due."""
        if self._wake.is_set():
            return
        wakeup = self.machine.next_wakeup()
        timeout = None if wakeup is None else max(wakeup - self._clock.now(), 0) / 1000
        # Not `wait_for`: on Python 3.11 that forgets a cancellation which comes with an event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._wake.wait()
