"""What an agent answers for itself: NodeService."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import grpc.aio as aio

from barter.agent.shell.logs import STREAMS, Log, NoLog, open_log, read_rotated
from barter.core.ids import FrameworkId, TaskId
from barter.proto.v1 import node_pb2 as pb
from barter.proto.v1.node_pb2_grpc import NodeServiceServicer

POLL_S = 0.1
Live = Callable[[FrameworkId, TaskId], bool]


class Node(NodeServiceServicer):
    def __init__(self, sandboxes: Path, live: Live, usage: Callable[[], pb.UsageReply] = pb.UsageReply) -> None:
        """`live` says whether a task has yet to end, `usage` what tasks use."""
        self._root = sandboxes
        self._live = live
        self._usage = usage

    async def ReadLog(
        self, request: pb.ReadLogRequest, context: aio.ServicerContext[pb.ReadLogRequest, pb.LogChunk]
    ) -> AsyncIterator[pb.LogChunk]:
        try:
            async for data in self._read(request):
                yield pb.LogChunk(data=data)
        except ValueError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except NoLog as error:
            await context.abort(grpc.StatusCode.NOT_FOUND, str(error))

    async def Usage(
        self, request: pb.UsageRequest, context: aio.ServicerContext[pb.UsageRequest, pb.UsageReply]
    ) -> pb.UsageReply:
        return self._usage()

    async def _read(self, request: pb.ReadLogRequest) -> AsyncIterator[bytes]:
        if request.tail < 0:
            raise ValueError(f"tail {request.tail} is negative")
        if request.stream not in STREAMS:
            raise ValueError(f"stream {request.stream[:80]!r} is neither stdout nor stderr")
        log = await self._open(request)
        try:
            missing = max(request.tail - log.skip_to_last(request.tail), 0) if request.tail else 0
            if missing or not request.tail:
                name = (self._root, request.framework_id, request.task_id, request.stream)
                for data in read_rotated(*name, missing):
                    yield data
            async for data in self._read_on(log, request):
                yield data
        finally:
            log.close()

    async def _read_on(self, log: Log, request: pb.ReadLogRequest) -> AsyncIterator[bytes]:
        while True:
            live = self._is_live(request)
            if data := log.read():
                yield data
            elif not (request.follow and live):
                return
            else:
                await asyncio.sleep(POLL_S)

    async def _open(self, request: pb.ReadLogRequest) -> Log:
        """Following a task that has yet to write means waiting for it; raises NoLog once that is in vain."""
        while True:
            live = self._is_live(request)
            try:
                return open_log(self._root, request.framework_id, request.task_id, request.stream)
            except NoLog:
                if not (live and request.follow):
                    raise
            await asyncio.sleep(POLL_S)

    def _is_live(self, request: pb.ReadLogRequest) -> bool:
        return self._live(FrameworkId(request.framework_id), TaskId(request.task_id))
