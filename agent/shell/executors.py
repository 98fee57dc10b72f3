"""Serves the executor on the agent's unix socket."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable

import grpc.aio as aio

from barter.agent.events import Event, ExecutorDisconnected
from barter.agent.executor.protocol import PROTOCOL
from barter.agent.shell import decode
from barter.agent.shell.outbox import Outbox
from barter.agent.shell.process import ExecutorProcess
from barter.proto.v1 import executor_pb2 as pb
from barter.proto.v1.executor_pb2_grpc import ExecutorServiceServicer, add_ExecutorServiceServicer_to_server
from barter.shell import transport
from barter.shell.log import logger

_log = logger("agent")


class ExecutorSessions(ExecutorServiceServicer):
    """One session at a time, with the executor that `process` knows; a stray one is told to end."""

    def __init__(self, process: ExecutorProcess, post: Callable[[Event], None]) -> None:
        self._process = process
        self._post = post
        self._outbox: Outbox[pb.ExecutorEvent] | None = None

    def send(self, event: pb.ExecutorEvent) -> None:
        """Send in order; dropped while no executor is connected, for its Hello settles what it must know."""
        if self._outbox is not None:
            self._outbox.put(event)

    async def Session(
        self,
        request_iterator: AsyncIterator[pb.ExecutorCall],
        context: aio.ServicerContext[pb.ExecutorCall, pb.ExecutorEvent],
    ) -> None:
        first = await anext(request_iterator, None)
        if first is None or first.WhichOneof("call") != "hello":
            _log.warning("something on the executor's socket did not say hello: dropped")
            return
        executor = self._process.recognize(first.hello.pid)
        if not executor:
            _log.warning("an executor that is not this agent's is told to end", pid=first.hello.pid)
            await context.write(pb.ExecutorEvent(stop=pb.ExecutorEvent.Stop(kill=False)))
            return
        outbox: Outbox[pb.ExecutorEvent] = Outbox()
        self._outbox = outbox
        outbox.put(pb.ExecutorEvent(welcome=pb.ExecutorEvent.Welcome(protocol=PROTOCOL)))
        writer = asyncio.create_task(outbox.drain(context.write))
        try:
            self._post(decode.hello(first.hello, executor))
            async for call in request_iterator:
                if self._outbox is not outbox:
                    continue
                match call.WhichOneof("call"):
                    case "statuses":
                        self._post(decode.executor_reports(call.statuses, executor))
                    case "usage":
                        self._post(decode.usage(call.usage, executor))
                    case _:
                        pass
        finally:
            writer.cancel()
            if self._outbox is outbox:
                self._outbox = None
                self._post(ExecutorDisconnected(executor))


async def serve(sessions: ExecutorServiceServicer, socket: str, mode: int = 0o600) -> aio.Server:
    """Serve on `socket`, replacing what an earlier agent left there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(socket)
    server = transport.server()
    add_ExecutorServiceServicer_to_server(sessions, server)  # type: ignore[no-untyped-call]
    transport.listen_unix(server, socket)
    await server.start()
    os.chmod(socket, mode)
    return server
