"""Simulated agents and frameworks that go from leader to leader as real ones do, and note when each answered them."""

import abc
import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field
from typing import Any

import grpc.aio as aio

from barter.core.route import Route
from barter.proto.v1 import agent_pb2, scheduler_pb2, types_pb2
from barter.shell import reach, transport
from barter.tools.bench.master import agents, frameworks, messages

FAILOVER_TIMEOUT_MS = 600_000
END_OF_STREAM: object = vars(aio)["EOF"]


class Channels:
    """A connection to each master, shared by those who have these."""

    def __init__(self) -> None:
        self._made: dict[str, aio.Channel] = {}

    def to(self, address: str) -> aio.Channel:
        if address not in self._made:
            self._made[address] = transport.channel(address, own_connection=True)
        return self._made[address]

    async def close(self) -> None:
        for each in self._made.values():
            await each.close(None)


@dataclass(slots=True)
class Moments:
    """When (time.monotonic) leaders of a later epoch than `since` answered agents, and made offers."""

    since: int = 0
    newest: int = 0
    registered: list[float] = field(default_factory=list)
    offered: list[float] = field(default_factory=list)

    def begin(self) -> None:
        self.since = self.newest
        self.registered.clear()
        self.offered.clear()

    def note(self, moments: list[float], epoch: int) -> None:
        self.newest = max(self.newest, epoch)
        if epoch > self.since:
            moments.append(time.monotonic())


class Peer(abc.ABC):
    """Keeps a session with whichever master leads."""

    method: str
    decode: Any

    def __init__(self, masters: tuple[str, ...], channels: Channels, moments: Moments) -> None:
        self._route, self._channels, self._moments = Route(masters), channels, moments
        self._beating: asyncio.TimerHandle | None = None
        self._saying: set[asyncio.Task[None]] = set()

    @abc.abstractmethod
    def greeting(self) -> list[bytes]:
        """What is said first on a new stream."""

    @abc.abstractmethod
    def hear(self, event: Any) -> int:
        """How often to say that it is there, in milliseconds, once the leader has answered; else 0."""

    async def live(self) -> None:
        """Until cancelled."""
        while True:
            address, leader = self._route.set_out(_now()), ""
            try:
                await self._session(address)
            except aio.AioRpcError as error:
                leader = transport.leader_of(error.trailing_metadata())
            await asyncio.sleep(self._route.lost(leader, random.randrange(1000)) / 1000)

    async def _session(self, address: str) -> None:
        call: aio.StreamStreamCall[bytes, Any] = self._channels.to(address).stream_stream(
            self.method, None, self.decode
        )(None, metadata=reach.telling(self._route.unreachable))
        self._call = call
        try:
            with contextlib.suppress(asyncio.InvalidStateError):
                for each in self.greeting():
                    await call.write(each)
                while (event := await call.read()) is not END_OF_STREAM:
                    if every_ms := self.hear(event):
                        self._route.arrived(every_ms, _now())
                        self._beat_later(every_ms / 1000)
        finally:
            if self._beating is not None:
                self._beating.cancel()
            call.cancel()

    def say(self, message: bytes) -> None:
        task = asyncio.create_task(self._say(message))
        self._saying.add(task)
        task.add_done_callback(self._saying.discard)

    async def _say(self, message: bytes) -> None:
        with contextlib.suppress(aio.AioRpcError, asyncio.InvalidStateError):
            await self._call.write(message)

    def _beat_later(self, seconds: float) -> None:
        self._beating = asyncio.get_running_loop().call_later(seconds, self._beat, seconds)

    def _beat(self, seconds: float) -> None:
        self.say(messages.HEARTBEAT)
        self._beat_later(seconds)


class Agent(Peer):
    method, decode = agents.SESSION, agent_pb2.AgentEvent.FromString

    def __init__(self, register: bytes, masters: tuple[str, ...], channels: Channels, moments: Moments) -> None:
        super().__init__(masters, channels, moments)
        self._register = register

    def greeting(self) -> list[bytes]:
        return [self._register]

    def hear(self, event: agent_pb2.AgentEvent) -> int:
        if not event.HasField("registered"):
            return 0
        self._moments.note(self._moments.registered, event.epoch)
        return event.registered.heartbeat_ms


class Framework(Peer):
    """Wants one task somewhere, and never takes what it is offered."""

    method, decode = frameworks.SESSION, scheduler_pb2.SchedulerEvent.FromString

    def __init__(self, name: str, masters: tuple[str, ...], channels: Channels, moments: Moments) -> None:
        super().__init__(masters, channels, moments)
        self._name = name
        self._epoch = 0
        self.framework_id = ""
        self.subscribed = asyncio.Event()

    def greeting(self) -> list[bytes]:
        framework = types_pb2.FrameworkInfo(
            name=self._name,
            framework_id=self.framework_id,
            roles=["*"],
            failover_timeout_ms=FAILOVER_TIMEOUT_MS,
        )
        subscribe = scheduler_pb2.SchedulerCall(subscribe={"framework": framework, "demands_only": True})
        return [subscribe.SerializeToString(), messages.set_demands([messages.demand("one", 1, "")])]

    def hear(self, event: scheduler_pb2.SchedulerEvent) -> int:
        if event.HasField("subscribed"):
            self.framework_id, self._epoch = event.subscribed.framework_id, event.subscribed.epoch
            self.subscribed.set()
            return event.subscribed.heartbeat_ms
        if event.offers.offers:
            self._moments.note(self._moments.offered, self._epoch)
        return 0


def _now() -> int:
    return time.monotonic_ns() // 1_000_000
