"""A machine: what really runs on it, whatever anybody believes."""

from collections.abc import Callable
from functools import partial

from barter.agent.executor.events import NotStarted, Order
from barter.agent.executor.events import TaskKey as ExecutorKey
from barter.agent.facts import TaskKey
from barter.core.tasks import TaskInfo
from barter.tools.sim.behaviour import Behaviour
from barter.tools.sim.engine import Engine
from barter.tools.sim.keeper import SimKeeper
from barter.tools.sim.running import Running
from barter.tools.sim.world import SECOND_US, World

SIGTERM_CODE, SIGKILL_CODE = 143, 137
_TERM_US = (1_000, 50_000)


class Host:
    """`tasks` is the ground truth, `keeper` the parent of processes, `pending` what waits for artifacts."""

    def __init__(self, world: World, name: str, behaviour: Behaviour) -> None:
        self.world, self.name = world, name
        self.behaviour = behaviour
        self.engine: Engine | None = None
        self.tasks: dict[TaskKey, Running] = {}
        self.keeper = SimKeeper(world, self)
        self.pending: dict[ExecutorKey, tuple[Order, NotStarted | None]] = {}
        self.lost_power_us = -1
        self._rng = world.random(f"host {name}")
        self._uses = world.random(f"use {name}")

    def run(self, key: TaskKey, task: TaskInfo, ended: Callable[[int], None]) -> Running:
        """Start it; `ended` is called once, also when the machine crashes."""
        run = self.behaviour(task)
        running = self.tasks[key] = Running(task, ended, run.deaf, not run.sick)
        for see in self.world.seen.task_started:
            see(self, key, task)
        if run.seconds is not None:
            self.world.after(int(run.seconds * SECOND_US), partial(self._over, key, running, run.exit_code))
        return running

    def signal(self, key: TaskKey, *, force: bool) -> None:
        """SIGTERM, after which most end soon, or SIGKILL."""
        running = self.tasks.get(key)
        if running is None or (running.deaf and not force):
            return
        code = SIGKILL_CODE if force else SIGTERM_CODE
        self.world.after(self._rng.randrange(*_TERM_US), partial(self._over, key, running, code))

    def end(self, key: TaskKey, exit_code: int) -> None:
        """It ends now, by itself."""
        if (running := self.tasks.get(key)) is not None:
            self._over(key, running, exit_code)

    def used(self, key: TaskKey) -> tuple[int, int] | None:
        """All the cpu time it ever had in microseconds, and the bytes it holds."""
        running = self.tasks.get(key)
        return None if running is None else running.use.look(running.task, self.world.now_us, self._uses)

    def crash(self) -> None:
        """Power is lost, and every task ends."""
        self.lost_power_us = self.world.now_us
        # Of another boot nothing of it counts.
        self.pending.clear()
        if self.engine is not None:
            self.engine.crash()
        self.keeper.crash()
        for key in list(self.tasks):
            self.end(key, SIGKILL_CODE)
        self.keeper.notes.lose_power(self._rng)

    def boot(self) -> None:
        if self.engine is not None:
            self.engine.boot()

    def _over(self, key: TaskKey, running: Running, exit_code: int) -> None:
        if running.over:
            return
        running.over = True
        del self.tasks[key]
        for see in self.world.seen.task_ended:
            see(self, key, exit_code)
        running.ended(exit_code)
