"""The agent's streams to masters, one at a time, as its core asks for them."""

import asyncio
import contextlib
import random
from collections.abc import Callable

import grpc.aio as aio

from barter.agent.events import Event, MasterConnected, MasterGone, Registered
from barter.agent.shell.decode import Spent, master_event
from barter.agent.shell.outbox import Outbox
from barter.core.route import MastersAre
from barter.proto.v1 import agent_pb2 as pb
from barter.proto.v1.agent_pb2_grpc import AgentServiceStub
from barter.shell import reach, transport

_Stream = aio.StreamStreamCall[pb.AgentCall, pb.AgentEvent]


class MasterSession:
    """What is heard on a link is posted after its MasterConnected, before its MasterGone, and not once it was left.

    `leads` is told of each master that registers this agent.
    """

    def __init__(self, post: Callable[[Event], None], spent: Spent, leads: Callable[[MastersAre], None]) -> None:
        self._post, self._leads = post, leads
        self._spent = spent
        self._outbox: Outbox[pb.AgentCall] | None = None
        self._stream: _Stream | None = None
        self._attempt: asyncio.Task[tuple[str, str]] | None = None
        self._why_left = ""
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connect(self, link: int, address: str, unreachable: str = "") -> None:
        """`unreachable` as in ConnectMaster."""
        self._why_left = ""
        back = f"{unreachable} answers again", unreachable
        talk = reach.unless_back(lambda heard: self._talk(link, address, unreachable, heard), unreachable, back)
        self._attempt = asyncio.create_task(talk)
        self._attempt.add_done_callback(lambda attempt: self._ended(link, attempt))

    def leave(self, reason: str) -> None:
        """End the present link."""
        self._why_left = reason
        if self._attempt is not None:
            self._attempt.cancel()

    def send(self, call: pb.AgentCall) -> None:
        """Send in order; dropped while no stream is open, for the next registration tells all again."""
        if self._outbox is not None:
            self._outbox.put(call)

    async def finish(self) -> None:
        """Let the last calls out and end the stream in good order."""
        if self._outbox is None or self._stream is None:
            return
        with contextlib.suppress(aio.AioRpcError, asyncio.InvalidStateError, asyncio.CancelledError):
            stream = self._stream
            await self._outbox.emptied()
            await stream.done_writing()
            await stream.code()

    async def run(self) -> None:
        """Until cancelled; raises what no link should raise."""
        try:
            await self._broken
        finally:
            if self._attempt is not None:
                self._attempt.cancel()
                await asyncio.wait([self._attempt])

    def _ended(self, link: int, attempt: "asyncio.Task[tuple[str, str]]") -> None:
        why, leader = self._why_left, ""
        if not attempt.cancelled():
            if (error := attempt.exception()) is not None:
                if not self._broken.done():
                    self._broken.set_exception(error)
                return
            why, leader = attempt.result()
        self._post(MasterGone(link, why, leader, random.randrange(1000)))

    async def _talk(self, link: int, address: str, unreachable: str, heard: Callable[[], object]) -> tuple[str, str]:
        """One link from its start to its end: why it ended, and where the leader is if the master said so.

        `heard` is called at each word of the master.
        """
        async with transport.channel(address) as channel:
            if not await reach.reachable(channel):
                return "nobody answers there", ""
            stub = AgentServiceStub(channel)  # type: ignore[no-untyped-call]
            stream: _Stream = stub.Session(metadata=reach.telling(unreachable))
            try:
                await self._converse(link, address, stream, heard)
            except aio.AioRpcError as error:
                return f"{error.code().name}: {error.details()}", transport.leader_of(error.trailing_metadata())
            return "the master ended the session", ""

    async def _converse(self, link: int, address: str, stream: _Stream, heard: Callable[[], object]) -> None:
        self._stream, self._outbox = stream, Outbox()
        writer = asyncio.create_task(self._outbox.drain(stream.write))
        self._post(MasterConnected(link))
        try:
            async for wire in stream:
                heard()
                event = master_event(wire, self._spent)
                if event is not None:
                    self._post(event)
                if isinstance(event, Registered):
                    self._leads(MastersAre((), address, event.epoch))
        finally:
            self._outbox = self._stream = None
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            stream.cancel()
