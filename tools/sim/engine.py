"""A model of a container engine: slow, failing, silent after the deed, dying, as engines are."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from barter.agent.containers import actions as act
from barter.agent.containers import events as ev
from barter.agent.containers.answers import failed
from barter.agent.containers.events import Seen, Standing, Trouble
from barter.agent.executor.events import Order, TaskKey
from barter.core.tasks import TaskInfo
from barter.tools.sim.disk import Doom
from barter.tools.sim.world import World

Hear = Callable[[ev.Event], None]
UNKNOWN = 255
FORGETS = 0.03
_MS = 1_000
_COSTS_US: dict[type[act.Call], tuple[int, int]] = {
    act.Create: (20 * _MS, 90 * _MS),
    act.Start: (30 * _MS, 120 * _MS),
    act.Pull: (500 * _MS, 20_000 * _MS),
    act.Inspect: (1 * _MS, 8 * _MS),
    act.List: (2 * _MS, 20 * _MS),
    act.Kill: (2 * _MS, 15 * _MS),
    act.Remove: (20 * _MS, 80 * _MS),
    act.CopyLogs: (2 * _MS, 15 * _MS),
}
_WIRE_US = (200, 2 * _MS)
STALE_MS, LATE_US = 5_000, (1_000 * _MS, 30_000 * _MS)
CHANGES = (act.Create, act.Start, act.Remove)


class Ground(Protocol):
    """Where containers run: a machine."""

    def run(self, key: TaskKey, task: TaskInfo, ended: Callable[[int], None]) -> object:
        """From now on it runs; `ended` hears its exit code, once."""

    def signal(self, key: TaskKey, *, force: bool) -> None:
        """SIGTERM, or SIGKILL with `force`."""


@dataclass(slots=True, eq=False)
class Held:
    """A container. `restored`: it was running when its engine came back, which ends no log of it that is followed.

    `forgotten`: its engine lost sight of it, and says that it runs for ever.
    """

    container: str
    order: Order
    standing: Standing = Standing.CREATED
    exit_code: int | None = None
    ended_ms: int | None = None
    restored: bool = False
    forgotten: bool = False
    on_exit: list[Callable[[], None]] = field(default_factory=list)


class Engine:
    """Of one machine, used by its executors in turn.

    `slowness` multiplies what a call takes, but for pulls, which wait for a registry. `errors` and `losses` are shares:
    of calls refused, and of calls done whose answer is lost and of news not told. The share it `lies` about it refuses
    though done, or shows as it was some seconds ago; the share it is `late` with it does after the caller gave up.

    With `live_restore` containers survive their engine, which `forgets` a share of them, without it the engine ends
    them as it boots.
    """

    def __init__(self, world: World, name: str, ground: Ground) -> None:
        self.name = name
        self.up = True
        self.slowness = 1
        self.errors = 0.0
        self.losses = 0.0
        self.lies = 0.0
        self.forgets = FORGETS
        self.late = 0.0
        self.refuses_pulls = False
        self.images: dict[str, None] = {}
        self.containers: dict[str, Held] = {}
        self._world = world
        self._ground = ground
        self._doom: Doom | None = None
        self._rng = world.random(f"engine {name}")
        self._liar = world.random(f"lies {name}")
        self.live_restore = self._rng.random() < 0.5
        self._by_id: dict[str, Held] = {}
        self._made = 0
        self.died: Callable[[], None] = self.crash
        self._calls: dict[int, tuple[act.Call, Hear]] = {}
        self._asked = 0
        self._watching: dict[int, tuple[Hear, int]] = {}

    def crash(self) -> None:
        """As by kill -9: every call under way loses its answer, the news end."""
        if not self.up:
            return
        self.up = False
        calls, self._calls = self._calls, {}
        for call, answer in calls.values():
            self._say(answer, failed(call, Trouble.LOST, "the connection was reset"))
        watching, self._watching = self._watching, {}
        for hear, _ in watching.values():
            self._say(hear, ev.EngineLost("the connection was reset"))

    def arm(self, doom: Doom) -> None:
        """It dies with the next change of what it holds: before that is so, or right after."""
        self._doom = doom

    def calm(self) -> None:
        self._doom = None

    def boot(self) -> None:
        if self.up:
            return
        self.up, self._doom = True, None
        for held in self.containers.values():
            if held.standing is Standing.RUNNING:
                held.restored = True
                held.forgotten = self.live_restore and self._rng.random() < self.forgets
                if not self.live_restore:
                    self._ground.signal(held.order.key, force=True)

    def watch(self, hear: Hear) -> int:
        """EngineConnected and then each Died, until EngineLost or `unwatch` with the number returned."""
        self._asked += 1
        if self.up:
            self._watching[self._asked] = (hear, 0)
            self._tell(self._asked, ev.EngineConnected())
        else:
            self._say(hear, ev.EngineLost("connection refused"))
        return self._asked

    def unwatch(self, watcher: int) -> None:
        self._watching.pop(watcher, None)

    def call(self, call: act.Call, answer: Hear) -> None:
        """Do it after a while, and some time later answer; a Kill that succeeds is not answered."""
        if not self.up:
            self._say(answer, failed(call, Trouble.AWAY, "connection refused"))
            return
        self._asked += 1
        self._calls[self._asked] = (call, answer)
        took = self._rng.randrange(*_COSTS_US[type(call)])
        if not isinstance(call, act.Pull):
            took *= self.slowness
        self._world.after(took, partial(self._do, self._asked))

    def _do(self, number: int) -> None:
        if number not in self._calls:
            return
        call, _ = self._calls[number]
        if self.errors and self._rng.random() < self.errors:
            self._answer(number, failed(call, Trouble.REFUSED, "500 internal server error"))
            return
        if self.late and isinstance(call, CHANGES) and self._liar.random() < self.late:
            self._put_off(number, call)
            return
        if self._doom is not None and isinstance(call, CHANGES):
            doom, self._doom = self._doom, None
            if doom is not Doom.BEFORE_SYNC:
                self._carry_out(number, call)
            self.died()
            return
        self._carry_out(number, call)

    def _put_off(self, number: int, call: act.Call) -> None:
        """The caller waits no longer; it is done all the same."""
        _, answer = self._calls.pop(number)
        self._say(answer, failed(call, Trouble.LOST, "read timed out"))
        self._asked += 1
        again = self._asked
        self._calls[again] = (call, _nobody)
        self._world.after(self._liar.randrange(*LATE_US), partial(self._late, again, call))

    def _late(self, number: int, call: act.Call) -> None:
        if number in self._calls:
            self._carry_out(number, call)

    def _carry_out(self, number: int, call: act.Call) -> None:
        match call:
            case act.Create():
                self._answer(number, self._create(call.order))
            case act.Start():
                self._answer(number, self._start(call))
            case act.Pull():
                self._answer(number, self._pull(call))
            case act.Inspect():
                held = self.containers.get(call.container) or self._by_id.get(call.container)
                self._answer(number, ev.Inspected(call.key, None if held is None else self._shown(held)))
            case act.List():
                found = [self._shown(held, listed=True) for held in self.containers.values()]
                self._answer(number, ev.Listed(call.number, found))
            case act.Kill():
                self._kill(number, call)
            case act.Remove():
                self._remove(number, call.container)
            case act.CopyLogs():
                self._copy(number, call)

    def _create(self, order: Order) -> ev.Event:
        if order.task.container is None or order.task.container.image not in self.images:
            return ev.CreateFailed(order.key, Trouble.IMAGE_MISSING, "no such image")
        if order.container_name in self.containers:
            return ev.CreateFailed(order.key, Trouble.NAME_TAKEN, f"{order.container_name} is in use")
        self._made += 1
        held = Held(f"{self.name}-{self._made}", order)
        self.containers[order.container_name] = self._by_id[held.container] = held
        return ev.Created(order.key, held.container)

    def _start(self, call: act.Start) -> ev.Event:
        held = self._by_id.get(call.container)
        if held is None:
            return ev.StartFailed(call.key, Trouble.REFUSED, "no such container")
        if held.standing is not Standing.RUNNING:
            # An engine starts an ended container once more, if asked.
            held.standing, held.exit_code = Standing.RUNNING, None
            self._ground.run(held.order.key, held.order.task, partial(self._exited, held))
        return ev.StartDone(call.key)

    def _pull(self, call: act.Pull) -> ev.Event:
        if self.refuses_pulls:
            return ev.PullFailed(call.number, "the registry does not answer")
        self.images[call.image] = None
        return ev.PullDone(call.number)

    def _kill(self, number: int, call: act.Kill) -> None:
        del self._calls[number]
        held = self._by_id.get(call.container)
        if held is not None and held.standing is Standing.RUNNING:
            self._ground.signal(held.order.key, force=call.signal == "SIGKILL")

    def _remove(self, number: int, container: str) -> None:
        held = self._by_id.get(container)
        if held is not None and held.standing is Standing.RUNNING:
            held.on_exit.append(partial(self._remove_ended, number, container))
            self._ground.signal(held.order.key, force=True)
            return
        self._remove_ended(number, container)

    def _remove_ended(self, number: int, container: str) -> None:
        if number in self._calls:
            if (held := self._by_id.pop(container, None)) is not None:
                del self.containers[held.order.container_name]
            self._answer(number, ev.Removed(container))

    def _copy(self, number: int, call: act.CopyLogs) -> None:
        held = self._by_id.get(call.container)
        copied = partial(self._answer, number, ev.LogsCopied(call.container, whole=True))
        if not call.follow or held is None or held.standing is not Standing.RUNNING:
            copied()
        elif not held.restored:
            held.on_exit.append(copied)

    def _exited(self, held: Held, code: int) -> None:
        """An end while the engine is away leaves no exit code behind."""
        held.standing, held.exit_code = Standing.EXITED, code if self.up else UNKNOWN
        held.ended_ms = self._world.now_ms
        waiting, held.on_exit = held.on_exit, []
        if not self.up:
            return
        for call in waiting:
            call()
        for number in list(self._watching):
            if not held.forgotten and not (self.losses and self._rng.random() < self.losses):
                self._tell(number, ev.Died(held.order.key, code, held.ended_ms))

    def _answer(self, number: int, event: ev.Event) -> None:
        if (asked := self._calls.get(number)) is None:
            return
        if self.losses and self._rng.random() < self.losses:
            event = failed(asked[0], Trouble.LOST, "read timed out")
        elif self.lies and isinstance(asked[0], CHANGES) and self._liar.random() < self.lies:
            event = failed(asked[0], Trouble.REFUSED, "500 internal server error")
        self._world.after(self._rng.randrange(*_WIRE_US), partial(self._answered, number, event))

    def _answered(self, number: int, event: ev.Event) -> None:
        if (asked := self._calls.pop(number, None)) is not None:
            asked[1](event)

    def _tell(self, watcher: int, event: ev.Event) -> None:
        """News keep their order, and are lost with the engine."""
        hear, last = self._watching[watcher]
        due = max(self._world.now_us + self._rng.randrange(*_WIRE_US) * self.slowness, last)
        self._watching[watcher] = (hear, due)
        self._world.at(due, partial(self._told, watcher, event))

    def _told(self, watcher: int, event: ev.Event) -> None:
        if (watching := self._watching.get(watcher)) is not None:
            watching[0](event)

    def _shown(self, held: Held, *, listed: bool = False) -> Seen:
        """A liar shows one that has just ended as running still."""
        just = held.ended_ms is not None and self._world.now_ms - held.ended_ms < STALE_MS
        if just and self.lies and held.standing is Standing.EXITED and self._liar.random() < self.lies:
            return Seen(held.container, Standing.RUNNING, held.order)
        return _seen(held, listed=listed)

    def _say(self, hear: Hear, event: ev.Event) -> None:
        self._world.after(self._rng.randrange(*_WIRE_US), partial(hear, event))


def _nobody(_: ev.Event) -> None:
    """Who asked has gone."""


def _seen(held: Held, *, listed: bool = False) -> Seen:
    if held.forgotten and held.standing is Standing.EXITED:
        return Seen(held.container, Standing.RUNNING, held.order, vanished=not listed)
    if listed:
        return Seen(held.container, held.standing, held.order)
    return Seen(held.container, held.standing, held.order, held.exit_code, ended_ms=held.ended_ms)
