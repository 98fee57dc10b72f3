"""A strict master over real gRPC: late and double acknowledgements, kept kills, what was lost ordered again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from random import Random
from typing import Any

import grpc.aio as aio

from barter.core.task_state import TRANSITIONS, TaskState
from barter.proto import codec
from barter.proto.v1 import agent_pb2 as pb
from barter.proto.v1 import types_pb2
from barter.proto.v1.agent_pb2_grpc import AgentServiceServicer, add_AgentServiceServicer_to_server
from barter.shell.transport import listen, server
from tests.campaign.machine import Machine
from tests.campaign.record import Heard, Record, Told, now_ms
from tests.campaign.tasks import Spec, task_info

FRAMEWORK = "c-1-0001"
HEARTBEAT_MS = 500
Context = aio.ServicerContext[pb.AgentCall, pb.AgentEvent]
Acks = list[types_pb2.Ack]


class Master(AgentServiceServicer):
    """Writes what it hears into `record`; `calm` once all is healed: acknowledges at once from then on."""

    def __init__(self, record: Record, rng: Random, machine: Machine, changed: Callable[[], None]) -> None:
        self.record, self.epoch, self.calm = record, 1, False
        self.updates = self.orders = self.registered = 0
        self.agent_id = ""
        self.address = ""
        self._rng, self._changed = rng, changed
        self._machine = machine
        self._context: Context | None = None
        self._over: asyncio.Event | None = None
        self._writing = asyncio.Lock()
        self._kept_acks: Acks = []
        self._later: set[asyncio.Task[None]] = set()
        self._server = server()

    async def start(self) -> "Master":
        add_AgentServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        self.address = f"127.0.0.1:{listen(self._server, '127.0.0.1:0')}"
        await self._server.start()
        return self

    async def stop(self) -> None:
        for task in self._later:
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)
        await self._server.stop(0)

    async def Session(self, request_iterator: AsyncIterator[pb.AgentCall], context: Context) -> None:
        over = asyncio.Event()
        reading = asyncio.create_task(self._read(request_iterator, context, over))
        ending = asyncio.create_task(over.wait())
        try:
            await asyncio.wait([reading, ending], return_when=asyncio.FIRST_COMPLETED)
            if reading.done() and not reading.cancelled():
                reading.result()
        finally:
            reading.cancel()
            ending.cancel()

    async def _read(self, calls: AsyncIterator[pb.AgentCall], context: Context, over: asyncio.Event) -> None:
        async for call in calls:
            if call.WhichOneof("call") == "register":
                self._over = over
                await self._register(call.register, context)
            elif context is not self._context:
                # The agent has a newer stream, or the master of this one is no more.
                return
            else:
                await self._heard(call)

    async def _register(self, register: pb.AgentCall.Register, context: Context) -> None:
        self._context = context
        self.registered += 1
        self.record.tell(f"registered with {len(register.tasks)} tasks, {len(register.updates)} updates waiting")
        if self.agent_id not in ("", register.agent.agent_id):
            self.record.problems.append(f"the agent came back as {register.agent.agent_id}, it was {self.agent_id}")
        self.agent_id = register.agent.agent_id
        await self._say(registered=pb.AgentEvent.Registered(cluster_id="c", heartbeat_ms=HEARTBEAT_MS))
        self._compare({each.task.task_id for each in register.tasks}, register)
        await self._take(register.updates)
        lost = [told.spec for told in self.record.tasks.values() if not told.known]
        if lost:
            await self._run(lost)
        for told in self.record.tasks.values():
            if told.kills_ms and not told.ended:
                await self._send_kill(told)
        self._changed()

    def _compare(self, listed: set[str], register: pb.AgentCall.Register) -> None:
        """What the agent once had, and whose end was never told, it has still."""
        for name in listed:
            if (told := self.record.tasks.get(name)) is None:
                self.record.problems.append(f"the agent has a task nobody ordered: {name}")
            else:
                told.listed = True
        updated = {update.status.task_id for update in register.updates}
        for name, told in self.record.tasks.items():
            if told.known and not told.ended and name not in listed | updated:
                self.record.problems.append(f"task {name} is forgotten: {told.state} was told, now the agent lacks it")

    async def _heard(self, call: pb.AgentCall) -> None:
        match call.WhichOneof("call"):
            case "updates":
                await self._take(call.updates.updates)
            case "heartbeat":
                await self._say(heartbeat=pb.AgentEvent.Heartbeat())
            case "unregister":
                self.record.tell("the agent says goodbye")
                await self._say(error=pb.AgentEvent.Error(message="the agent left", fatal=True))

    async def _take(self, updates: Iterable[pb.FrameworkUpdate]) -> None:
        acks: Acks = []
        for update in updates:
            self._note(update.status)
            key = {"framework_id": update.framework_id, "task_id": update.status.task_id}
            acks.append(types_pb2.Ack(uuid=update.status.uuid, **key))
        if acks:
            self._changed()
            await self._acknowledge(acks)

    def _note(self, status: types_pb2.TaskStatus) -> None:
        told = self.record.tasks.get(status.task_id)
        if told is None:
            self.record.problems.append(f"{status.state} of a task nobody ordered: {status.task_id}")
            return
        code = status.exit_code if status.HasField("exit_code") else None
        state = TaskState(status.state)
        heard = Heard(now_ms(), status.uuid, state, status.reason, code, status.timestamp_ms, status.message)
        earlier = next((each for each in told.heard if each.uuid == heard.uuid), None)
        if earlier is not None:
            if (earlier.state, earlier.exit_code, earlier.timestamp_ms) != (state, code, heard.timestamp_ms):
                self.record.problems.append(f"{told.spec.name}: update {heard.uuid} was {earlier}, now it is {heard}")
            return
        if told.state is not None and state not in TRANSITIONS[told.state] and not _answers_repetition(told, heard):
            self.record.problems.append(f"{told.spec.name}: {heard} after {told.heard[-1]}")
        self.updates += 1
        told.heard.append(heard)
        self.record.tell(f"{told.spec.name} {heard}" + (f" ({status.message[:90]})" if heard.terminal else ""))

    async def _acknowledge(self, acks: Acks) -> None:
        luck = 1.0 if self.calm else self._rng.random()
        if luck < 0.1:
            self._kept_acks += acks
            return
        if luck < 0.35:
            self._do_later(self._rng.uniform(0.05, 0.9), lambda: self._send_acks(acks))
            return
        await self._send_acks(acks)
        if luck < 0.42:
            await self._send_acks(acks)

    async def _send_acks(self, acks: Acks) -> None:
        await self._say(acknowledge=pb.AgentEvent.Acknowledge(acks=acks))

    def _do_later(self, seconds: float, what: Callable[[], Any]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            await what()

        task = asyncio.create_task(wait())
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _say(self, epoch: int = 0, **event: Any) -> None:
        """Lost where there is no stream, as on a wire."""
        context = self._context
        if context is None:
            return
        async with self._writing:
            with contextlib.suppress(aio.AioRpcError, aio.UsageError, aio.InternalError, aio.AbortError):
                await context.write(pb.AgentEvent(epoch=epoch or self.epoch, **event))

    async def _run(self, specs: Iterable[Spec], epoch: int = 0) -> None:
        machine = self._machine
        wires = [codec.task_to_wire(task_info(spec, machine.world, machine.marks, machine.volumes)) for spec in specs]
        await self._say(epoch, run=pb.AgentEvent.Run(framework_id=FRAMEWORK, tasks=wires))

    async def order(self, specs: Iterable[Spec]) -> None:
        """Order new tasks, or known ones again."""
        specs = list(specs)
        for spec in specs:
            told = self.record.tasks.setdefault(spec.name, Told(spec))
            told.ordered_ms.append(now_ms())
            told.repeated_after_end |= told.ended
        self.orders += len(specs)
        self._changed()
        await self._run(specs)

    async def order_stale(self, spec: Spec) -> None:
        """An order of a master that leads no more: it is to do nothing, so nobody knows of it."""
        await self._run([spec], self.epoch - 1)

    async def kill(self, name: str) -> None:
        told = self.record.tasks[name]
        told.kills_ms.append(now_ms())
        self.record.tell(f"{name} is to be killed")
        await self._send_kill(told)

    async def _send_kill(self, told: Told) -> None:
        kill = pb.AgentEvent.Kill(framework_id=FRAMEWORK, task_id=told.spec.name, grace_ms=-1)
        await self._say(kill=kill)

    def fail_over(self) -> None:
        """Another master leads: its epoch is higher, all streams of the last one end."""
        self.epoch += 1
        self._context = None
        if self._over is not None:
            self._over.set()

    async def calm_down(self) -> None:
        """Acknowledge what was held back, and all at once from now on."""
        self.calm = True
        acks, self._kept_acks = self._kept_acks, []
        await self._send_acks(acks)

    async def acknowledge_again(self) -> None:
        """Everything ever heard: an acknowledgement may have been lost with its stream."""
        acks = [
            types_pb2.Ack(framework_id=FRAMEWORK, task_id=name, uuid=each.uuid)
            for name, told in self.record.tasks.items()
            for each in told.heard
        ]
        await self._send_acks(acks)


def _answers_repetition(told: Told, heard: Heard) -> bool:
    return told.repeated_after_end and heard.state is TaskState.DROPPED and heard.reason == "DUPLICATE_TASK_ID"
