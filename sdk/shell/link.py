"""One stream to one master, from its subscription to its end."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable
from functools import partial

import grpc
import grpc.aio as aio

from barter.core.ids import FrameworkId
from barter.proto.v1.scheduler_pb2 import SchedulerCall, SchedulerEvent
from barter.proto.v1.scheduler_pb2_grpc import SchedulerServiceStub
from barter.sdk import calls
from barter.sdk import messages as msg
from barter.sdk.shell.wire import call_to_wire, event_from_wire
from barter.sdk.shell.wishes import Wishes
from barter.shell import reach
from barter.shell.transport import channel, leader_of

LOG = logging.getLogger("barter.sdk")
FLUSH_SECONDS = 1.0
_ENDED = "the master ended the session"
_Stream = aio.StreamStreamCall[SchedulerCall, SchedulerEvent]


class Link:
    """Posts a Heard for every event and one LinkLost at its end, unless it is dropped."""

    def __init__(self, connect: msg.Connect, post: Callable[[msg.Event], None]) -> None:
        self._number = connect.link
        self._post = post
        self.channel = channel(connect.address)
        self._stream: _Stream | None = None
        self._wishes = Wishes()
        self._reader = asyncio.create_task(self._follow(connect))

    async def send(self, call: calls.Call, framework_id: FrameworkId) -> None:
        """Write; a stream that is gone is the reader's to report. Raises ValueError or TypeError as the codec does."""
        wire = call_to_wire(call, framework_id, self._wishes)
        if self._stream is None:
            return
        with contextlib.suppress(aio.AioRpcError, asyncio.InvalidStateError):
            await self._stream.write(wire)
            if isinstance(call, calls.Teardown):
                await self._stream.done_writing()

    async def drop(self) -> None:
        """End at once and say nothing more."""
        self._reader.cancel()
        await self.channel.close(None)
        await asyncio.wait([self._reader])

    async def close(self) -> None:
        """End when the master has read everything that was sent."""
        if self._stream is not None:
            with contextlib.suppress(aio.AioRpcError, asyncio.InvalidStateError):
                await self._stream.done_writing()
                await asyncio.wait([self._reader], timeout=FLUSH_SECONDS)
        await self.drop()

    async def _follow(self, connect: msg.Connect) -> None:
        back = f"{connect.unreachable} answers again", connect.unreachable
        reason, leader = await reach.unless_back(partial(self._talk, connect), connect.unreachable, back)
        self._post(msg.LinkLost(self._number, reason, leader, random.randrange(1000)))

    async def _talk(self, connect: msg.Connect, heard: Callable[[], object]) -> tuple[str, str]:
        """Until the end of the stream: why it ended, and where the leader is if the master said so."""
        if not await reach.reachable(self.channel):
            return "nobody answers there", ""
        stub = SchedulerServiceStub(self.channel)  # type: ignore[no-untyped-call]
        stream = self._stream = stub.Session(metadata=reach.telling(connect.unreachable))
        try:
            await stream.write(call_to_wire(connect.subscribe, FrameworkId(""), self._wishes))
            while isinstance(message := await stream.read(), SchedulerEvent):
                heard()
                if message.HasField("subscribed"):
                    self._wishes.takes_updates = message.subscribed.takes_updates
                self._post(msg.Heard(self._number, _decoded(message)))
        except aio.AioRpcError as error:
            return _brief(error), leader_of(error.trailing_metadata())
        except asyncio.InvalidStateError:
            with contextlib.suppress(aio.AioRpcError):
                await stream.read()
            return await stream.details() or _ENDED, leader_of(await stream.trailing_metadata())
        return _ENDED, ""


def _decoded(message: SchedulerEvent) -> msg.MasterEvent:
    try:
        return event_from_wire(message)
    except ValueError as error:
        return msg.Refusal(f"the master sent what this version cannot read: {error}")


def _brief(error: aio.AioRpcError) -> str:
    """The end of gRPC's chain of causes, which names the cause."""
    details = error.details() or "no details"
    return details.rpartition(": ")[2] if error.code() is grpc.StatusCode.UNAVAILABLE else details
