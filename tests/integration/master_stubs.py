"""A master process, and the two ends of its sessions written by hand."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import grpc.aio as aio

from barter.core.task_state import TaskState
from barter.proto import codec
from barter.proto.v1 import agent_pb2, scheduler_pb2, types_pb2
from barter.proto.v1.agent_pb2_grpc import AgentServiceStub
from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub
from barter.proto.v1.scheduler_pb2_grpc import SchedulerServiceStub
from tests.integration.machine import free_address
from tests.master.world import agent, status

PATIENCE_SECONDS = 20
END: object = vars(aio)["EOF"]
START = """
import sys
from pathlib import Path
from barter.master.shell.daemon import MasterOptions, run
sys.exit(run(MasterOptions(Path(sys.argv[1]), sys.argv[2], sys.argv[3], heartbeat_ms=200, agent_timeout_ms=60_000)))
"""


class RealMaster:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.grpc, self.http = free_address(), free_address()
        self.process = self.spawn()

    def spawn(self) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", START, str(self.folder), self.grpc, self.http]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        os.kill(self.process.pid, number)
        self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode


class Session:
    """One stream: `say` writes, `hear` returns the next event that is not a heartbeat."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def say(self, call: object) -> None:
        await self._stream.write(call)

    async def hear(self) -> Any:
        while True:
            async with asyncio.timeout(PATIENCE_SECONDS):
                event = await self._stream.read()
            if event is END:
                return None
            if event.WhichOneof("event") != "heartbeat":
                return event

    async def heartbeat(self) -> Any:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (event := await self._stream.read()).WhichOneof("event") != "heartbeat":
                pass
        return event

    async def over(self) -> grpc.StatusCode:
        """Read to the end, and tell how it ended."""
        try:
            while await self.hear() is not None:
                pass
        except aio.AioRpcError as error:
            return error.code()
        code: grpc.StatusCode = await self._stream.code()
        return code


class Peers:
    def __init__(self, link: aio.Channel) -> None:
        self._schedulers = SchedulerServiceStub(link)  # type: ignore[no-untyped-call]
        self._agents = AgentServiceStub(link)  # type: ignore[no-untyped-call]
        self.operator = OperatorServiceStub(link)  # type: ignore[no-untyped-call]

    def scheduler(self) -> Session:
        return Session(self._schedulers.Session(wait_for_ready=True))

    def agent(self) -> Session:
        return Session(self._agents.Session(wait_for_ready=True))

    async def subscribed(self, framework_id: str = "") -> tuple[Session, scheduler_pb2.SchedulerEvent.Subscribed]:
        session = self.scheduler()
        framework = types_pb2.FrameworkInfo(name="stub", framework_id=framework_id, failover_timeout_ms=60_000)
        await session.say(scheduler_pb2.SchedulerCall(subscribe={"framework": framework}))
        return session, (await session.hear()).subscribed

    async def registered(self, *tasks: agent_pb2.AgentTask) -> tuple[Session, agent_pb2.AgentEvent]:
        session = self.agent()
        info = codec.agent_to_wire(agent())
        await session.say(agent_pb2.AgentCall(register={"agent": info, "tasks": tasks}))
        return session, await session.hear()


def update(framework_id: str, name: str, state: TaskState, number: int) -> agent_pb2.AgentCall:
    wire = codec.status_to_wire(status(name, state, number))
    return agent_pb2.AgentCall(updates={"updates": [{"framework_id": framework_id, "status": wire}]})
