"""Commands that run beside tasks for as long as somebody looks on: `barter exec`."""

import asyncio
import contextlib
import signal
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from barter.core.ids import FrameworkId, TaskId, check_id
from barter.core.tasks import TaskInfo
from barter.proto.v1 import node_pb2 as pb

AT_ONCE = 64
START_S = 10.0
_WAITING = 16
LARGEST = 10_000
"""Rows and columns."""

SIGNALS = frozenset({"SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGKILL"})


class NoExec(Exception):
    """The command cannot be run; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wanted:
    framework_id: FrameworkId
    task_id: TaskId
    command: tuple[str, ...]
    tty: bool
    interactive: bool
    rows: int
    columns: int
    term: str


Tell = Callable[[pb.ExecEvent], Awaitable[None]]


class Session(ABC):
    """One command. Calls on one that is over change nothing."""

    @abstractmethod
    async def run(self, tell: Tell) -> int:
        """Tell all output, return the exit code; raises NoExec."""

    @abstractmethod
    async def write(self, data: bytes) -> None: ...

    @abstractmethod
    async def end_input(self) -> None: ...

    @abstractmethod
    async def resize(self, rows: int, columns: int) -> None: ...

    @abstractmethod
    async def signal(self, number: signal.Signals) -> None: ...

    @abstractmethod
    async def close(self) -> None:
        """End it with all it holds."""


class Execs:
    """`find` gives a live task or None; `begin` makes the session of its runtime, or raises NoExec."""

    def __init__(
        self,
        find: Callable[[FrameworkId, TaskId], TaskInfo | None],
        begin: Callable[[Wanted, TaskInfo], Awaitable[Session]],
    ) -> None:
        self._find, self._begin = find, begin
        self._running = 0

    async def run(self, calls: AsyncIterator[pb.ExecCall]) -> AsyncIterator[pb.ExecEvent]:
        """Raises ValueError on calls that are none, or NoExec."""
        wanted = _wanted(await _first(calls))
        task = self._find(wanted.framework_id, wanted.task_id)
        if task is None:
            raise NoExec(f"task {wanted.task_id} does not run here: only beside a running task can a command run")
        if self._running >= AT_ONCE:
            raise NoExec(f"{AT_ONCE} commands run beside this agent's tasks already: end one of them")
        self._running += 1
        try:
            session = await self._begin(wanted, task)
            async for event in _conversation(session, calls, interactive=wanted.interactive):
                yield event
        finally:
            self._running -= 1


async def _conversation(
    session: Session, calls: AsyncIterator[pb.ExecCall], *, interactive: bool
) -> AsyncIterator[pb.ExecEvent]:
    events: asyncio.Queue[pb.ExecEvent] = asyncio.Queue(_WAITING)
    running = asyncio.create_task(session.run(events.put))
    hearing = asyncio.create_task(_hear(session, calls, interactive=interactive))
    try:
        while not (running.done() and events.empty()):
            taking = asyncio.create_task(events.get())
            await asyncio.wait({taking, running}, return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                yield taking.result()
            else:
                taking.cancel()
                await asyncio.gather(taking, return_exceptions=True)
        yield pb.ExecEvent(exit_code=running.result())
    finally:
        for task in (running, hearing):
            task.cancel()
        await asyncio.gather(running, hearing, return_exceptions=True)
        await session.close()


async def _hear(session: Session, calls: AsyncIterator[pb.ExecCall], *, interactive: bool) -> None:
    if not interactive:
        await session.end_input()
    async for call in calls:
        with contextlib.suppress(OSError):
            match call.WhichOneof("call"):
                case "stdin" if interactive:
                    await session.write(call.stdin)
                case "end_of_input" if interactive:
                    await session.end_input()
                case "resize":
                    await session.resize(*_size(call.resize))
                case "signal" if call.signal in SIGNALS:
                    await session.signal(signal.Signals[call.signal])
                case _:
                    pass


async def _first(calls: AsyncIterator[pb.ExecCall]) -> pb.ExecStart:
    try:
        async with asyncio.timeout(START_S):
            call = await anext(calls, None)
    except TimeoutError:
        call = None
    if call is None or call.WhichOneof("call") != "start":
        raise ValueError("the first call must be a start")
    return call.start


def _wanted(start: pb.ExecStart) -> Wanted:
    command = tuple(start.command)
    if not command or not command[0]:
        raise ValueError("there is no command to run")
    if any("\0" in part for part in (*command, start.term)):
        raise ValueError("the command has a NUL in it")
    return Wanted(
        FrameworkId(check_id("framework id", start.framework_id)),
        TaskId(check_id("task id", start.task_id)),
        command,
        start.tty,
        start.interactive,
        *_size(start.size),
        start.term or "xterm",
    )


def _size(size: pb.TerminalSize) -> tuple[int, int]:
    return min(max(size.rows, 0), LARGEST), min(max(size.columns, 0), LARGEST)
