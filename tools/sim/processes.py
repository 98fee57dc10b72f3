"""A model of the process runtime: tasks outlive the executor, their exit codes do not."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from barter.agent.executor.events import Ended, Held, NotStarted, Order, Pulling, Started, TaskKey
from barter.core.tasks import Reason
from barter.tools.sim.host import Entry, Host
from barter.tools.sim.world import World

Report = Callable[[Pulling | Started | NotStarted | Ended], None]
Later = Callable[[int, Callable[[], None]], None]
SPAWN_US = (300, 3_000)


class SimProcesses:
    """Of one executor's life; `later` runs something after so many microseconds, if the executor still lives."""

    def __init__(self, world: World, host: Host, rng: Random, later: Later, report: Report) -> None:
        self._world, self._host, self._rng = world, host, rng
        self._later, self._report = later, report
        self._queued: dict[TaskKey, Order] = {}
        self._stopped = False

    def start(self) -> list[Held]:
        """The tasks an earlier executor left; their ends will be reported, with an exit code where it was written."""
        held = []
        for entry in self._host.journal.values():
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
            self._host.journal[order.key] = Entry(order)
            self._later(self._rng.randrange(*SPAWN_US), partial(self._spawn, order))

    def end(self, key: TaskKey, *, force: bool) -> None:
        if self._queued.pop(key, None) is not None:
            self._host.journal.pop(key, None)
            self._report(NotStarted(key, Reason.LAUNCH_FAILED, "killed before it started"))
        elif (entry := self._host.journal.get(key)) is not None:
            entry.killing = True
            self._host.signal(key, force=force)

    def release(self, keys: Sequence[TaskKey]) -> None:
        for key in keys:
            self._host.journal.pop(key, None)

    def stop(self) -> None:
        """The executor is no more."""
        self._stopped = True

    def _spawn(self, order: Order) -> None:
        if self._queued.pop(order.key, None) is None:
            return
        self._host.run(order.key, order.task, lambda code: self._gone(order.key, code, code))
        self._report(Started(order.key))

    def _gone(self, key: TaskKey, seen: int | None, exit_code: int) -> None:
        """It ended, with `seen` as its exit code for a parent; an adopted task's is nobody's to know."""
        if not self._stopped:
            self._later(self._rng.randrange(100, 2_000), partial(self._finish, key, seen))

    def _finish(self, key: TaskKey, exit_code: int | None) -> None:
        name = {143: "SIGTERM", 137: "SIGKILL"}.get(exit_code or 0, "")
        end = Ended(key, exit_code, name)
        if (entry := self._host.journal.get(key)) is not None:
            entry.end = end
        self._report(end)
