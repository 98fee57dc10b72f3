"""Simulated agents: each with its own stream, registration, heartbeats and updates; connections are shared."""

import asyncio
import uuid
from collections.abc import Coroutine, Sequence

import grpc.aio as aio

from barter.proto.v1 import agent_pb2
from barter.tools.bench.master import messages
from barter.tools.bench.measure import BenchFailed

SESSION = "/barter.v1.AgentService/Session"
STARTS_SECONDS, LIVES_SECONDS = 0.05, 2.0
FOREVER = float("inf")
Call = aio.StreamStreamCall[bytes, agent_pb2.AgentEvent]
TaskKey = tuple[str, str]


class Agent:
    """Runs what it is told, for `lives_seconds` or until it is killed, and says so."""

    def __init__(
        self, agent_id: str, register: bytes, channel: aio.Channel, lives_seconds: float = LIVES_SECONDS
    ) -> None:
        self._agent_id, self._register, self._channel = agent_id, register, channel
        self._lives_seconds = lives_seconds
        self._running: set[TaskKey] = set()
        self._waiting: list[bytes] = []
        self._writing = False
        self._calls: list[Call] = []
        self._work: set[asyncio.Task[None]] = set()

    async def register(self) -> None:
        """Until the master has answered; what it says later is heard in the background. Raises BenchFailed."""
        self._call: Call = self._channel.stream_stream(SESSION, None, agent_pb2.AgentEvent.FromString)(
            None, wait_for_ready=True
        )
        self._calls.append(self._call)
        await self._call.write(self._register)
        event = await self._call.read()
        while isinstance(event, agent_pb2.AgentEvent) and not event.HasField("registered"):
            event = await self._call.read()
        if not isinstance(event, agent_pb2.AgentEvent):
            raise BenchFailed(f"agent {self._agent_id} was not registered")
        self._begin(self._hear())
        self._beat_seconds = event.registered.heartbeat_ms / 1000
        self._beat_later()

    def close(self) -> None:
        for work in self._work:
            work.cancel()
        for call in self._calls:
            call.cancel()

    def _beat_later(self) -> None:
        asyncio.get_running_loop().call_later(self._beat_seconds, self._beat)

    def _beat(self) -> None:
        self._say(messages.HEARTBEAT)
        self._beat_later()

    async def _hear(self) -> None:
        while isinstance(event := await self._call.read(), agent_pb2.AgentEvent):
            match event.WhichOneof("event"):
                case "registered":
                    self._beat_seconds = event.registered.heartbeat_ms / 1000
                case "run":
                    self._run(event.run.framework_id, [task.task_id for task in event.run.tasks])
                case "kill":
                    self._end((event.kill.framework_id, event.kill.task_id), "TASK_KILLED")
                case "error":
                    raise BenchFailed(f"agent {self._agent_id}: {event.error.message}")

    def _run(self, framework_id: str, task_ids: Sequence[str]) -> None:
        loop = asyncio.get_running_loop()
        for task_id in task_ids:
            key = (framework_id, task_id)
            self._running.add(key)
            loop.call_later(STARTS_SECONDS, self._tell, key, "TASK_RUNNING")
            if self._lives_seconds < FOREVER:
                loop.call_later(self._lives_seconds, self._end, key, "TASK_FINISHED")

    def _end(self, key: TaskKey, state: str) -> None:
        if key in self._running:
            self._running.remove(key)
            self._tell(key, state)

    def _tell(self, key: TaskKey, state: str) -> None:
        framework_id, task_id = key
        status = messages.status(task_id, self._agent_id, state, str(uuid.uuid4()))
        update = agent_pb2.FrameworkUpdate(framework_id=framework_id, status=status)
        self._say(agent_pb2.AgentCall(updates={"updates": [update]}).SerializeToString())

    def _say(self, message: bytes) -> None:
        self._waiting.append(message)
        if not self._writing:
            self._writing = True
            self._begin(self._write())

    async def _write(self) -> None:
        try:
            while self._waiting:
                await self._call.write(self._waiting.pop(0))
        finally:
            self._writing = False

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
