"""Runs an executor under the agent that started it, which it finds by its environment."""

import asyncio
import contextlib
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

import grpc.aio as aio

from barter.core.ids import AgentId, ExecutorId, FrameworkId, TaskId
from barter.core.messages import check_message
from barter.core.task_state import TaskState
from barter.proto import codec
from barter.proto.v1 import executor_pb2 as pb
from barter.proto.v1.executor_pb2_grpc import ExecutorServiceStub
from barter.sdk import executor_session as core
from barter.sdk.executor import Executor, ExecutorDriver
from barter.shell.clock import Clock
from barter.shell.runner import Runner
from barter.shell.transport import channel

LOG = logging.getLogger("barter.sdk")
GRACE_MS = 4_000
"""A second less than the agent gives."""
_PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True)
class _Place:
    """What an agent says to the executor it starts."""

    socket: str
    framework_id: FrameworkId
    executor_id: ExecutorId
    task_id: TaskId
    token: str
    agent_id: AgentId

    @classmethod
    def of(cls, env: Mapping[str, str]) -> "_Place":
        names = ("AGENT_SOCKET", "FRAMEWORK_ID", "EXECUTOR_ID", "TASK_ID", "EXECUTOR_TOKEN", "AGENT_ID")
        if missing := [f"BARTER_{name}" for name in names if not env.get(f"BARTER_{name}")]:
            raise ValueError(
                f"{', '.join(missing)} not in the environment: an executor is started by an agent, "
                "as the command of a task's ExecutorInfo"
            )
        socket, framework_id, executor_id, task_id, token, agent_id = (env[f"BARTER_{name}"] for name in names)
        return cls(
            socket, FrameworkId(framework_id), ExecutorId(executor_id), TaskId(task_id), token, AgentId(agent_id)
        )


def run_executor(executor: Executor) -> int:
    """Serve the agent that started this process until it is to end; return the exit code.

    Raises ValueError where no agent did.
    """
    return asyncio.run(_Driver(executor, _Place.of(os.environ)).serve())


class _Driver(ExecutorDriver):
    def __init__(self, executor: Executor, place: _Place) -> None:
        self._executor, self._place = executor, place
        self._session = core.ExecutorSession()
        self._runner: Runner[core.Event, core.Action] = Runner(self._session, Clock(), self._perform)
        self._sandboxes: dict[TaskId, str] = {}
        self._outgoing: asyncio.Queue[pb.ExecutorCall | None] | None = None
        self._attempt: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.get_ident()

    @property
    def framework_id(self) -> FrameworkId:
        return self._place.framework_id

    @property
    def executor_id(self) -> ExecutorId:
        return self._place.executor_id

    @property
    def agent_id(self) -> AgentId:
        return self._place.agent_id

    def sandbox(self, task_id: TaskId) -> str:
        return self._sandboxes[task_id]

    def send_status_update(
        self,
        task_id: TaskId,
        state: TaskState,
        message: str = "",
        *,
        exit_code: int | None = None,
        healthy: bool | None = None,
    ) -> None:
        if state not in core.SAYABLE:
            raise ValueError(f"{state} is not for an executor to say: one of {', '.join(sorted(core.SAYABLE))}")
        self._post(core.Say(task_id, state, message, exit_code, healthy))

    def send_framework_message(self, data: bytes) -> None:
        call = pb.ExecutorCall(message=pb.ExecutorCall.Message(data=check_message(bytes(data))))
        self._in_loop(lambda: self._send(call))

    def stop(self) -> None:
        self._post(core.Stop())

    async def serve(self) -> int:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        for number in (signal.SIGTERM, signal.SIGINT):
            self._loop.add_signal_handler(number, self._runner.post, core.Shutdown(GRACE_MS))
        try:
            await self._runner.run()
        except _Ended as ended:
            LOG.info("the executor ends: %s", ended)
        finally:
            if self._attempt is not None:
                self._attempt.cancel()
                await asyncio.wait([self._attempt])
        return 0

    def _post(self, event: core.Event) -> None:
        self._in_loop(lambda: self._runner.post(event))

    def _in_loop(self, call: Callable[[], None]) -> None:
        if threading.get_ident() == self._thread:
            call()
        elif self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(call)

    def _send(self, call: pb.ExecutorCall) -> None:
        if self._outgoing is not None:
            self._outgoing.put_nowait(call)

    async def _perform(self, actions: list[core.Action]) -> None:
        for action in actions:
            match action:
                case core.Connect():
                    self._attempt = asyncio.create_task(self._dial())
                case core.SendHello():
                    self._send(self._hello(action))
                case core.SendStatus():
                    statuses = pb.ExecutorCall.Statuses(statuses=[self._reported(action.reported)])
                    self._send(pb.ExecutorCall(statuses=statuses))
                case core.Exit():
                    raise _Ended(action.reason)
                case _:
                    self._call(action)

    def _call(self, callback: core.Callback) -> None:
        try:
            self._called(callback)
        except Exception as error:
            name = type(callback).__name__.lower()
            LOG.exception("the executor's callback for %s raised; it goes on", name)
            if isinstance(callback, core.Launch):
                self.send_status_update(callback.task.task_id, TaskState.FAILED, f"launch_task raised {error!r}")
            with contextlib.suppress(Exception):
                self._executor.error(self, f"your callback for {name} raised {error!r}")

    def _called(self, callback: core.Callback) -> None:
        executor = self._executor
        match callback:
            case core.Launch():
                self._sandboxes[callback.task.task_id] = callback.sandbox
                executor.launch_task(self, callback.task)
            case core.Kill():
                executor.kill_task(self, callback.task_id, callback.grace_ms)
            case core.Message():
                executor.framework_message(self, callback.data)
            case core.Shutdown():
                executor.shutdown(self)
            case core.Registered():
                executor.registered(self)
            case core.Reregistered():
                executor.reregistered(self)
            case core.Disconnected():
                executor.disconnected(self)

    async def _dial(self) -> None:
        try:
            async with channel(f"unix:{self._place.socket}", own_connection=True) as link:
                async with asyncio.timeout(_PATIENCE_S):
                    await link.channel_ready()
                await self._talk(link)
        except (TimeoutError, aio.AioRpcError) as error:
            LOG.info("no session with the agent: %r", error)
        finally:
            self._runner.post(core.Lost())

    async def _talk(self, link: aio.Channel) -> None:
        outgoing = self._outgoing = asyncio.Queue()
        self._runner.post(core.Opened())
        try:
            call = ExecutorServiceStub(link).Session(_messages(outgoing))  # type: ignore[no-untyped-call]
            async for message in call:
                self._hear(message)
        finally:
            outgoing.put_nowait(None)
            self._outgoing = None

    def _hear(self, wire: pb.ExecutorEvent) -> None:
        match wire.WhichOneof("event"):
            case "welcome":
                self._runner.post(core.Welcome(AgentId(wire.welcome.agent_id)))
            case "launch":
                for each in wire.launch.tasks:
                    self._heard_launch(each)
            case "kill":
                self._runner.post(core.Kill(TaskId(wire.kill.task_id), wire.kill.grace_ms))
            case "recorded":
                self._runner.post(core.Recorded(wire.recorded.sequence))
            case "message":
                self._runner.post(core.Message(wire.message.data))
            case "stop":
                self._runner.post(core.Shutdown(GRACE_MS))
            case _:
                pass

    def _heard_launch(self, wire: pb.ExecutorEvent.LaunchTask) -> None:
        try:
            self._runner.post(core.Launch(codec.task_from_wire(wire.task), wire.sandbox))
        except ValueError as error:
            LOG.error("the agent sent a task that cannot be read: %s", error)

    def _hello(self, action: core.SendHello) -> pb.ExecutorCall:
        hello = pb.ExecutorCall.Hello(
            pid=os.getpid(),
            tasks=[self._reported(each) for each in action.tasks],
            statuses=[self._reported(each) for each in action.statuses],
            protocol=core.PROTOCOL,
            framework_id=self._place.framework_id,
            task_id=self._place.task_id,
            token=self._place.token,
        )
        return pb.ExecutorCall(hello=hello)

    def _reported(self, reported: core.Reported) -> pb.ExecutorStatus:
        status = codec.status_to_wire(reported.status)
        return pb.ExecutorStatus(framework_id=self._place.framework_id, status=status, sequence=reported.sequence)


class _Ended(Exception):
    """The core wants the process to end."""


async def _messages(queue: "asyncio.Queue[pb.ExecutorCall | None]") -> AsyncIterator[pb.ExecutorCall]:
    while (message := await queue.get()) is not None:
        yield message
