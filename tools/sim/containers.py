"""A docker runtime: the production core with a model of the engine below it."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from barter.agent.containers import actions as act
from barter.agent.containers import events as ev
from barter.agent.containers.machine import Containers
from barter.agent.executor.events import Ended, Held, Order, TaskKey
from barter.core.batch import Batch
from barter.tools.sim.engine import Engine
from barter.tools.sim.world import World

TURN_US = 100
CLOSE_US = 8_000_000
_SIGNALS = {143: "SIGTERM", 137: "SIGKILL"}
Report = Callable[[ev.RuntimeEvent], None]
Later = Callable[[int, Callable[[], None]], None]


class SimContainers:
    """Of one executor's life; `later` runs something after so many microseconds, if the executor still lives."""

    def __init__(self, world: World, engine: Engine, later: Later) -> None:
        self._world = world
        self._engine = engine
        self._later = later
        self._batch: Batch[ev.Event, act.Action] = Batch(Containers())
        self._turn_us: int | None = None
        self._stopped = False
        self._watcher = 0
        self._report: Report
        self._held: Callable[[list[Held]], None]
        self._closed: Callable[[], None] = lambda: None

    def start(self, report: Report, held: Callable[[list[Held]], None]) -> None:
        """`held` is called once, when the engine has told what earlier executors left; `report` only after that."""
        self._report, self._held = report, held
        self._turn_at(self._world.now_us)

    def launch(self, orders: Sequence[Order]) -> None:
        self._post(ev.Launch(tuple(orders)))

    def end(self, key: TaskKey, *, force: bool) -> None:
        self._post(ev.End(key, force))

    def release(self, keys: Sequence[TaskKey]) -> None:
        self._post(ev.Release(tuple(keys)))

    def close(self, closed: Callable[[], None]) -> None:
        """The executor ends in order: `closed` is called when what is being removed is gone, or after 8 s."""
        self._closed = closed
        self._post(ev.Close())
        self._later(CLOSE_US, self._close)

    def stop(self) -> None:
        """The executor is no more; its containers go on."""
        self._stopped = True
        self._engine.unwatch(self._watcher)

    def _close(self) -> None:
        if not self._stopped:
            self.stop()
            self._closed()

    def _post(self, event: ev.Event) -> None:
        if not self._stopped:
            self._batch.post(event)
            self._turn_at(self._world.now_us + TURN_US)

    def _turn_at(self, us: int) -> None:
        if self._turn_us is None or us < self._turn_us:
            self._turn_us = us
            self._later(max(us - self._world.now_us, 0), lambda: self._turn(us))

    def _turn(self, us: int) -> None:
        if self._stopped or us != self._turn_us:
            return
        self._turn_us = None
        for action in self._batch.turn(self._world.now_us // 1000):
            self._perform(action)
        wakeup = self._batch.machine.next_wakeup()
        if wakeup is not None:
            self._turn_at(max(wakeup * 1000, self._world.now_us + TURN_US))

    def _perform(self, action: act.Action) -> None:
        match action:
            case act.Report(event=Ended() as end):
                self._report(replace(end, signal=_SIGNALS.get(end.exit_code or 0, "")))
            case act.Report():
                self._report(action.event)
            case act.Recovered():
                self._held(list(action.held))
            case act.Watch():
                self._watcher = self._engine.watch(self._post)
            case act.Closed():
                self._close()
            case act.CancelPull() | act.Log():
                return
            case _:
                self._engine.call(action, self._post)
