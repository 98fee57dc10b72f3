"""The framework that measures: on the SDK alone, as anyone's would be."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from barter import sdk
from barter.tools.bench.measure import BenchFailed

OFFER_SECONDS = 30
BATCH_SECONDS = 300
DECLINED_MS = 20


@dataclass
class Batch:
    """Times by `time.perf_counter`, in seconds; `running` and `ended` in the order the statuses came."""

    accepted: float
    waiting: set[str]
    running: list[float] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    failure: str = ""
    killed: bool = False


class Author(sdk.Scheduler):
    """Asks for offers only when it launches, so that what is freed comes back as one and not in crumbs."""

    def __init__(self, master: str) -> None:
        self.driver = sdk.MasterDriver(self, sdk.FrameworkInfo("bench"), master)
        self._need = sdk.Resources()
        self._offer: sdk.Offer | None = None
        self._batch = Batch(0, set())
        self._changed = asyncio.Event()

    async def launch(self, tasks: Sequence[sdk.TaskInfo], *, ended: bool = True) -> Batch:
        """Launch on one offer that holds them all and wait until each runs, or each has `ended`."""
        offer = await self._offer_for(tasks)
        self._batch = batch = Batch(time.perf_counter(), {task.task_id for task in tasks})
        self.driver.launch(offer, tasks, sdk.Filters(0))
        self.driver.suppress()
        marks = batch.ended if ended else batch.running
        await self._until(lambda: len(marks) >= len(tasks) or bool(batch.failure), BATCH_SECONDS)
        if batch.failure or len(marks) < len(tasks):
            raise BenchFailed(batch.failure or f"only {len(marks)} of {len(tasks)} tasks came through")
        return batch

    async def kill(self) -> None:
        """End what was launched last, and wait until all of it has ended."""
        batch = self._batch
        batch.killed = True
        for task_id in batch.waiting:
            self.driver.kill(sdk.TaskId(task_id), grace_ms=0)
        await self._until(lambda: not batch.waiting, BATCH_SECONDS)

    def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
        for offer in offers:
            if self._offer is None and self._need in offer.resources:
                self._offer = offer
                self._changed.set()
            else:
                driver.decline(offer, sdk.Filters(DECLINED_MS))

    def offer_rescinded(self, driver: sdk.Driver, offer_id: sdk.OfferId) -> None:
        if self._offer is not None and self._offer.offer_id == offer_id:
            self._offer = None

    def disconnected(self, driver: sdk.Driver) -> None:
        self._offer = None

    def error(self, driver: sdk.Driver, message: str) -> None:
        self._batch.failure = message
        self._changed.set()

    def status_update(self, driver: sdk.Driver, status: sdk.TaskStatus) -> None:
        batch = self._batch
        if status.state is sdk.TaskState.RUNNING:
            batch.running.append(time.perf_counter())
        elif status.terminal and status.task_id in batch.waiting:
            batch.waiting.discard(status.task_id)
            batch.ended.append(time.perf_counter())
            if status.state is not sdk.TaskState.FINISHED and not batch.killed:
                batch.failure = f"task {status.task_id} ended as {status.state}: {status.message}"
        self._changed.set()

    async def _offer_for(self, tasks: Sequence[sdk.TaskInfo]) -> sdk.Offer:
        amounts = tasks[0].resources.scalars
        self._need = sdk.Resources({kind: amount * len(tasks) for kind, amount in amounts.items()})
        if self._offer is not None and self._need not in self._offer.resources:
            self.driver.decline(self._offer)
            self._offer = None
        self.driver.revive()
        await self._until(lambda: self._offer is not None or bool(self._batch.failure), OFFER_SECONDS)
        if self._offer is None:
            raise BenchFailed(
                self._batch.failure or f"no offer holds {len(tasks)} tasks ({self._need}) within {OFFER_SECONDS} s"
            )
        offer, self._offer = self._offer, None
        return offer

    async def _until(self, done: Callable[[], bool], seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not done():
                    self._changed.clear()
                    await self._changed.wait()


@contextlib.asynccontextmanager
async def author(master: str) -> AsyncIterator[Author]:
    """A subscribed framework; at the end it is removed with its tasks."""
    made = Author(master)
    serving = asyncio.create_task(made.driver.serve())
    try:
        yield made
    finally:
        made.driver.stop()
        await serving


def tiny_tasks(
    round_name: str, count: int, command: sdk.Command, container: sdk.Container | None = None
) -> list[sdk.TaskInfo]:
    need = sdk.resources(cpus=10, mem=32 * sdk.MIB)
    return [
        sdk.TaskInfo(sdk.TaskId(f"{round_name}-{number}"), "bench", need, command, container) for number in range(count)
    ]
