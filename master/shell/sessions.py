"""The two services whose one call is a session: what is read becomes events, what waits is written."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc
import grpc.aio as aio

from barter.core.ids import AgentId
from barter.master import events as ev
from barter.master.joining import Message
from barter.master.messages import Error
from barter.master.shell import wire_agent, wire_scheduler
from barter.master.shell.hub import LOG, Hub, Stream
from barter.proto.v1 import agent_pb2, scheduler_pb2
from barter.proto.v1.agent_pb2_grpc import AgentServiceServicer
from barter.proto.v1.scheduler_pb2_grpc import SchedulerServiceServicer

FIRST_CALL_SECONDS = 10
CallT = TypeVar("CallT", scheduler_pb2.SchedulerCall, agent_pb2.AgentCall)
EventT = TypeVar("EventT", scheduler_pb2.SchedulerEvent, agent_pb2.AgentEvent)
Post = Callable[[ev.Event], None]
SchedulerContext = aio.ServicerContext[scheduler_pb2.SchedulerCall, scheduler_pb2.SchedulerEvent]
AgentContext = aio.ServicerContext[agent_pb2.AgentCall, agent_pb2.AgentEvent]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a master says of itself in its answers."""

    cluster_id: str
    epoch: int
    heartbeat_ms: int


class SchedulerSessions(SchedulerServiceServicer):
    def __init__(self, hub: Hub, identity: Identity, post: Post) -> None:
        self._hub, self._identity, self._post = hub, identity, post

    async def Session(
        self, request_iterator: AsyncIterator[scheduler_pb2.SchedulerCall], context: SchedulerContext
    ) -> None:
        first = await _first(request_iterator)
        if first is None or first.WhichOneof("call") != "subscribe":
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first call must be Subscribe")
            return
        stream = self._hub.open(context.peer())
        try:
            self._post(wire_scheduler.call_from_wire(stream.number, first))
            reader = asyncio.create_task(_read(request_iterator, stream, self._take))
            await _converse(stream, reader, context, self._encode)
        except ValueError as error:
            await context.write(self._encode(_refused(stream, error, fatal=True)))
        finally:
            self._hub.drop(stream)
            self._post(ev.FrameworkDisconnected(stream.number))
        await _break_off_unread(stream, context)

    def _take(self, stream: Stream, call: scheduler_pb2.SchedulerCall) -> None:
        self._post(wire_scheduler.call_from_wire(stream.number, call))

    def _encode(self, message: Message | None) -> scheduler_pb2.SchedulerEvent:
        if message is None:
            return wire_scheduler.HEARTBEAT
        return wire_scheduler.event_to_wire(message, self._identity.epoch, self._identity.heartbeat_ms)


class AgentSessions(AgentServiceServicer):
    def __init__(self, hub: Hub, identity: Identity, post: Post) -> None:
        self._hub, self._identity, self._post = hub, identity, post

    async def Session(self, request_iterator: AsyncIterator[agent_pb2.AgentCall], context: AgentContext) -> None:
        first = await _first(request_iterator)
        if first is None or first.WhichOneof("call") != "register":
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first call must be Register")
            return
        stream = self._hub.open(context.peer())
        agent_id = AgentId(first.register.agent.agent_id)
        try:
            self._post(wire_agent.register_from_wire(stream.number, first.register))
            reader = asyncio.create_task(_read(request_iterator, stream, self._taker(agent_id)))
            await _converse(stream, reader, context, self._encode)
        except ValueError as error:
            await context.write(self._encode(_refused(stream, error, fatal=True)))
        finally:
            self._hub.drop(stream)
            self._post(ev.AgentDisconnected(stream.number, agent_id))
        await _break_off_unread(stream, context)

    def _taker(self, agent_id: AgentId) -> Callable[[Stream, agent_pb2.AgentCall], None]:
        def take(stream: Stream, call: agent_pb2.AgentCall) -> None:
            self._post(wire_agent.call_from_wire(stream.number, agent_id, call))

        return take

    def _encode(self, message: Message | None) -> agent_pb2.AgentEvent:
        identity = self._identity
        if message is None:
            return wire_agent.heartbeat(identity.epoch)
        return wire_agent.event_to_wire(message, identity.epoch, identity.cluster_id, identity.heartbeat_ms)


async def _converse(
    stream: Stream,
    reader: asyncio.Task[None],
    context: aio.ServicerContext[CallT, EventT],
    encode: Callable[[Message | None], EventT],
) -> None:
    """Write what waits until the session ends, or until the peer has left too much unread."""
    stream.writer = asyncio.create_task(_write(stream, context, encode))
    try:
        await asyncio.wait([stream.writer])
        if not stream.outbox.overfull:
            stream.writer.result()
    finally:
        stream.writer.cancel()
        reader.cancel()


async def _break_off_unread(stream: Stream, context: aio.ServicerContext[CallT, EventT]) -> None:
    """The refusal itself waits until the peer reads again; the session is over before."""
    if stream.outbox.overfull:
        LOG.warning("a peer does not read what it is sent: its session ends", peer=stream.peer)
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "the session ended: its peer does not read")


async def _write(
    stream: Stream, context: aio.ServicerContext[CallT, EventT], encode: Callable[[Message | None], EventT]
) -> None:
    while (messages := await stream.outbox.take()) is not None:
        for message in messages or (None,):
            await context.write(encode(message))


async def _first(requests: AsyncIterator[CallT]) -> CallT | None:
    try:
        async with asyncio.timeout(FIRST_CALL_SECONDS):
            return await anext(requests, None)
    except TimeoutError:
        return None


async def _read(requests: AsyncIterator[CallT], stream: Stream, take: Callable[[Stream, CallT], None]) -> None:
    """Until the peer has said all; what it says wrongly is answered and changes nothing."""
    try:
        async for call in requests:
            try:
                take(stream, call)
            except ValueError as error:
                stream.outbox.put(_refused(stream, error))
    finally:
        stream.outbox.close()


def _refused(stream: Stream, error: ValueError, *, fatal: bool = False) -> Error:
    LOG.warning("a call was refused", peer=stream.peer, reason=str(error))
    return Error(str(error), fatal)
