"""A master's agent face with nothing behind it, and agents as real processes."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, TypeVar

import grpc.aio as aio
from grpc import StatusCode

from barter.core.ids import TaskId
from barter.core.resources import resources
from barter.core.tasks import Command, TaskInfo
from barter.proto import codec
from barter.proto.v1 import agent_pb2 as pb
from barter.proto.v1 import types_pb2
from barter.proto.v1.agent_pb2_grpc import AgentServiceServicer, add_AgentServiceServicer_to_server
from barter.shell.transport import LEADER_METADATA, listen, server
from tests.integration.machine import free_address

FRAMEWORK = "c-1-0001"
FoundT = TypeVar("FoundT")
Context = aio.ServicerContext[pb.AgentCall, pb.AgentEvent]


def task(name: str, line: str) -> TaskInfo:
    return TaskInfo(TaskId(name), name, resources(cpus=1, mem=1 << 20), Command(shell=line))


class Master(AgentServiceServicer):
    """Keeps what agents say; with `acking` acknowledges updates. `leader` makes it refuse and point there."""

    def __init__(self, epoch: int = 1, leader: str = "") -> None:
        self.epoch, self.leader, self.acking, self.silent = epoch, leader, True, False
        self.registers: list[pb.AgentCall.Register] = []
        self.updates: list[types_pb2.TaskStatus] = []
        self.unregistered: list[str] = []
        self.heartbeats = 0
        self.address = ""
        self._context: Context | None = None
        self._writing = asyncio.Lock()
        self._server = server()

    async def start(self, address: str = "127.0.0.1:0") -> "Master":
        add_AgentServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        self.address = f"127.0.0.1:{listen(self._server, address)}"
        await self._server.start()
        return self

    async def stop(self) -> None:
        await self._server.stop(0)

    async def Session(self, request_iterator: AsyncIterator[pb.AgentCall], context: Context) -> None:
        if self.leader:
            context.set_trailing_metadata(((LEADER_METADATA, self.leader),))
            await context.abort(StatusCode.FAILED_PRECONDITION, "not the leader")
        self._context = context
        async for call in request_iterator:
            await self._heard(call)

    async def _heard(self, call: pb.AgentCall) -> None:
        match call.WhichOneof("call"):
            case "register":
                self.registers.append(call.register)
                await self.say(registered=pb.AgentEvent.Registered(cluster_id="c", heartbeat_ms=500))
                await self._take(call.register.updates)
            case "updates":
                await self._take(call.updates.updates)
            case "heartbeat":
                self.heartbeats += 1
                if not self.silent:
                    await self.say(heartbeat=pb.AgentEvent.Heartbeat())
            case "unregister":
                self.unregistered.append(call.unregister.reason)
                await self.say(error=pb.AgentEvent.Error(message="the agent left", fatal=True))

    async def _take(self, updates: Iterable[pb.FrameworkUpdate]) -> None:
        acks = []
        for update in updates:
            self.updates.append(update.status)
            key = {"framework_id": update.framework_id, "task_id": update.status.task_id}
            acks.append(types_pb2.Ack(uuid=update.status.uuid, **key))
        if self.acking and acks:
            await self.say(acknowledge=pb.AgentEvent.Acknowledge(acks=acks))

    async def say(self, **event: Any) -> None:
        assert self._context is not None
        async with self._writing:
            await self._context.write(pb.AgentEvent(epoch=self.epoch, **event))

    async def run(self, *tasks: TaskInfo) -> None:
        wires = [codec.task_to_wire(each) for each in tasks]
        await self.say(run=pb.AgentEvent.Run(framework_id=FRAMEWORK, tasks=wires))

    async def kill(self, task_id: str, grace_ms: int = -1) -> None:
        await self.say(kill=pb.AgentEvent.Kill(framework_id=FRAMEWORK, task_id=task_id, grace_ms=grace_ms))

    def states(self, task_id: str) -> list[str]:
        """Without what came twice."""
        seen = {status.uuid: status.state for status in self.updates if status.task_id == task_id}
        return list(seen.values())


AGENT = """
import sys
from pathlib import Path
from barter.agent.shell.daemon import AgentOptions, run
from barter.core.resources import parse_resources
masters, work_dir, listen, http, runtime, has, zone = sys.argv[1:]
have, where = parse_resources(has), {"zone": zone} if zone else {}
options = AgentOptions(masters, Path(work_dir), listen, http, runtime=runtime, resources=have, attributes=where)
sys.exit(run(options))
"""
HAS = "cpus=64,mem=64GiB,ports=31000-32000"


class AgentProcess:
    def __init__(
        self,
        masters: str,
        work_dir: Path,
        runtime: str = "process",
        node: str = "",
        *,
        has: str = HAS,
        zone: str = "",
        script: str = AGENT,
    ) -> None:
        self.work_dir = work_dir
        self.node = node or free_address()
        self.http = free_address()
        self.log = work_dir.parent / f"{work_dir.name}.log"
        with open(self.log, "ab") as log:
            command = [sys.executable, "-c", script, masters, str(work_dir), self.node, self.http, runtime, has, zone]
            self.process = subprocess.Popen(command, stderr=log, stdout=log)

    async def end(self, number: signal.Signals) -> int:
        """Send the signal and wait; returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return await asyncio.to_thread(self.process.wait, 20)

    @property
    def executor_pid(self) -> int:
        try:
            pid: int = json.loads((self.work_dir / "executor.json").read_text())["pid"]
            return pid
        except (OSError, ValueError):
            return 0
