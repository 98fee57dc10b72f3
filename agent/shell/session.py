"""The agent's session with whichever master leads."""

import asyncio
import contextlib
import random
from collections.abc import Callable

import grpc
import grpc.aio as aio

from barter.agent.events import Event, MasterConnected, MasterGone, Registered
from barter.agent.shell.decode import Spent, master_event
from barter.agent.shell.outbox import Outbox
from barter.core.addresses import split_addresses
from barter.core.turns import Turns
from barter.proto.v1 import agent_pb2 as pb
from barter.proto.v1.agent_pb2_grpc import AgentServiceStub
from barter.shell import transport
from barter.shell.log import logger

CONNECT_S = 5.0
_Stream = aio.StreamStreamCall[pb.AgentCall, pb.AgentEvent]
_log = logger("agent")


class MasterSession:
    """Tries each master in turn, goes where a master says the leader is, and tells the core how it went."""

    def __init__(self, masters: str, post: Callable[[Event], None], spent: Spent) -> None:
        """`masters` is "host:port[,host:port]"; raises ValueError on anything else."""
        self._turns = Turns(split_addresses(masters))
        self._post = post
        self._spent = spent
        self._outbox: Outbox[pb.AgentCall] | None = None
        self._call: _Stream | None = None
        self._why_left = ""
        self._warned = False
        self._finished = False

    def send(self, calls: list[pb.AgentCall]) -> None:
        """Send in order; dropped while no stream is open, for the next registration tells all again."""
        if self._outbox is not None:
            for call in calls:
                self._outbox.put(call)

    def leave(self, reason: str) -> None:
        """End the present stream and go on to the next master."""
        self._why_left = reason
        self._turns.shun()
        if self._call is not None:
            self._call.cancel()

    async def finish(self) -> None:
        """Let the last calls out, end the stream in good order, and `run` with it."""
        self._finished = True
        if self._outbox is None or self._call is None:
            return
        with contextlib.suppress(aio.AioRpcError, asyncio.InvalidStateError, asyncio.CancelledError):
            await self._outbox.emptied()
            await self._call.done_writing()
            await self._call.code()

    async def run(self) -> None:
        """Keep a session until cancelled or finished."""
        while not self._finished:
            target, self._why_left = self._turns.next(), ""
            why, leader = await self._attempt(target)
            followed = leader and not self._turns.redirected
            if not (self._warned or followed or self._finished):
                self._warned = True
                _log.warning("no session with a master, trying again until there is", master=target, why=why)
            await asyncio.sleep(self._turns.lost(leader, random.randrange(1000)) / 1000)

    async def _attempt(self, target: str) -> tuple[str, str]:
        """One session from its start to its end: why it ended, and where the leader is if the master said so."""
        async with transport.channel(target) as channel:
            try:
                async with asyncio.timeout(CONNECT_S):
                    reachable = await _connected(channel)
            except TimeoutError:
                reachable = False
            if not reachable:
                return "nobody answers there", ""
            call: _Stream = AgentServiceStub(channel).Session()  # type: ignore[no-untyped-call]
            why, leader = "the master ended the session", ""
            try:
                await self._converse(call)
            except aio.AioRpcError as error:
                leader = transport.leader_of(error.trailing_metadata())
                why = f"{error.code().name}: {error.details()}"
            except asyncio.CancelledError:
                if not self._why_left or _being_cancelled():
                    raise
            finally:
                self._outbox = self._call = None
                why = self._why_left or why
                self._post(MasterGone(why))
            return why, leader

    async def _converse(self, call: _Stream) -> None:
        self._call, self._outbox = call, Outbox()
        writer = asyncio.create_task(self._outbox.drain(call.write))
        self._post(MasterConnected())
        try:
            async for wire in call:
                event = master_event(wire, self._spent)
                if isinstance(event, Registered):
                    self._turns.arrived()
                    self._warned = False
                if event is not None:
                    self._post(event)
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            call.cancel()


def _being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _connected(channel: aio.Channel) -> bool:
    """Whether a connection came about; False at the first refusal."""
    state = channel.get_state(try_to_connect=True)
    while state is not grpc.ChannelConnectivity.READY:
        if state in (grpc.ChannelConnectivity.TRANSIENT_FAILURE, grpc.ChannelConnectivity.SHUTDOWN):
            return False
        await channel.wait_for_state_change(state)
        state = channel.get_state()
    return True
