"""A model of the process runtime: tasks are the keeper's children, and outlive the executor that asked for them."""

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
TURN_US = 100
KEEPER_BOOTS_US = (100_000, 400_000)
SLICE = 8


class SimProcesses:
    """Of one executor's life; `later` runs something after so many microseconds, if the executor still lives.

    As the runtime, it hands orders to the keeper in slices, and tells one that comes anew what it may not have heard.
    """

    def __init__(self, world: World, host: Host, rng: Random, later: Later, report: Report) -> None:
        self._world, self._host, self._rng = world, host, rng
        self._later, self._report = later, report
        self._queued: dict[TaskKey, Order] = {}
        self._starting: dict[TaskKey, Order] = {}
        self._running: dict[TaskKey, None] = {}
        self._found: dict[TaskKey, None] = {}
        self._handing = False
        self._stopped = False

    def start(self) -> list[Held]:
        """The tasks an earlier executor left; what becomes of them will be reported."""
        entries = self._host.keeper.notes.entries()
        if entries:
            self._host.keeper.boot()
        for entry in entries:
            self._starting[entry.order.key] = entry.order
            self._found[entry.order.key] = None
        held = [Held(entry.order, entry.killing) for entry in entries]
        if self._host.keeper.up:
            self._attach()
        return held

    def launch(self, orders: Sequence[Order]) -> None:
        for order in orders:
            self._queued[order.key] = order
        self._go_on()

    def end(self, key: TaskKey, *, force: bool) -> None:
        if self._queued.pop(key, None) is not None:
            self._report(NotStarted(key, Reason.LAUNCH_FAILED, "killed before it started"))
        elif key in self._starting or key in self._running:
            self._host.keeper.signal(key, force=force)

    def release(self, keys: Sequence[TaskKey]) -> None:
        self._host.keeper.forget(keys)

    def stop(self) -> None:
        """The executor is no more."""
        self._stopped = True
        self._host.keeper.detach()

    def _go_on(self) -> None:
        if self._queued and not self._handing:
            self._handing = True
            self._later(TURN_US, self._hand_over)

    def _hand_over(self) -> None:
        """Those that were killed meanwhile are not started."""
        self._handing = False
        keeper = self._host.keeper
        if not keeper.up:
            keeper.boot()
            self._attach()
        chosen = dict(islice(self._queued.items(), SLICE))
        for key in chosen:
            del self._queued[key]
        self._starting.update(chosen)
        keeper.start(tuple(chosen.values()))
        self._go_on()

    def _attach(self) -> None:
        self._host.keeper.attach(self._hear, self._keeper_gone)

    def _hear(self, event: Started | Ended) -> None:
        if not self._stopped:
            self._later(0, partial(self._heard, event))

    def _heard(self, event: Started | Ended) -> None:
        found = self._found.pop(event.key, 0) is None
        starting = self._starting.pop(event.key, None) is not None
        if isinstance(event, Started):
            if starting:
                self._running[event.key] = None
                if not found:
                    self._report(event)
        elif starting or self._running.pop(event.key, 0) is None:
            if starting and not found:
                self._report(Started(event.key))
            self._report(event)

    def _keeper_gone(self) -> None:
        if not self._stopped:
            self._later(self._rng.randrange(*KEEPER_BOOTS_US), self._keeper_back)

    def _keeper_back(self) -> None:
        """Another one is there: it is told again what its predecessor may not have heard."""
        keeper = self._host.keeper
        keeper.boot()
        self._attach()
        known = {entry.order.key for entry in keeper.notes.entries()}
        for key in [key for key in self._running if key not in known]:
            del self._running[key]
            self._report(Ended(key, None))
        again = [order for key, order in self._starting.items() if key not in known]
        if again:
            keeper.start(again)
