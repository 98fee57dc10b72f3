"""An agent's end of an executor's session, and the real executor as a process: for the tests of both runtimes."""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import grpc.aio as aio

from barter.agent.executor.events import Order
from barter.agent.executor.wire import order_to_wire
from barter.agent.runtime.proc import session_leaders
from barter.agent.runtime.settings import Settings
from barter.agent.runtime.settings import write as write_settings
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import Command, Container, Reason, TaskInfo, TaskStatus
from barter.proto import codec
from barter.proto.v1 import executor_pb2 as pb
from barter.proto.v1.executor_pb2_grpc import ExecutorServiceServicer, add_ExecutorServiceServicer_to_server
from barter.shell import transport

FRAMEWORK = FrameworkId("f-1")
PATIENCE_S = 20.0


def task(task_id: str, shell: str = "", *, argv: tuple[str, ...] = (), image: str = "", **more: object) -> TaskInfo:
    info = TaskInfo(
        task_id=TaskId(task_id),
        name=task_id,
        resources=resources(cpus=100, mem=32 << 20),
        command=Command(shell=shell, argv=argv),
        container=Container(image) if image else None,
    )
    return replace(info, **more)  # type: ignore[arg-type]


class Agent(ExecutorServiceServicer):
    """Hears an executor and tells it what to do. `statuses` holds every status that came, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "agent.sock"
        self.statuses: list[TaskStatus] = []
        self.hellos: list[pb.ExecutorCall.Hello] = []
        self.usage: dict[str, pb.ExecutorCall.TaskUsage] = {}
        self.record = True
        self._changed = asyncio.Event()
        self._outgoing: asyncio.Queue[pb.ExecutorEvent] | None = None
        self._server: aio.Server | None = None
        self._executors: list[asyncio.subprocess.Process] = []

    async def Session(
        self, request_iterator: AsyncIterator[pb.ExecutorCall], context: object
    ) -> AsyncIterator[pb.ExecutorEvent]:
        outgoing = self._outgoing = asyncio.Queue()
        reader = asyncio.create_task(self._read(request_iterator))
        try:
            while True:
                yield await outgoing.get()
        finally:
            reader.cancel()

    async def _read(self, calls: AsyncIterator[pb.ExecutorCall]) -> None:
        async for call in calls:
            told = call.statuses.statuses
            if call.WhichOneof("call") == "hello":
                self.hellos.append(call.hello)
                told = call.hello.statuses
            self.usage.update((each.task_id, each) for each in call.usage.tasks)
            self.statuses += [_status(each) for each in told]
            if told and self.record:
                self.send(pb.ExecutorEvent(recorded=pb.ExecutorEvent.Recorded(sequence=told[-1].sequence)))
            self._changed.set()

    async def listen(self) -> None:
        self._server = transport.server()
        add_ExecutorServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        transport.listen_unix(self._server, str(self.socket))
        await self._server.start()

    async def hang_up(self) -> None:
        if self._server is not None:
            await self._server.stop(0)
        self._server = None
        self.socket.unlink(missing_ok=True)

    async def start_executor(
        self, runtime: str = "process", env: Mapping[str, str] | None = None, settings: Settings | None = None
    ) -> int:
        """Start one and wait for its Hello; returns its pid."""
        before = len(self.hellos)
        command = [sys.executable, "-m", "barter.agent.executor", "--socket", str(self.socket)]
        command += ["--work-dir", str(self.folder), "--runtime", runtime]
        command += [] if settings is None else ["--settings", str(write_settings(self.folder, settings))]
        with (self.folder / "executor.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *command, stderr=log, stdin=asyncio.subprocess.DEVNULL, env={**os.environ, **(env or {})}
            )
        self._executors.append(process)
        await self.until(lambda: len(self.hellos) > before)
        return process.pid

    async def executor_exit(self) -> int:
        return await asyncio.wait_for(self._executors[-1].wait(), PATIENCE_S)

    async def kill_executor(self) -> None:
        self._executors[-1].send_signal(signal.SIGKILL)
        await self.executor_exit()

    def send(self, event: pb.ExecutorEvent) -> None:
        assert self._outgoing is not None
        self._outgoing.put_nowait(event)

    def launch(self, *tasks: TaskInfo) -> None:
        orders = [order_to_wire(self.order(info)) for info in tasks]
        self.send(pb.ExecutorEvent(launch=pb.ExecutorEvent.Launch(tasks=orders)))

    def order(self, info: TaskInfo) -> Order:
        sandbox = self.sandbox(info.task_id)
        sandbox.mkdir(parents=True, exist_ok=True)
        return Order(FRAMEWORK, info, str(sandbox), f"barter.a0123456789.{FRAMEWORK}.{info.task_id}")

    def sandbox(self, task_id: str) -> Path:
        return self.folder / "sandboxes" / FRAMEWORK / task_id

    def kill(self, task_id: str, grace_ms: int = -1) -> None:
        kill = pb.ExecutorEvent.Kill(framework_id=FRAMEWORK, task_id=task_id, grace_ms=grace_ms, reason="for a test")
        self.send(pb.ExecutorEvent(kill=kill))

    def measure(self, every_ms: int) -> None:
        self.send(pb.ExecutorEvent(measure=pb.ExecutorEvent.Measure(every_ms=every_ms)))

    def stop(self, *, kill: bool) -> None:
        self.send(pb.ExecutorEvent(stop=pb.ExecutorEvent.Stop(kill=kill)))

    def of(self, task_id: str) -> list[TaskStatus]:
        return [status for status in self.statuses if status.task_id == task_id]

    def states(self, task_id: str) -> list[TaskState]:
        return [status.state for status in self.of(task_id)]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition that a message of the executor can make true."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            log = (self.folder / "executor.log").read_text()
            raise AssertionError(f"did not happen; statuses: {self.statuses}\n{log}") from None

    async def end_of(self, task_id: str) -> TaskStatus:
        await self.until(lambda: any(status.terminal for status in self.of(task_id)))
        return self.of(task_id)[-1]

    async def running(self, task_id: str) -> None:
        await self.until(lambda: TaskState.RUNNING in self.states(task_id))

    async def close(self) -> None:
        for process in self._executors:
            if process.returncode is None:
                process.send_signal(signal.SIGKILL)
                await process.wait()
        if (self.folder / "executor" / "keeper.sock").exists():
            # A story that failed: its tasks would run on for ever.
            for sandbox, pid in session_leaders().items():
                if sandbox.startswith(f"{self.folder}/"):
                    os.killpg(pid, signal.SIGKILL)
        await self.hang_up()


def _status(wire: pb.ExecutorStatus) -> TaskStatus:
    status = codec.status_from_wire(wire.status)
    return replace(status, reason=Reason(wire.reason)) if wire.reason else status


@contextlib.asynccontextmanager
async def agent() -> AsyncIterator[Agent]:
    """An agent in a short folder: a unix socket's path has at most 107 characters."""
    with tempfile.TemporaryDirectory(prefix="barter-agent-") as folder:
        one = Agent(Path(folder))
        await one.listen()
        try:
            yield one
        finally:
            await one.close()
