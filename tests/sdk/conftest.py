"""A master's scheduler face and nothing behind it: the test says what it answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import grpc.aio as aio
import pytest
from grpc import StatusCode

from barter.core.tasks import TaskStatus
from barter.proto import codec
from barter.proto.v1 import scheduler_pb2 as pb
from barter.proto.v1.scheduler_pb2_grpc import SchedulerServiceServicer, add_SchedulerServiceServicer_to_server
from barter.shell.transport import listen, server

FRAMEWORK_ID = "abc-1-0001"
Context = aio.ServicerContext[pb.SchedulerCall, pb.SchedulerEvent]
Answer = Callable[["StubMaster", pb.SchedulerCall], Awaitable[None]]


class StubMaster(SchedulerServiceServicer):
    """Keeps every call; `answer` is awaited with each. `send` speaks on the current session, `hang_up` ends it."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.calls: list[pb.SchedulerCall] = []
        self.sessions = 0
        self.leader = ""
        self.address = ""
        self._answer = answer
        self._context: Context | None = None
        self._over = asyncio.Event()
        self._server = server()

    async def start(self, address: str = "127.0.0.1:0") -> None:
        add_SchedulerServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        self.address = f"127.0.0.1:{listen(self._server, address)}"
        await self._server.start()

    async def stop(self) -> None:
        await self._server.stop(None)

    async def Session(self, request_iterator: AsyncIterator[pb.SchedulerCall], context: Context) -> None:
        if self.leader:
            context.set_trailing_metadata((("barter-leader", self.leader),))
            await context.abort(StatusCode.FAILED_PRECONDITION, "not leading")
        self.sessions += 1
        self._context, self._over = context, asyncio.Event()
        reader = asyncio.create_task(self._read(request_iterator, self._over))
        await self._over.wait()
        reader.cancel()

    async def _read(self, requests: AsyncIterator[pb.SchedulerCall], over: asyncio.Event) -> None:
        async for call in requests:
            self.calls.append(call)
            if call.HasField("subscribe"):
                subscribed = {"framework_id": FRAMEWORK_ID, "epoch": 1, "heartbeat_ms": 5_000}
                await self.send(pb.SchedulerEvent(subscribed=subscribed))
            if self._answer is not None:
                await self._answer(self, call)
        over.set()

    async def send(self, event: pb.SchedulerEvent) -> None:
        assert self._context is not None
        await self._context.write(event)

    async def update(self, *statuses: TaskStatus) -> None:
        await self.send(pb.SchedulerEvent(update={"statuses": [codec.status_to_wire(item) for item in statuses]}))

    def hang_up(self) -> None:
        self._over.set()

    def kinds(self) -> list[str | None]:
        return [call.WhichOneof("call") for call in self.calls]


@pytest.fixture
def stub_master() -> type[StubMaster]:
    return StubMaster
