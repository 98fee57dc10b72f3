"""The two services whose one call is a session: what is read becomes events, what waits is written."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc
import grpc.aio as aio

from barter.core.ids import AgentId
from barter.master import events as ev
from barter.master.joining import Message
from barter.master.messages import Error
from barter.master.shell import wire_agent, wire_scheduler
from barter.master.shell.admission import Admission
from barter.master.shell.hub import LOG, Hub
from barter.master.shell.pacing import Paces
from barter.master.shell.stream import Stream, Write
from barter.master.shell.wishes import Wishes
from barter.proto.v1 import agent_pb2, scheduler_pb2
from barter.proto.v1.agent_pb2_grpc import AgentServiceServicer
from barter.proto.v1.scheduler_pb2_grpc import SchedulerServiceServicer

# Of a master that thousands come to at once: what they said in time is read when it is their turn.
FIRST_CALL_SECONDS = 60
END_OF_STREAM: object = vars(aio)["EOF"]
CallT = TypeVar("CallT", scheduler_pb2.SchedulerCall, agent_pb2.AgentCall)
EventT = TypeVar("EventT", scheduler_pb2.SchedulerEvent, agent_pb2.AgentEvent)
Post = Callable[[ev.Event], None]
SchedulerContext = aio.ServicerContext[scheduler_pb2.SchedulerCall, scheduler_pb2.SchedulerEvent]
AgentContext = aio.ServicerContext[agent_pb2.AgentCall, agent_pb2.AgentEvent]


@dataclass(frozen=True, slots=True)
class Identity:
    """What a master says of itself in its answers; `heartbeat_ms` is how often frameworks hear of it."""

    cluster_id: str
    epoch: int
    heartbeat_ms: int


class SchedulerSessions(SchedulerServiceServicer):
    def __init__(self, hub: Hub, identity: Identity, post: Post, paces: Paces, now: Callable[[], int]) -> None:
        self._hub, self._identity, self._post, self._paces, self._now = hub, identity, post, paces, now

    async def Session(
        self, request_iterator: AsyncIterator[scheduler_pb2.SchedulerCall], context: SchedulerContext
    ) -> None:
        first = await _first(context)
        if first is None or first.WhichOneof("call") != "subscribe":
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first call must be Subscribe")
            return
        stream = self._hub.open(context.peer(), _writer(context, self._encode, self._hub))
        pace = self._paces.of(first.subscribe.framework.principal or first.subscribe.framework.name)
        wishes = Wishes()

        async def take(call: scheduler_pb2.SchedulerCall) -> None:
            await pace.keep(self._now)
            self._post(wire_scheduler.call_from_wire(stream.number, call, wishes))

        try:
            await take(first)
            await _converse(stream, context, take)
        except ValueError as error:
            await context.write(self._encode(_refused(stream, error, fatal=True)))
        finally:
            self._hub.drop(stream)
            self._post(ev.FrameworkDisconnected(stream.number))
        await _break_off_unread(stream, context)

    def _encode(self, message: Message | None) -> scheduler_pb2.SchedulerEvent:
        if message is None:
            return wire_scheduler.HEARTBEAT
        return wire_scheduler.event_to_wire(message, self._identity.epoch, self._identity.heartbeat_ms)


class AgentSessions(AgentServiceServicer):
    def __init__(self, hub: Hub, identity: Identity, post: Post, post_later: Post) -> None:
        self._hub, self._identity, self._post, self._post_later = hub, identity, post, post_later
        self._heartbeat = wire_agent.heartbeat(identity.epoch)
        self._admission = Admission()

    async def Session(self, request_iterator: AsyncIterator[agent_pb2.AgentCall], context: AgentContext) -> None:
        first = await _first(context)
        if first is None or first.WhichOneof("call") != "register":
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the first call must be Register")
            return
        stream = self._hub.open(context.peer(), _writer(context, self._encode, self._hub), of_agent=True)
        agent_id = AgentId(first.register.agent.agent_id)

        async def take(call: agent_pb2.AgentCall) -> None:
            event = wire_agent.call_from_wire(stream.number, agent_id, call)
            if isinstance(event, ev.AgentHeartbeat):
                self._post_later(event)
                await stream.answer()
            else:
                self._post(event)

        try:
            self._post(await self._admission.read(stream.number, first.register))
            del first
            await _converse(stream, context, take)
        except ValueError as error:
            await context.write(self._encode(_refused(stream, error, fatal=True)))
        finally:
            self._hub.drop(stream)
            self._post(ev.AgentDisconnected(stream.number, agent_id))
        await _break_off_unread(stream, context)

    def _encode(self, message: Message | None) -> agent_pb2.AgentEvent:
        if message is None:
            return self._heartbeat
        identity = self._identity
        return wire_agent.event_to_wire(message, identity.epoch, identity.cluster_id)


def _writer(context: aio.ServicerContext[CallT, EventT], encode: Callable[[Message | None], EventT], hub: Hub) -> Write:
    async def write(message: Message | None) -> None:
        """What waits while the lead is lost is never written."""
        if hub.may_act():
            await context.write(encode(message))

    return write


async def _converse(
    stream: Stream, context: aio.ServicerContext[CallT, EventT], take: Callable[[CallT], Awaitable[None]]
) -> None:
    """Read until the session is over; what the peer says wrongly is answered and changes nothing."""
    try:
        while (call := await _read(context)) is not None:
            try:
                await take(call)
            except ValueError as error:
                stream.put(_refused(stream, error))
        stream.close()
        await stream.until_over()
    except asyncio.CancelledError:
        if not stream.over:
            raise
        stream.forgive()
    if stream.failure is not None and not stream.overfull:
        raise stream.failure


async def _break_off_unread(stream: Stream, context: aio.ServicerContext[CallT, EventT]) -> None:
    """The refusal itself waits until the peer reads again; the session is over before."""
    if stream.overfull:
        LOG.warning("a peer does not read what it is sent: its session ends", peer=stream.peer)
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "the session ended: its peer does not read")


async def _first(context: aio.ServicerContext[CallT, EventT]) -> CallT | None:
    try:
        async with asyncio.timeout(FIRST_CALL_SECONDS):
            return await _read(context)
    except TimeoutError:
        return None


async def _read(context: aio.ServicerContext[CallT, EventT]) -> CallT | None:
    """None once the peer has said all."""
    call = await context.read()
    return None if call is END_OF_STREAM else call


def _refused(stream: Stream, error: ValueError, *, fatal: bool = False) -> Error:
    LOG.warning("a call was refused", peer=stream.peer, reason=str(error))
    return Error(str(error), fatal)
