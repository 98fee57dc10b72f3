"""One process: a production core that is fed in batches, that may crash, hang and start again."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Generic, ParamSpec, TypeVar

from barter.core.batch import Batch
from barter.core.machine import Machine
from barter.tools.sim.clock import DriftingClock
from barter.tools.sim.crash import Crashed
from barter.tools.sim.disk import Disk
from barter.tools.sim.world import World

EventT = TypeVar("EventT")
ActionT = TypeVar("ActionT")
GivenP = ParamSpec("GivenP")
SHORTEST_TURN_US, MORE_TURN_US = 50, 350
USUAL_DOWN_US = 1_000_000


class Process(ABC, Generic[EventT, ActionT]):
    """What is not on one of its disks is gone with a crash. `life` counts its starts and ends.

    `ended` hears of each end; whoever starts it again is to wait for `down_us`.

    Events wait for the loop's next turn, as they do in a runner: those that come meanwhile are of one batch.
    """

    def __init__(self, world: World, name: str, host: str) -> None:
        self.world, self.name, self.host = world, name, host
        self.clock = DriftingClock(world)
        self.disk = Disk()
        self.up = False
        self.life = 0
        self.paused_until_us = 0
        self.down_us = USUAL_DOWN_US
        self.ended: Callable[[Process[EventT, ActionT]], None] = lambda _: None
        self.batch: Batch[EventT, ActionT]
        self._rng = world.random(f"process {name}")
        self._turn_us: int | None = None
        self._alarms_us: list[int] = []
        self._put_off: list[Callable[[], None]] = []

    @abstractmethod
    def make(self) -> Machine[EventT, ActionT]:
        """The core as a start makes it, out of what is durable."""

    @abstractmethod
    def perform(self, actions: list[ActionT]) -> None:
        """Carry out a batch's actions; raises Crashed where it dies meanwhile."""

    @abstractmethod
    def stepped(self, events: Sequence[EventT], actions: Sequence[ActionT]) -> None:
        """Tell the world's observers."""

    @abstractmethod
    def lost(self) -> None:
        """The process is no more: its streams end, what it had in memory is gone."""

    def make_clock(self) -> DriftingClock:
        """Of a machine that has just been looked after."""
        return DriftingClock(self.world)

    def start(self) -> None:
        if self.up:
            return
        self.life += 1
        self.up = True
        self.clock = self.make_clock()
        self.paused_until_us = 0
        self._turn_us = None
        self._alarms_us = []
        self._put_off = []
        self.disk.calm()
        try:
            self.batch = Batch(self.make())
        except Crashed as crashed:
            self.crash(str(crashed))
            return
        for see in self.world.seen.process_started:
            see(self)
        self.plan()

    def crash(self, reason: str) -> None:
        if not self.up:
            return
        self.up = False
        self.life += 1
        for see in self.world.seen.process_ended:
            see(self, reason)
        self.lost()
        self.ended(self)

    def pause(self, us: int) -> None:
        """It gets no processor for this long, as after SIGSTOP; what comes meanwhile waits."""
        self.paused_until_us = max(self.paused_until_us, self.world.now_us + us)

    def resume(self) -> None:
        """As after SIGCONT."""
        if self.paused_until_us > self.world.now_us:
            self.paused_until_us = 0
            self._turn_us = None
            self._turn_at(self.world.now_us + SHORTEST_TURN_US)
            self._catch_up(self.life)

    def post(self, event: EventT) -> None:
        if self.up:
            self.batch.post(event)
            self._turn_at(self.world.now_us + SHORTEST_TURN_US + int(self._rng.random() * MORE_TURN_US))

    def within_life(self, call: Callable[GivenP, None]) -> Callable[GivenP, None]:
        """`call`, unless this life has ended by then; late where the process is paused, and it may crash in it."""
        life = self.life

        def run(*args: GivenP.args, **named: GivenP.kwargs) -> None:
            self._run(life, partial(call, *args, **named))

        return run

    def _run(self, life: int, call: Callable[[], None]) -> None:
        if life != self.life:
            return
        if self.paused_until_us > self.world.now_us:
            if not self._put_off:
                self.world.at(self.paused_until_us, partial(self._catch_up, life))
            self._put_off.append(call)
            return
        try:
            call()
        except Crashed as crashed:
            self.crash(str(crashed))

    def _catch_up(self, life: int) -> None:
        """What was due while it was paused, in order."""
        if life == self.life:
            calls, self._put_off = self._put_off, []
            for call in calls:
                self._run(life, call)

    def plan(self) -> None:
        """Have a turn when the machine wants one."""
        soonest = self.world.now_us + SHORTEST_TURN_US
        if self.batch.waiting:
            self._turn_at(soonest)
            return
        wakeup = self.batch.wakeup
        if wakeup is not None:
            self._turn_at(max(self.clock.when(wakeup), soonest))

    def _turn_at(self, us: int) -> None:
        """Have a turn at this time or earlier; of the alarms that were set the first is enough to look again."""
        if self._turn_us is None or us < self._turn_us:
            self._turn_us = us
            self._set_alarm(us)

    def _set_alarm(self, us: int) -> None:
        if not self._alarms_us or us < self._alarms_us[-1]:
            self._alarms_us.append(us)
            self.world.at(us, partial(self._ring, self.life))

    def _ring(self, life: int) -> None:
        if life != self.life:
            return
        now = self._alarms_us.pop()
        due = self._turn_us
        if due is None:
            return
        if self.paused_until_us > now:
            due = self.paused_until_us
        if due > now:
            self._set_alarm(due)
        else:
            self._turn_us = None
            self._turn()

    def _turn(self) -> None:
        events = self.batch.waiting
        actions = self.batch.turn(self.clock.now())
        try:
            self.stepped(events, actions)
            if actions:
                self.perform(actions)
        except Crashed as crashed:
            self.crash(str(crashed))
        if self.up:
            self.plan()
