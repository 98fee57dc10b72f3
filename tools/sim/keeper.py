"""A model of the keeper: the parent of a machine's process tasks, which outlives their executors and may die itself."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from barter.agent.executor.events import Ended, Order, Started, TaskKey
from barter.agent.facts import TaskKey as HostKey
from barter.core.tasks import TaskInfo
from barter.tools.sim.crash import Crashed
from barter.tools.sim.disk import Disk
from barter.tools.sim.journal import Journal
from barter.tools.sim.running import Running
from barter.tools.sim.world import START_MS, World

Hear = Callable[[Started | Ended], None]
SPAWN_US = (300, 3_000)
REAP_US = (100, 2_000)
WIRE_US = 100
STILL_TOLD = 0.7
"""How often the kernel still says how a process ended whose parent has died."""
_SIGNALS = {143: "SIGTERM", 137: "SIGKILL"}


class Machine(Protocol):
    """What a keeper starts processes on."""

    name: str
    tasks: dict[HostKey, Running]

    def run(self, key: HostKey, task: TaskInfo, ended: Callable[[int], None]) -> Running: ...

    def signal(self, key: HostKey, *, force: bool) -> None: ...


class SimKeeper:
    """Writes each intent, kill, start and end down before it says so. `hear` is its executor's end of their stream, as
    long as there is one; `gone` tells that of the keeper's end.
    """

    def __init__(self, world: World, host: Machine) -> None:
        self.up = False
        self.notes = Journal()
        self.disk = Disk()
        self._world, self._host = world, host
        self._rng = world.random(f"keeper {host.name}")
        self._life = 0
        self._hear: Hear | None = None
        self._gone: Callable[[], None] = lambda: None

    def boot(self) -> None:
        """It takes over what an earlier one left; how that ends may not be known."""
        if self.up:
            return
        self.up = True
        self._life += 1
        self.disk.calm()
        for entry in self.notes.entries():
            key = entry.order.key
            running = self._host.tasks.get(key)
            if entry.end is not None:
                continue
            if running is None:
                self._within(0, partial(self._finish, key, None, None))
            else:
                running.ended = partial(self._adopted_ended, key)

    def attach(self, hear: Hear, gone: Callable[[], None]) -> None:
        """The executor there is now; it is told what became of all that is held."""
        self._hear, self._gone = hear, gone
        for entry in self.notes.entries():
            if entry.end is not None:
                self._say(entry.end)
            elif entry.order.key in self._host.tasks:
                self._say(Started(entry.order.key))

    def detach(self) -> None:
        self._hear, self._gone = None, lambda: None

    def crash(self) -> None:
        """As by kill -9: its tasks go on without a parent."""
        if not self.up:
            return
        self.up = False
        self._life += 1
        for key, running in self._host.tasks.items():
            if self.notes.find(TaskKey(*key)) is not None:
                running.ended = _nobody
        gone = self._gone
        self.detach()
        self._world.after(WIRE_US, gone)

    def start(self, orders: Sequence[Order]) -> None:
        self._within(WIRE_US, partial(self._intend, orders))

    def signal(self, key: TaskKey, *, force: bool) -> None:
        self._within(WIRE_US, partial(self._signal, key, force=force))

    def forget(self, keys: Sequence[TaskKey]) -> None:
        self._within(WIRE_US, partial(self._write, partial(self.notes.forget, keys)))

    def _within(self, us: int, call: Callable[[], None]) -> None:
        life = self._life

        def run() -> None:
            if life != self._life or not self.up:
                return
            try:
                call()
            except Crashed:
                self.crash()

        self._world.after(us, run)

    def _write(self, note: Callable[[], None]) -> None:
        self.disk.write(note)

    def _intend(self, orders: Sequence[Order]) -> None:
        """What it knows already it only tells again."""
        fresh = [order for order in orders if self.notes.find(order.key) is None]
        for order in orders:
            if (known := self.notes.find(order.key)) is not None and known.end is not None:
                self._say(known.end)
            elif order.key in self._host.tasks:
                self._say(Started(order.key))
        if fresh:
            self._write(partial(self._note_all, fresh))
            self._spawn_next(deque(fresh), [order.key for order in fresh])

    def _note_all(self, orders: Sequence[Order]) -> None:
        for order in orders:
            self.notes.intend(order)

    def _spawn_next(self, orders: deque[Order], slice_: Sequence[TaskKey]) -> None:
        if orders:
            self._within(self._rng.randrange(*SPAWN_US), partial(self._spawn, orders, slice_))
            return
        for key in slice_:
            self._say(Started(key))

    def _spawn(self, orders: deque[Order], slice_: Sequence[TaskKey]) -> None:
        order = orders.popleft()
        self._host.run(order.key, order.task, partial(self._ended, order.key))
        self._spawn_next(orders, slice_)

    def _signal(self, key: TaskKey, *, force: bool) -> None:
        entry = self.notes.find(key)
        if entry is not None and entry.end is None:
            if not entry.killing:
                self._write(partial(self.notes.killing, entry))
            self._host.signal(key, force=force)

    def _ended(self, key: TaskKey, code: int) -> None:
        at_ms = START_MS + self._world.now_us // 1000
        self._within(self._rng.randrange(*REAP_US), partial(self._finish, key, code, at_ms))

    def _adopted_ended(self, key: TaskKey, code: int) -> None:
        if self._rng.random() < STILL_TOLD:
            self._ended(key, code)
        else:
            self._within(self._rng.randrange(*REAP_US), partial(self._finish, key, None, None))

    def _finish(self, key: TaskKey, code: int | None, at_ms: int | None) -> None:
        end = Ended(key, code, _SIGNALS.get(code or 0, ""), ended_ms=at_ms)
        self._write(partial(self.notes.ended, end))
        self._say(end)

    def _say(self, event: Started | Ended) -> None:
        hear = self._hear
        if hear is not None:
            self._world.after(WIRE_US, partial(hear, event))


def _nobody(_: int) -> None:
    """No parent is there to see it."""
