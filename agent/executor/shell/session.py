"""The sessions with the agent, one at a time, as the core asks for them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

import grpc.aio as aio

from barter.agent.executor.events import Connected, Disconnected, Event
from barter.agent.executor.wire import event_from_wire
from barter.proto.v1 import executor_pb2 as pb
from barter.proto.v1.executor_pb2_grpc import ExecutorServiceStub
from barter.shell.log import logger
from barter.shell.transport import channel

_PATIENCE_S, _DRAIN_S = 2.0, 1.0
_log = logger("executor")


class Session:
    """Posts what it hears between one Connected and its Disconnected."""

    def __init__(self, socket: str, post: Callable[[Event], None]) -> None:
        self._target = f"unix:{socket}"
        self._post = post
        self._outgoing: asyncio.Queue[pb.ExecutorCall | None] | None = None
        self._attempt: asyncio.Task[None] | None = None
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._missed = False

    def connect(self) -> None:
        self._attempt = asyncio.create_task(self._dial())
        self._attempt.add_done_callback(self._ended)

    def send(self, call: pb.ExecutorCall) -> None:
        """Queue a message; without a session it is dropped, because the next Hello says it all again."""
        if self._outgoing is not None:
            self._outgoing.put_nowait(call)

    async def drain(self) -> None:
        """Wait a moment for what is queued to go out."""
        if self._outgoing is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_DRAIN_S):
                    await self._outgoing.join()

    async def run(self) -> None:
        """Until cancelled; raises what no session should raise."""
        try:
            await self._broken
        finally:
            if self._attempt is not None:
                self._attempt.cancel()
                await asyncio.wait([self._attempt])

    def _ended(self, attempt: asyncio.Task[None]) -> None:
        error = None if attempt.cancelled() else attempt.exception()
        if error is None:
            self._post(Disconnected())
        elif not self._broken.done():
            self._broken.set_exception(error)

    async def _dial(self) -> None:
        async with channel(self._target) as link:
            try:
                async with asyncio.timeout(_PATIENCE_S):
                    await link.channel_ready()
            except TimeoutError:
                if not self._missed:
                    _log.warning("the agent does not answer, trying on", socket=self._target)
                self._missed = True
                return
            if self._missed:
                _log.info("the agent answers again")
            self._missed = False
            await self._talk(link)

    async def _talk(self, link: aio.Channel) -> None:
        """One session, until it ends for whatever reason."""
        self._outgoing = asyncio.Queue()
        self._post(Connected())
        try:
            call = ExecutorServiceStub(link).Session(_messages(self._outgoing))  # type: ignore[no-untyped-call]
            async for message in call:
                self._hear(message)
            _log.info("the agent closed the session")
        except aio.AioRpcError as error:
            _log.info("lost the agent", why=error.details())
        finally:
            self._outgoing.put_nowait(None)
            self._outgoing = None

    def _hear(self, message: pb.ExecutorEvent) -> None:
        try:
            event = event_from_wire(message)
        except ValueError as error:
            _log.error("the agent sent what cannot be understood, ignored", why=str(error))
            return
        if event is not None:
            self._post(event)


async def _messages(queue: "asyncio.Queue[pb.ExecutorCall | None]") -> AsyncIterator[pb.ExecutorCall]:
    while (message := await queue.get()) is not None:
        yield message
        queue.task_done()
