"""A model of the process runtime: tasks outlive the executor, their exit codes do not."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from random import Random

from barter.agent.executor.events import Ended, Held, NotStarted, Order, Pulling, Started, TaskKey
from barter.core.tasks import Reason
from barter.tools.sim.host import Host
from barter.tools.sim.world import World

Report = Callable[[Pulling | Started | NotStarted | Ended], None]
Later = Callable[[int, Callable[[], None]], None]
SPAWN_US = (300, 3_000)
REAP_US = (100, 2_000)
TURN_US = 100
SLICE = 8


class SimProcesses:
    """Of one executor's life; `later` runs something after so many microseconds, if the executor still lives.

    As the runtime, it starts tasks in slices: those of one are written down first, and reported when all have started.
    """

    def __init__(self, world: World, host: Host, rng: Random, later: Later, report: Report) -> None:
        self._world, self._host, self._rng = world, host, rng
        self._later, self._report = later, report
        self._queued: dict[TaskKey, Order] = {}
        self._slice: dict[TaskKey, Order] = {}
        self._stopped = False

    def start(self) -> list[Held]:
        """The tasks an earlier executor left; their ends will be reported, with an exit code where it was written."""
        held = []
        for entry in self._host.journal.entries():
            held.append(Held(entry.order, entry.killing))
            key = entry.order.key
            running = self._host.tasks.get(key)
            if entry.end is not None:
                self._later(0, partial(self._report, entry.end))
            elif running is None:
                self._finish(key, None)
            else:
                running.ended = partial(self._gone, key, None)
        return held

    def launch(self, orders: Sequence[Order]) -> None:
        for order in orders:
            self._queued[order.key] = order
        self._go_on()

    def end(self, key: TaskKey, *, force: bool) -> None:
        if self._queued.pop(key, None) is not None:
            self._report(NotStarted(key, Reason.LAUNCH_FAILED, "killed before it started"))
        elif key in self._slice:
            self._when_started(partial(self.end, key, force=force))
        elif (entry := self._host.journal.find(key)) is not None and entry.end is None:
            self._host.journal.killing(entry)
            self._host.signal(key, force=force)

    def release(self, keys: Sequence[TaskKey]) -> None:
        self._host.journal.forget(keys)

    def stop(self) -> None:
        """The executor is no more."""
        self._stopped = True

    def _go_on(self) -> None:
        if self._queued and not self._slice:
            self._slice = dict(islice(self._queued.items(), SLICE))
            self._later(TURN_US, self._intend)

    def _intend(self) -> None:
        """Those that were killed meanwhile are not started."""
        self._slice = {key: order for key, order in self._slice.items() if self._queued.pop(key, None) is not None}
        for order in self._slice.values():
            self._host.journal.intend(order)
        self._spawn_next(deque(self._slice.values()))

    def _spawn_next(self, orders: deque[Order]) -> None:
        if orders:
            self._later(self._rng.randrange(*SPAWN_US), partial(self._spawn, orders))
            return
        started, self._slice = self._slice, {}
        for key in started:
            self._report(Started(key))
        self._go_on()

    def _spawn(self, orders: deque[Order]) -> None:
        order = orders.popleft()
        self._host.run(order.key, order.task, lambda code: self._gone(order.key, code, code))
        self._spawn_next(orders)

    def _when_started(self, call: Callable[[], None]) -> None:
        """Its loop sees nothing else before a slice has started."""
        self._later(SPAWN_US[1], call)

    def _gone(self, key: TaskKey, seen: int | None, exit_code: int) -> None:
        """It ended, with `seen` as its exit code for a parent; an adopted task's is nobody's to know."""
        if not self._stopped:
            self._later(self._rng.randrange(*REAP_US), partial(self._finish, key, seen))

    def _finish(self, key: TaskKey, exit_code: int | None) -> None:
        if key in self._slice:
            self._when_started(partial(self._finish, key, exit_code))
            return
        name = {143: "SIGTERM", 137: "SIGKILL"}.get(exit_code or 0, "")
        end = Ended(key, exit_code, name)
        self._host.journal.ended(end)
        self._report(end)
