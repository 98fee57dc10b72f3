"""The runner ends when it is cancelled, whatever comes at the same moment."""

import asyncio

import pytest

from barter.core.machine import Tick
from barter.shell import runner as runner_module
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


class Adding:
    """Wants no Tick; says of each event that it was there."""

    def step(self, event: str | Tick, now: int) -> list[str]:
        return [str(event)]

    def next_wakeup(self) -> int | None:
        return None


def test_what_is_posted_for_later_comes_with_the_next_batch_or_soon_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        batches: asyncio.Queue[list[str]] = asyncio.Queue()
        runner: Runner[str, str] = Runner(Adding(), Clock(), batches.put, longest_rest=0.001)
        task = asyncio.create_task(runner.run())
        runner.post_later("a heartbeat")
        await asyncio.sleep(0)
        runner.post("news")
        assert await batches.get() == ["a heartbeat", "news"]
        monkeypatch.setattr(runner_module, "LATER_SECONDS", 0.001)
        runner.post_later("another")
        runner.post_later("a third")
        assert await batches.get() == ["another", "a third"]
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(story())
