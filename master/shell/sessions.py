"""The two services whose one call is a session: what is read becomes events, what waits is written."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc
import grpc.aio as aio

from barter.core.ids import AgentId
from barter.master import events as ev
from barter.master.messages import Error, ToAgent, ToFramework
from barter.master.shell import wire_agent, wire_scheduler
from barter.master.shell.hub import LOG, Hub, Stream
from barter.proto.v1 import agent_pb2, scheduler_pb2
from barter.proto.v1.agent_pb2_grpc import AgentServiceServicer
from barter.proto.v1.scheduler_pb2_grpc import SchedulerServiceServicer

FIRST_CALL_SECONDS = 10
CallT = TypeVar("CallT", scheduler_pb2.SchedulerCall, agent_pb2.AgentCall)
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
    ) -> AsyncIterator[scheduler_pb2.SchedulerEvent]:
        first = await _first(request_iterator)
        if first is None or first.WhichOneof("call") != "subscribe":
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first call must be Subscribe")
            return
        stream = self._hub.open(context.peer())
        try:
            self._post(wire_scheduler.call_from_wire(stream.number, first))
        except ValueError as error:
            self._hub.drop(stream)
            yield self._encode(_refused(stream, error, fatal=True))
            return
        reader = asyncio.create_task(_read(request_iterator, stream, self._take))
        try:
            while (messages := await stream.outbox.take()) is not None:
                for message in messages:
                    yield self._encode(message)
                if not messages:
                    yield wire_scheduler.HEARTBEAT
        finally:
            reader.cancel()
            self._hub.drop(stream)
            self._post(ev.FrameworkDisconnected(stream.number))

    def _take(self, stream: Stream, call: scheduler_pb2.SchedulerCall) -> None:
        self._post(wire_scheduler.call_from_wire(stream.number, call))

    def _encode(self, message: ToAgent | ToFramework) -> scheduler_pb2.SchedulerEvent:
        return wire_scheduler.event_to_wire(message, self._identity.epoch, self._identity.heartbeat_ms)


class AgentSessions(AgentServiceServicer):
    def __init__(self, hub: Hub, identity: Identity, post: Post) -> None:
        self._hub, self._identity, self._post = hub, identity, post

    async def Session(
        self, request_iterator: AsyncIterator[agent_pb2.AgentCall], context: AgentContext
    ) -> AsyncIterator[agent_pb2.AgentEvent]:
        first = await _first(request_iterator)
        if first is None or first.WhichOneof("call") != "register":
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first call must be Register")
            return
        stream = self._hub.open(context.peer())
        try:
            register = wire_agent.register_from_wire(stream.number, first.register)
        except ValueError as error:
            self._hub.drop(stream)
            yield self._encode(_refused(stream, error, fatal=True))
            return
        self._post(register)
        agent_id = register.info.agent_id
        reader = asyncio.create_task(_read(request_iterator, stream, self._taker(agent_id)))
        try:
            while (messages := await stream.outbox.take()) is not None:
                for message in messages:
                    yield self._encode(message)
                if not messages:
                    yield wire_agent.heartbeat(self._identity.epoch)
        finally:
            reader.cancel()
            self._hub.drop(stream)
            self._post(ev.AgentDisconnected(stream.number, agent_id))

    def _taker(self, agent_id: AgentId) -> Callable[[Stream, agent_pb2.AgentCall], None]:
        def take(stream: Stream, call: agent_pb2.AgentCall) -> None:
            self._post(wire_agent.call_from_wire(stream.number, agent_id, call))

        return take

    def _encode(self, message: ToAgent | ToFramework) -> agent_pb2.AgentEvent:
        identity = self._identity
        return wire_agent.event_to_wire(message, identity.epoch, identity.cluster_id, identity.heartbeat_ms)


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
                stream.put(_refused(stream, error))
    finally:
        stream.outbox.close()


def _refused(stream: Stream, error: ValueError, *, fatal: bool = False) -> Error:
    LOG.warning("a call was refused", peer=stream.peer, reason=str(error))
    return Error(str(error), fatal)
