"""Serves the executors that frameworks bring: on a socket of its own, for whoever can prove which one it is."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import grpc.aio as aio

from barter.agent.book import Book
from barter.agent.events import Event, ExecutorDisconnected, ExecutorMessage
from barter.agent.executor.protocol import PROTOCOL
from barter.agent.facts import TaskKey
from barter.agent.runtime.isolation import AGENT_SOCKET
from barter.agent.shell import decode
from barter.agent.shell.outbox import Outbox
from barter.core.cluster import AgentInfo
from barter.core.ids import FrameworkId, TaskId
from barter.core.messages import check_message
from barter.core.tasks import TaskInfo
from barter.core.token_bucket import TokenBucket
from barter.proto.v1 import executor_pb2 as pb
from barter.proto.v1.executor_pb2_grpc import ExecutorServiceServicer
from barter.shell.clock import Clock
from barter.shell.log import logger

CALLS_PER_SECOND = 1_000
BURST = 5_000
MOST_WAITING = 1_000
_log = logger("agent")


class OwnExecutorSessions(ExecutorServiceServicer):
    """One session for each executor; a newer one takes the place of an older. `secret` is the agent's, and stays."""

    def __init__(self, info: AgentInfo, book: Book, secret: str, socket: str, post: Callable[[Event], None]) -> None:
        self._info, self._book = info, book
        self._secret, self.socket = secret, socket
        self._post = post
        self._clock = Clock()
        self._outboxes: dict[TaskKey, Outbox[pb.ExecutorEvent]] = {}

    def send(self, executor: TaskKey, event: pb.ExecutorEvent) -> None:
        """Send in order; dropped while it is not connected, for its Hello settles what it must know."""
        if executor in self._outboxes:
            self._outboxes[executor].put(event)

    def say(self, executor: TaskKey, data: bytes) -> None:
        """Pass a message on, unless it does not read what it is sent: messages are best effort, orders are not."""
        outbox = self._outboxes.get(executor)
        if outbox is not None and outbox.waiting < MOST_WAITING:
            outbox.put(pb.ExecutorEvent(message=pb.ExecutorEvent.Message(data=data)))
        else:
            _log.warning("an executor does not read its messages: dropped", task_id=executor[1])

    def prepared(self, framework_id: FrameworkId, task: TaskInfo) -> TaskInfo:
        """The executor's task with what it finds its agent by; its memory is not limited, as its tasks run in it."""
        assert task.executor is not None
        executor_id = task.executor.executor_id
        env = {
            **task.command.env,
            AGENT_SOCKET: self.socket,
            "BARTER_AGENT_ID": self._info.agent_id,
            "BARTER_EXECUTOR_ID": executor_id,
            "BARTER_EXECUTOR_TOKEN": self._token((framework_id, task.task_id)),
            "MESOS_AGENT_ID": self._info.agent_id,
            "MESOS_SLAVE_ID": self._info.agent_id,
            "MESOS_EXECUTOR_ID": executor_id,
            "MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD": f"{task.kill_grace_ms}ms",
        }
        scalars = {name: amount for name, amount in task.resources.scalars.items() if name != "mem"}
        held = replace(task.resources, scalars=scalars)
        return replace(task, command=replace(task.command, env=env), resources=held)

    async def Session(
        self,
        request_iterator: AsyncIterator[pb.ExecutorCall],
        context: aio.ServicerContext[pb.ExecutorCall, pb.ExecutorEvent],
    ) -> None:
        first = await anext(request_iterator, None)
        if first is None or first.WhichOneof("call") != "hello":
            _log.warning("something on the frameworks' socket did not say hello: dropped")
            return
        key = (FrameworkId(first.hello.framework_id), TaskId(first.hello.task_id))
        if not self._proves(key, first.hello.token) or key not in self._book.executors:
            _log.warning("an executor that is not of this agent, or has ended for it, is told to end", task_id=key[1])
            await context.write(pb.ExecutorEvent(stop=pb.ExecutorEvent.Stop(kill=True)))
            return
        outbox: Outbox[pb.ExecutorEvent] = Outbox()
        self._outboxes[key] = outbox
        outbox.put(pb.ExecutorEvent(welcome=self._welcome(key)))
        writer = asyncio.create_task(outbox.drain(context.write))
        try:
            self._post(decode.hello(first.hello, key[1], key))
            await self._converse(key, request_iterator, outbox)
        finally:
            writer.cancel()
            if self._outboxes.get(key) is outbox:
                del self._outboxes[key]
                self._post(ExecutorDisconnected(key[1], key))

    async def _converse(
        self, key: TaskKey, calls: AsyncIterator[pb.ExecutorCall], outbox: Outbox[pb.ExecutorEvent]
    ) -> None:
        bucket = TokenBucket(CALLS_PER_SECOND, BURST, self._clock.now())
        async for call in calls:
            if waits := bucket.take(self._clock.now()):
                await asyncio.sleep(waits / 1000)
            if self._outboxes.get(key) is not outbox:
                return
            match call.WhichOneof("call"):
                case "statuses":
                    self._post(decode.executor_reports(call.statuses, key[1], key))
                case "message":
                    try:
                        self._post(ExecutorMessage(key, check_message(call.message.data)))
                    except ValueError as error:
                        _log.warning("an executor's message is dropped", task_id=key[1], problem=str(error))
                case _:
                    pass

    def _welcome(self, key: TaskKey) -> pb.ExecutorEvent.Welcome:
        return pb.ExecutorEvent.Welcome(
            protocol=PROTOCOL,
            agent_id=self._info.agent_id,
            hostname=self._info.hostname,
            framework_id=key[0],
            executor_id=self._book.executors[key],
        )

    def _proves(self, key: TaskKey, token: str) -> bool:
        return hmac.compare_digest(self._token(key).encode(), token.encode())

    def _token(self, key: TaskKey) -> str:
        """Only this agent can make it, and it is another for each executor."""
        return hmac.new(self._secret.encode(), "/".join(key).encode(), hashlib.sha256).hexdigest()
