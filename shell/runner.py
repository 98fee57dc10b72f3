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


class Runner(Generic[EventT, ActionT]):
    """Feeds all events that are waiting, then performs all their actions at once.

    A batch lets `perform` commit once and send once for many events. Actions of one batch are performed before
    the next event is applied, so a failed `perform` ends `run` with its exception and nothing later happens.
    A `witness` hears of each batch, before it is performed: its moment, its events, its actions.
    """

    def __init__(
        self,
        machine: Machine[EventT, ActionT],
        clock: Clock,
        perform: Callable[[list[ActionT]], Awaitable[None]],
    ) -> None:
        self.machine = machine
        self._batch = Batch(machine)
        self._clock = clock
        self._perform = perform
        self._wake = asyncio.Event()
        self.witness: Callable[[int, Sequence[EventT], Sequence[ActionT]], None] | None = None

    def post(self, event: EventT) -> None:
        self._batch.post(event)
        self._wake.set()

    async def run(self) -> None:
        """Run until cancelled, or until the machine or `perform` raises."""
        while True:
            await self._until_due()
            await self.turn()

    async def turn(self) -> None:
        """One batch: every waiting event, then a Tick if it is time."""
        self._wake.clear()
        events, now = self._batch.waiting, self._clock.now()
        actions = self._batch.turn(now)
        if self.witness is not None:
            self.witness(now, events, actions)
        if actions:
            await self._perform(actions)

    async def _until_due(self) -> None:
        if self._batch.waiting:
            return
        wakeup = self.machine.next_wakeup()
        timeout = None if wakeup is None else max(wakeup - self._clock.now(), 0) / 1000
        # Not `wait_for`: on Python 3.11 that forgets a cancellation which comes with an event.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._wake.wait()
