"""The runner ends when it is cancelled, whatever comes at the same moment."""

import asyncio

import pytest

from barter.core.machine import Tick
from barter.shell.clock import Clock
from barter.shell.runner import Runner


class Waiting:
    """Wants a Tick at a time that no test reaches."""

    def step(self, event: str | Tick, now: int) -> list[str]:
        return [str(event)]

    def next_wakeup(self) -> int | None:
        return 1 << 60


@pytest.mark.parametrize("turns", range(5))
def test_a_cancellation_that_comes_with_an_event_is_not_forgotten(turns: int) -> None:
    async def story() -> None:
        async def perform(actions: list[str]) -> None:
            assert actions == ["news"]

        runner: Runner[str, str] = Runner(Waiting(), Clock(), perform)
        task = asyncio.create_task(runner.run())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        runner.post("news")
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=5)
        assert task.cancelled()

    asyncio.run(story())
