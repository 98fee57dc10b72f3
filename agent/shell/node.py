"""What an agent answers for itself: NodeService."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import grpc
import grpc.aio as aio

from barter.agent.shell.boxes import Entry, NotThere, contents, entries
from barter.agent.shell.execs import Execs, NoExec
from barter.agent.shell.logs import STREAMS, Chunk, Log
from barter.core.ids import FrameworkId, TaskId
from barter.proto.v1 import node_pb2 as pb
from barter.proto.v1.node_pb2_grpc import NodeServiceServicer

POLL_S = 0.1
LISTED_AT_ONCE = 500
ItemT = TypeVar("ItemT")
Live = Callable[[FrameworkId, TaskId], bool]


class NotReady(Exception):
    """The agent has not read its ledger yet."""


class Node(NodeServiceServicer):
    """`live` says whether a task has yet to end, or raises NotReady; `used` whether its id ever was; `usage` what tasks
    use."""

    def __init__(
        self,
        sandboxes: Path,
        live: Live,
        usage: Callable[[], pb.UsageReply] = pb.UsageReply,
        used: Callable[[FrameworkId, TaskId], bool] = lambda *_: False,
        execs: Execs | None = None,
    ) -> None:
        self._root = sandboxes
        self._live, self._used = live, used
        self._usage = usage
        self._execs = execs

    async def ReadLog(
        self, request: pb.ReadLogRequest, context: aio.ServicerContext[pb.ReadLogRequest, pb.LogChunk]
    ) -> AsyncIterator[pb.LogChunk]:
        async with self._refusing(request, context):
            async for chunk in self._read(request):
                yield pb.LogChunk(data=chunk.data, position=chunk.position, gap=chunk.gap)

    async def ListFiles(
        self, request: pb.FilesRequest, context: aio.ServicerContext[pb.FilesRequest, pb.FileEntries]
    ) -> AsyncIterator[pb.FileEntries]:
        async with self._refusing(request, context):
            found = entries(self._root, request.framework_id, request.task_id, request.path)
            batch: list[pb.FileEntry] = []
            async for entry in _in_thread(found):
                batch.append(_entry(entry))
                if len(batch) == LISTED_AT_ONCE:
                    yield pb.FileEntries(entries=batch)
                    batch = []
            yield pb.FileEntries(entries=batch)

    async def ReadFiles(
        self, request: pb.FilesRequest, context: aio.ServicerContext[pb.FilesRequest, pb.FileChunk]
    ) -> AsyncIterator[pb.FileChunk]:
        async with self._refusing(request, context):
            async for item in _in_thread(contents(self._root, request.framework_id, request.task_id, request.path)):
                if isinstance(item, bytes):
                    yield pb.FileChunk(data=item)
                else:
                    yield pb.FileChunk(entry=_entry(item))

    async def Exec(
        self, request_iterator: AsyncIterator[pb.ExecCall], context: aio.ServicerContext[pb.ExecCall, pb.ExecEvent]
    ) -> AsyncIterator[pb.ExecEvent]:
        try:
            if self._execs is None:
                raise NoExec("this agent runs no commands beside tasks")
            async for event in self._execs.run(request_iterator):
                yield event
        except ValueError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except NotReady as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        except NoExec as error:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, str(error))

    async def Usage(
        self, request: pb.UsageRequest, context: aio.ServicerContext[pb.UsageRequest, pb.UsageReply]
    ) -> pb.UsageReply:
        return self._usage()

    @contextlib.asynccontextmanager
    async def _refusing(
        self, request: pb.ReadLogRequest | pb.FilesRequest, context: aio.ServicerContext[Any, Any]
    ) -> AsyncIterator[None]:
        """Errors as statuses."""
        try:
            yield
        except ValueError as error:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        except NotReady as error:
            await context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
        except NotThere as error:
            await context.abort(grpc.StatusCode.NOT_FOUND, self._why_not_there(request, str(error)))
        except OSError as error:
            await context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"cannot be read: {error.strerror or error}")

    def _why_not_there(self, request: pb.ReadLogRequest | pb.FilesRequest, said: str) -> str:
        gone = not (self._root / request.framework_id / request.task_id).exists()
        if gone and self._used(FrameworkId(request.framework_id), TaskId(request.task_id)):
            return (
                f"the sandbox of task {request.task_id} was removed: "
                "its agent keeps those of ended tasks for --sandbox-keep, and shorter when its disk runs full"
            )
        return said

    async def _read(self, request: pb.ReadLogRequest) -> AsyncIterator[Chunk]:
        if request.tail < 0:
            raise ValueError(f"tail {request.tail} is negative")
        if request.stream not in STREAMS:
            raise ValueError(f"stream {request.stream[:80]!r} is neither stdout nor stderr")
        log = await self._open(request)
        try:
            if request.after:
                log.go_on(request.after, request.position)
            elif request.tail:
                log.skip_to_last(request.tail)
            else:
                log.rewind()
            ended = 0
            while ended < 2:
                # What came before its end is read also where the end was seen first.
                ended += not (request.follow and self._is_live(request))
                while (chunk := log.read()) is not None:
                    yield chunk
                if request.follow:
                    await asyncio.sleep(POLL_S)
        finally:
            log.close()

    async def _open(self, request: pb.ReadLogRequest) -> Log:
        """Following a task that has yet to write means waiting for it; raises NotThere once that is in vain."""
        while True:
            live = request.follow and self._is_live(request)
            try:
                return Log(self._root, request.framework_id, request.task_id, request.stream)
            except NotThere:
                if not live:
                    raise
            await asyncio.sleep(POLL_S)

    def _is_live(self, request: pb.ReadLogRequest) -> bool:
        return self._live(FrameworkId(request.framework_id), TaskId(request.task_id))


async def _in_thread(items: Iterator[ItemT]) -> AsyncIterator[ItemT]:
    """Each item taken in a thread, as disks may be slow."""
    over = object()
    while (item := await asyncio.to_thread(next, items, over)) is not over:
        yield item  # type: ignore[misc]


def _entry(entry: Entry) -> pb.FileEntry:
    return pb.FileEntry(
        kind=entry.kind,
        path=entry.path,
        size=entry.size,
        mode=entry.mode,
        modified_ms=entry.modified_ms,
        target=entry.target,
        problem=entry.problem,
    )
