"""The process runtime: tasks as processes of this machine, each in its own session, sandbox and cgroups.

Their parent is the keeper (agent/runtime/keeper/), which outlives this process and remembers them.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from signal import SIGKILL, SIGTERM

from barter.agent.executor.events import Ended, Held, NotStarted, Order, Sample, Started, TaskKey
from barter.agent.executor.wire import order_from_wire
from barter.agent.runtime import former
from barter.agent.runtime.base import Report, Runtime, RuntimeFailure
from barter.agent.runtime.children import signal_name
from barter.agent.runtime.keeper import wire
from barter.agent.runtime.keeper.notes import Task as FormerTask
from barter.agent.runtime.keeper.wire import Message
from barter.agent.runtime.keeping import Keeping
from barter.agent.runtime.limits import Limits
from barter.agent.runtime.measure import Measurable, measure
from barter.agent.runtime.probe import Probes
from barter.agent.runtime.ran import Ran
from barter.agent.runtime.settings import SettingsFile
from barter.agent.runtime.spawn import no_keeper, refusal
from barter.agent.runtime.start_message import Starter, key_of, name_of
from barter.core.tasks import Reason
from barter.proto.v1 import executor_pb2 as pb

SLICE = 8
# As many starts may be with the keeper: enough that it never waits, few enough that a kill need not wait for many.
UNDER_WAY = 4 * SLICE


@dataclass(slots=True)
class _Task:
    """`message` as long as the keeper has not answered, else the `pid`; `kill` is what it was told last to end it."""

    order: Order
    cgroups: tuple[str, ...]
    program: str = ""
    message: bytes = b""
    kill: bytes = b""
    pid: int = 0
    spares_leader: bool = False


class ProcessRuntime(Runtime):
    """Launches in slices, so that statuses go out and ends are seen while thousands of orders wait."""

    def __init__(self, work_dir: Path, limits: Limits | None = None, settings: SettingsFile | None = None) -> None:
        self._folder = work_dir / "executor"
        self._limits = Limits(work_dir) if limits is None else limits
        self._starter = Starter(work_dir, self._limits, settings or SettingsFile())
        self._keeping = Keeping(self._folder, self._heard, self._back, self._without_keeper)
        self._probes = Probes(self._keeping)
        self._queued: dict[TaskKey, Order] = {}
        self._starting: dict[TaskKey, _Task] = {}
        self._running: dict[TaskKey, _Task] = {}
        self._over: set[TaskKey] = set()
        self._found: list[Held] | None = None
        self._taking_over: asyncio.Task[None] | None = None
        self._report: Report = _nowhere

    async def start(self, report: Report) -> Sequence[Held]:
        self._report = report
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        waiting = await former.begin(self._folder)
        found = self._found = []
        if self._keeping.left_something:
            await self._keeping.until_ready()
        for task in waiting:
            self._hold_former(task)
        self._found = None
        if waiting:
            self._taking_over = asyncio.create_task(self._take_over())
        held = (*self._running.values(), *self._starting.values())
        self._limits.sweep({folder for each in held for folder in each.cgroups})
        return found

    def launch(self, orders: Sequence[Order]) -> None:
        for order in orders:
            self._queued[order.key] = order
        if self._queued:
            asyncio.get_running_loop().call_soon(self._advance)

    def end(self, key: TaskKey, *, force: bool) -> None:
        if self._queued.pop(key, None) is not None:
            self._report(NotStarted(key, Reason.LAUNCH_FAILED, "killed before it started"))
        elif (task := self._running.get(key) or self._starting.get(key)) is not None:
            whole = b"1" if force or not task.spares_leader else b"0"
            task.kill = wire.pack([b"signal", name_of(key), wire.number(SIGKILL if force else SIGTERM), whole])
            self._keeping.write(task.kill)
            if force:
                self._keeping.look()

    def release(self, keys: Sequence[TaskKey]) -> None:
        known = [key for key in keys if key in self._over]
        self._over.difference_update(known)
        if known:
            self._keeping.send(b"forget", *map(name_of, known))

    async def check(self, order: Order, command: str, timeout_ms: int) -> Ran:
        task = self._running.get(order.key)
        try:
            wanted = self._starter.check(order, command, () if task is None else task.cgroups)
        except RuntimeFailure as failure:
            return Ran(None, str(failure))
        return await self._probes.run(wanted, timeout_ms)

    async def measure(self, keys: Sequence[TaskKey]) -> Sequence[Sample]:
        running = [self._running[key] for key in keys if key in self._running]
        wanted = [Measurable(each.order.key, each.pid, each.cgroups) for each in running]
        return await asyncio.get_running_loop().run_in_executor(None, measure, wanted)

    async def close(self) -> None:
        if self._taking_over is not None:
            self._taking_over.cancel()
            await asyncio.wait([self._taking_over])
        idle = not (self._running or self._starting)
        await self._keeping.close(leave=idle)
        if idle:
            self._limits.sweep(set())

    def _advance(self) -> None:
        """Hand a slice of what waits to the keeper, unless it has enough."""
        if not self._queued or len(self._starting) + SLICE > UNDER_WAY:
            return
        if not self._keeping.ready:
            self._keeping.begin()
            return
        messages: list[bytes] = []
        for key in list(islice(self._queued, SLICE)):
            order = self._queued.pop(key)
            try:
                made = self._starter.start(order)
            except RuntimeFailure as failure:
                self._report(NotStarted(key, failure.reason, str(failure)))
                continue
            self._starting[key] = _Task(order, made.cgroups, made.program, made.message, spares_leader=made.wrapped)
            messages.append(made.message)
        self._keeping.write(b"".join(messages))
        if self._queued:
            asyncio.get_running_loop().call_soon(self._advance)

    def _back(self, held: set[bytes]) -> None:
        """A keeper is there: it is told again what its predecessor may not have heard."""
        known = {key_of(name) for name in held}
        for key in [key for key in self._running if key not in known]:
            self._ended(key, None, None)
        again = [task.message for key, task in self._starting.items() if key not in known]
        kills = [task.kill for task in (*self._running.values(), *self._starting.values())]
        self._keeping.write(b"".join((*again, *kills)))
        self._probes.lost()
        self._advance()

    def _without_keeper(self) -> None:
        """What has not been handed over cannot be started."""
        queued, self._queued = self._queued, {}
        for key in queued:
            failure = no_keeper(self._folder)
            self._report(NotStarted(key, failure.reason, str(failure)))

    def _heard(self, message: Message) -> None:
        match message[0]:
            case b"held":
                self._hold(message)
            case b"started":
                self._started(key_of(message[1]), int(message[2]))
            case b"refused":
                self._refused(key_of(message[1]), int(message[2]), message[3].decode())
            case b"ended":
                code = int(message[2]) if message[2] else None
                memory, full = message[4] == b"1", message[5] == b"1"
                self._ended(key_of(message[1]), code, int(message[3]) or None, memory=memory, full=full)
            case b"checked":
                self._probes.checked(message)

    def _hold(self, message: Message) -> None:
        """Of an earlier executor: what became of it follows."""
        if self._found is None:
            return
        order = order_from_wire(pb.ExecutorEvent.LaunchTask.FromString(message[2]))
        cgroups = tuple(folder.decode() for folder in wire.unpack(message[4]))
        # Of a message of older keepers the last part may be missing.
        wrapped = message[5:] == [b"1"]
        program = (order.task.command.argv or ("/bin/sh",))[0]
        self._starting[order.key] = _Task(order, cgroups, program, spares_leader=wrapped)
        self._found.append(Held(order, message[3] == b"1"))

    def _hold_former(self, task: FormerTask) -> None:
        """Until the keeper has it, and tells what became of it."""
        key = key_of(task.name)
        if key not in self._running and key not in self._starting and key not in self._over:
            folders = wire.pack([folder.encode() for folder in task.cgroups])
            self._hold([b"held", task.name, task.order, wire.number(task.killing), folders])

    async def _take_over(self) -> None:
        while former.waits(self._folder):
            await asyncio.sleep(former.AGAIN_S)
            if not self._keeping.connecting:
                await former.begin(self._folder)
        self._keeping.begin()

    def _started(self, key: TaskKey, pid: int) -> None:
        if (task := self._starting.pop(key, None)) is None:
            return
        task.pid, task.message = pid, b""
        self._running[key] = task
        if self._found is None:
            self._report(Started(key))
        self._advance()

    def _refused(self, key: TaskKey, number: int, step: str) -> None:
        if (task := self._starting.pop(key, None)) is None:
            return
        self._over.add(key)
        failure = refusal(task.order, task.program, step, number)
        self._report(NotStarted(key, failure.reason, str(failure)))
        self._advance()

    def _ended(
        self, key: TaskKey, code: int | None, ms: int | None, *, memory: bool = False, full: bool = False
    ) -> None:
        if self._starting.pop(key, None) is not None:
            if self._found is None:
                self._report(Started(key))
        elif self._running.pop(key, None) is None:
            return
        self._over.add(key)
        exit_code, name = (code, "") if code is None or code >= 0 else (128 - code, signal_name(-code))
        self._report(Ended(key, exit_code, name, memory, ms, full))
        self._advance()


def _nowhere(event: object) -> None:
    raise RuntimeError(f"{event} before start()")
