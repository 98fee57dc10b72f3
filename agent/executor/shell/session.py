"""The session with the agent: connects, sends, hears, and connects again for as long as the executor lives."""

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

FIRST_BACKOFF_S, LAST_BACKOFF_S = 0.1, 2.0
_PATIENCE_S = 2.0
_log = logger("executor")


class Session:
    def __init__(self, socket: str, post: Callable[[Event], None]) -> None:
        self._target = f"unix:{socket}"
        self._post = post
        self._outgoing: asyncio.Queue[pb.ExecutorCall | None] | None = None

    def send(self, call: pb.ExecutorCall) -> None:
        """Queue a message; without a session it is dropped, because the next Hello says it all again."""
        if self._outgoing is not None:
            self._outgoing.put_nowait(call)

    async def drain(self) -> None:
        """Wait a moment for what is queued to go out."""
        if self._outgoing is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._outgoing.join(), 1.0)

    async def run(self) -> None:
        """Until cancelled."""
        backoff, missed = FIRST_BACKOFF_S, False
        while True:
            async with channel(self._target) as link:
                try:
                    await asyncio.wait_for(link.channel_ready(), _PATIENCE_S)
                except TimeoutError:
                    if not missed:
                        _log.warning("the agent does not answer, trying on", socket=self._target)
                    missed = True
                    continue
                if missed:
                    _log.info("the agent answers again")
                began = asyncio.get_running_loop().time()
                await self._talk(link)
                missed = False
            lasted = asyncio.get_running_loop().time() - began
            backoff = FIRST_BACKOFF_S if lasted > LAST_BACKOFF_S else min(backoff * 2, LAST_BACKOFF_S)
            await asyncio.sleep(backoff)

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
            self._post(Disconnected())

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
