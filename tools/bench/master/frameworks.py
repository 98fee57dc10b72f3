"""Simulated frameworks: each raises a demand now and then, and times how long its first offer takes."""

import asyncio
import contextlib
import time

import grpc.aio as aio

from barter.proto.v1 import scheduler_pb2, types_pb2
from barter.tools.bench.master import messages
from barter.tools.bench.measure import BenchFailed

SESSION = "/barter.v1.SchedulerService/Session"
RAISE_SECONDS, TASKS_EACH = 0.1, 2
KILLED_AFTER_SECONDS = 1.0
Call = aio.StreamStreamCall[bytes, scheduler_pb2.SchedulerEvent]


class Framework:
    """Launches what it is offered; every other task it kills before it ends by itself. `latencies` in seconds."""

    def __init__(self, name: str, channel: aio.Channel) -> None:
        self._name, self._channel = name, channel
        self.framework_id = ""
        self.latencies: list[float] = []
        self.ended = 0
        self._asked: dict[str, float] = {}
        self._open: dict[str, types_pb2.Demand] = {}
        self._answered = asyncio.Event()
        self._raised = self._launched = 0
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()
        self._calls: list[Call] = []
        self._work: list[asyncio.Task[None]] = []

    @property
    def unanswered(self) -> int:
        """Demands that have had no offer yet."""
        return len(self._asked)

    async def subscribe(self) -> None:
        """Raises BenchFailed when the master does not take it."""
        self._call: Call = self._channel.stream_stream(SESSION, None, scheduler_pb2.SchedulerEvent.FromString)(
            None, wait_for_ready=True
        )
        self._calls.append(self._call)
        await self._call.write(messages.subscribe(self._name))
        event = await self._call.read()
        if not isinstance(event, scheduler_pb2.SchedulerEvent) or not event.HasField("subscribed"):
            raise BenchFailed(f"framework {self._name} was not subscribed: {event}")
        self.framework_id = event.subscribed.framework_id
        self._work = [asyncio.create_task(self._hear()), asyncio.create_task(self._write())]

    async def ask(self, seconds: float, after: float) -> None:
        """Raise a demand every `RAISE_SECONDS`, each a new one for `TASKS_EACH` tasks; the first `after` seconds."""
        due = time.perf_counter() + after
        end = due + seconds
        while due < end:
            await asyncio.sleep(max(due - time.perf_counter(), 0))
            self._raised += 1
            demand_id = f"{self._name}-{self._raised}"
            zone = messages.ZONES[self._raised % len(messages.ZONES)] if self._raised % 2 else ""
            self._asked[demand_id] = time.perf_counter()
            self._answered.clear()
            self._open[demand_id] = messages.demand(demand_id, TASKS_EACH, zone)
            self._waiting.put_nowait(messages.set_demands(self._open.values()))
            due += RAISE_SECONDS

    async def settle(self, seconds: float) -> None:
        """Until every demand has had an offer, for so long at most."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._answered.wait()

    def close(self) -> None:
        for work in self._work:
            work.cancel()
        for call in self._calls:
            call.cancel()

    async def _write(self) -> None:
        while True:
            await self._call.write(await self._waiting.get())

    async def _hear(self) -> None:
        while isinstance(event := await self._call.read(), scheduler_pb2.SchedulerEvent):
            now = time.perf_counter()
            for offer in event.offers.offers:
                self._open.pop(offer.demand_id, None)
                asked = self._asked.pop(offer.demand_id, None)
                if asked is not None:
                    self.latencies.append(now - asked)
                self._launch(offer)
            if not self._asked:
                self._answered.set()
            self._acknowledge(event)

    def _launch(self, offer: types_pb2.Offer) -> None:
        room = offer.resources.scalars["cpus"] // messages.SHORT_TASK.scalars["cpus"]
        task_ids = [f"{self._name}-t{self._launched + number}" for number in range(room)]
        self._launched += room
        self._waiting.put_nowait(messages.launch(offer, task_ids))
        for task_id in task_ids[::2]:
            kill = scheduler_pb2.SchedulerCall(kill={"task_id": task_id, "grace_ms": -1}).SerializeToString()
            asyncio.get_running_loop().call_later(KILLED_AFTER_SECONDS, self._waiting.put_nowait, kill)

    def _acknowledge(self, event: scheduler_pb2.SchedulerEvent) -> None:
        acks = [
            {"framework_id": self.framework_id, "task_id": status.task_id, "uuid": status.uuid}
            for status in event.update.statuses
            if status.uuid
        ]
        self.ended += sum(status.state in ("TASK_FINISHED", "TASK_KILLED") for status in event.update.statuses)
        if acks:
            self._waiting.put_nowait(scheduler_pb2.SchedulerCall(acknowledge={"acks": acks}).SerializeToString())
