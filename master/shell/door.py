"""In front of a master's services: who comes is served while it leads, else sent to the leader, or held until one is
known."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc
import grpc.aio as aio

from barter.core.route import HOLD_MS
from barter.shell.log import logger
from barter.shell.transport import LEADER_METADATA, UNREACHABLE_METADATA

LOG = logger("master")
HOLD_SECONDS = HOLD_MS / 1000
HELD_MOST = 50_000
Context = aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """`leader`: where to go instead; empty while nobody knows."""

    reason: str
    leader: str = ""

    @property
    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.FAILED_PRECONDITION if self.leader else grpc.StatusCode.UNAVAILABLE

    async def say(self, context: Context) -> None:
        """Raises what ends the call."""
        if self.leader:
            context.set_trailing_metadata(((LEADER_METADATA, self.leader),))
        await context.abort(self.code, self.reason)


class Services(grpc.GenericRpcHandler):  # type: ignore[type-arg]
    """What servicers are added to instead of a server, for a door to open or to close."""

    def __init__(self) -> None:
        self._handlers: list[Any] = []

    def add_generic_rpc_handlers(self, handlers: tuple[Any, ...]) -> None:
        self._handlers += handlers

    def add_registered_method_handlers(self, service: str, handlers: dict[str, Any]) -> None:
        """Another way to find the same ones."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        found = (each.service(handler_call_details) for each in self._handlers)
        return next((handler for handler in found if handler is not None), None)


class Door(aio.ServerInterceptor):  # type: ignore[type-arg]
    """Begins as one that knows no leader. `held`: how many calls wait now."""

    def __init__(self, why: Callable[[], str] | None = None, hold_seconds: float = HOLD_SECONDS) -> None:
        """`why` no leader is known, asked when somebody is to be told."""
        self._hold_seconds = hold_seconds
        self._why = why or str
        self._services: Services | None = None
        self._may_act: Callable[[], bool] | None = None
        self._leader = ""
        self._farewell: Refusal | None = None
        self._held: set[asyncio.Future[None]] = set()

    @property
    def held(self) -> int:
        return len(self._held)

    def serve(self, services: Services, may_act: Callable[[], bool] | None = None) -> None:
        """`may_act`: asked of each call; who may not any more holds it until its end is told."""
        self._services, self._may_act, self._leader = services, may_act, ""
        self._tell()

    def send_to(self, leader: str) -> None:
        """Another leads: calls are refused with its address."""
        self._services, self._leader = None, leader
        self._tell()

    def hold(self) -> None:
        """Nobody leads, or nobody knows who: calls wait."""
        self._services, self._leader = None, ""

    def end(self, farewell: Refusal) -> None:
        """No call waits any more, and streams that end from now on say this."""
        self._services, self._farewell = None, farewell
        self._tell()

    def why(self) -> str:
        """Why nobody serves here and no leader is named."""
        if self._farewell is not None:
            return self._farewell.reason
        return f"no master leads: {self._why()}; running tasks go on, changes are refused"

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        refusal = await self._admit(_unreachable(handler_call_details))
        if refusal is not None:
            return grpc.stream_stream_rpc_method_handler(_refusing(refusal))
        handler = self._services.service(handler_call_details) if self._services is not None else None
        return self._with_farewell(handler) if handler is not None and handler.response_streaming else handler

    async def _admit(self, unreachable: str) -> Refusal | None:
        """What to refuse a call with, if it is not to be served; waits while that is not known."""
        deadline = asyncio.get_running_loop().time() + self._hold_seconds
        while self._services is None or not (self._may_act is None or self._may_act()):
            if self._farewell is not None:
                return self._farewell
            if self._leader and self._leader != unreachable:
                return Refusal(f"this master does not lead: {self._leader} does", self._leader)
            if len(self._held) >= HELD_MOST:
                return Refusal(f"{HELD_MOST} calls wait here for a leader already")
            if not await self._news(deadline):
                return Refusal(self._why_not(unreachable))
        return None

    def _why_not(self, unreachable: str) -> str:
        if self._leader:
            return f"{unreachable} leads, and does not answer you: no other master has taken over"
        return self.why()

    async def _news(self, deadline: float) -> bool:
        """Whether anything changed before the deadline."""
        changed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._held.add(changed)
        try:
            async with asyncio.timeout_at(deadline):
                await changed
        except TimeoutError:
            return False
        finally:
            self._held.discard(changed)
        return True

    def _tell(self) -> None:
        for waiting in self._held:
            if not waiting.done():
                waiting.set_result(None)

    def _with_farewell(self, handler: Any) -> Any:
        """A stream that ends as the master ends says where to go."""
        inner = handler.stream_stream or handler.unary_stream
        behaviour = self._generating(inner) if inspect.isasyncgenfunction(inner) else self._conversing(inner)
        wrap = grpc.stream_stream_rpc_method_handler if handler.request_streaming else _UNARY_STREAM
        return wrap(behaviour, handler.request_deserializer, handler.response_serializer)

    def _conversing(self, inner: Callable[[Any, Context], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        async def converse(request: Any, context: Context) -> None:
            await inner(request, context)
            if self._farewell is not None:
                await self._farewell.say(context)

        return converse

    def _generating(self, inner: Callable[[Any, Context], AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
        async def generate(request: Any, context: Context) -> AsyncIterator[Any]:
            async for each in inner(request, context):
                yield each
            if self._farewell is not None:
                await self._farewell.say(context)

        return generate


_UNARY_STREAM = grpc.unary_stream_rpc_method_handler


def _unreachable(details: grpc.HandlerCallDetails) -> str:
    for key, value in details.invocation_metadata or ():
        if key == UNREACHABLE_METADATA:
            return value.decode(errors="replace") if isinstance(value, bytes) else value
    return ""


def _refusing(refusal: Refusal) -> Callable[[Any, Context], Awaitable[None]]:
    async def refuse(request: Any, context: Context) -> None:
        await refusal.say(context)

    return refuse
