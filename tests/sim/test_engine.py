"""The docker runtime's core with a model of the engine below it, and the model itself."""

from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from barter.agent.containers import actions as act
from barter.agent.containers import events as ev
from barter.agent.containers.events import RuntimeEvent, Trouble
from barter.agent.executor.events import Ended, Held, NotStarted, Order, Pulling, Started, TaskKey
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.tasks import Container, TaskInfo
from barter.tools.sim.containers import SimContainers
from barter.tools.sim.disk import Doom
from barter.tools.sim.engine import UNKNOWN, Engine
from barter.tools.sim.world import START_MS, World

SECOND = 1_000_000
IMAGE = "img:1"


def order(name: str) -> Order:
    info = TaskInfo(TaskId(name), name, resources(cpus=100), container=Container(IMAGE))
    return Order(FrameworkId("f"), info, f"/sandbox/{name}", f"barter.a.f.{name}")


class Machine:
    """Counts the runs of each task; SIGTERM ends one after a moment, SIGKILL at once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.runs: Counter[TaskKey] = Counter()
        self.codes: dict[TaskKey, int] = {}
        self.running: dict[TaskKey, Callable[[int], None]] = {}

    def run(self, key: TaskKey, task: TaskInfo, ended: Callable[[int], None]) -> None:
        self.runs[key] += 1
        self.running[key] = ended

    def signal(self, key: TaskKey, *, force: bool) -> None:
        self.world.after(1000 if force else 50_000, lambda: self.end(key, 137 if force else 143))

    def end(self, key: TaskKey, code: int) -> None:
        if (ended := self.running.pop(key, None)) is not None:
            self.codes[key] = code
            ended(code)


class Executor:
    """Hears its runtime, and lets go of what has ended, as the executor's core does once that is recorded."""

    def __init__(self, world: World, engine: Engine, told: dict[TaskKey, list[RuntimeEvent]]) -> None:
        self.held: list[Held] | None = None
        self.told = told
        self.runtime = SimContainers(world, engine, world.after)
        self.runtime.start(self._hear, self._hold)

    def _hold(self, held: list[Held]) -> None:
        assert self.held is None
        self.held = held

    def _hear(self, event: RuntimeEvent) -> None:
        assert self.held is not None
        self.told.setdefault(event.key, []).append(event)
        if isinstance(event, NotStarted | Ended):
            self.runtime.release([event.key])


def _last(place: "Place", one: Order) -> tuple[int | None, str]:
    """How it ended."""
    end = place.told[one.key][-1]
    assert isinstance(end, Ended)
    return end.exit_code, end.signal


class Place:
    def __init__(self, seed: int = 1) -> None:
        self.world = World(seed)
        self.machine = Machine(self.world)
        self.engine = Engine(self.world, "e", self.machine)
        self.engine.images[IMAGE] = None
        self.told: dict[TaskKey, list[RuntimeEvent]] = {}
        self.executor = Executor(self.world, self.engine, self.told)

    def run(self, seconds: float) -> None:
        self.world.run_until(self.world.now_us + int(seconds * SECOND))

    def restart(self) -> None:
        self.executor.runtime.stop()
        self.executor = Executor(self.world, self.engine, self.told)

    def kinds(self, key: TaskKey) -> list[type[RuntimeEvent]]:
        return [type(event) for event in self.told.get(key, [])]


def test_a_container_runs_ends_and_is_removed() -> None:
    place, one = Place(), order("t1")
    place.executor.runtime.launch([one])
    place.run(2)
    assert place.kinds(one.key) == [Started]
    assert [held.order for held in place.engine.containers.values()] == [one]
    place.machine.end(one.key, 3)
    place.run(2)
    assert place.told[one.key][1:] == [Ended(one.key, 3, ended_ms=START_MS + 2_000)]
    assert place.engine.containers == {}


def test_an_image_is_pulled_and_a_refused_pull_told() -> None:
    place, one, two = Place(), order("t1"), order("t2")
    place.engine.images.clear()
    place.engine.refuses_pulls = True
    place.executor.runtime.launch([one])
    place.run(60)
    assert place.kinds(one.key) == [Pulling, NotStarted]
    place.engine.refuses_pulls = False
    place.executor.runtime.launch([two])
    place.run(60)
    assert place.kinds(two.key) == [Pulling, Started]


def test_an_executor_finds_what_an_earlier_one_left() -> None:
    place, one, two = Place(), order("t1"), order("t2")
    place.executor.runtime.launch([one, two])
    place.run(2)
    place.executor.runtime.stop()
    place.machine.end(two.key, 7)
    place.run(2)
    place.restart()
    place.run(2)
    assert place.executor.held is not None
    assert sorted(held.order.task.task_id for held in place.executor.held) == ["t1", "t2"]
    assert _last(place, two) == (7, "")
    place.executor.runtime.end(one.key, force=False)
    place.run(2)
    assert _last(place, one) == (143, "SIGTERM")
    assert place.machine.runs == {one.key: 1, two.key: 1}


@pytest.mark.parametrize("live_restore", [True, False])
def test_a_dying_engine_is_waited_for(live_restore: bool) -> None:
    place, one, two = Place(), order("t1"), order("t2")
    place.engine.live_restore = live_restore
    place.executor.runtime.launch([one, two])
    place.run(2)
    place.engine.crash()
    place.machine.end(one.key, 4)
    place.run(10)
    assert place.kinds(one.key) == [Started]
    place.engine.boot()
    place.run(10)
    assert place.kinds(one.key) == [Started, Ended]
    assert place.kinds(two.key) == [Started] if live_restore else [Started, Ended]
    place.executor.runtime.end(two.key, force=True)
    place.run(10)
    assert place.kinds(two.key) == [Started, Ended]
    assert place.engine.containers == {}


def test_a_launch_while_nobody_answers_is_refused_at_once() -> None:
    place, one = Place(), order("t1")
    place.run(1)
    place.engine.crash()
    place.executor.runtime.launch([one])
    place.run(0.1)
    assert place.kinds(one.key) == [NotStarted]


def test_held_waits_for_the_engine() -> None:
    place = Place()
    place.engine.crash()
    place.run(100)
    assert place.executor.held is None
    place.engine.boot()
    place.run(3)
    assert place.executor.held == []


@pytest.mark.parametrize("lost", [True, False])
def test_a_lost_answer_has_its_effect_a_refusal_none(lost: bool) -> None:
    place, answers = Place(), list[ev.Event]()
    place.engine.losses, place.engine.errors = (1.0, 0.0) if lost else (0.0, 1.0)
    place.engine.call(act.Create(order("t1")), answers.append)
    place.run(1)
    trouble = Trouble.LOST if lost else Trouble.REFUSED
    assert [(type(each), getattr(each, "trouble", None)) for each in answers] == [(ev.CreateFailed, trouble)]
    assert list(place.engine.containers) == (["barter.a.f.t1"] if lost else [])


def test_a_liar_refuses_what_it_did_and_shows_what_was() -> None:
    place, answers = Place(), list[ev.Event]()
    place.engine.lies = 1.0
    place.engine.call(act.Create(order("t1")), answers.append)
    place.run(1)
    assert [getattr(each, "trouble", None) for each in answers] == [Trouble.REFUSED]
    assert list(place.engine.containers) == ["barter.a.f.t1"]
    held = place.engine.containers["barter.a.f.t1"]
    place.engine.lies = 0.0
    place.engine.call(act.Start(order("t1").key, held.container), answers.append)
    place.run(1)
    place.machine.end(order("t1").key, 3)
    shown: list[ev.Event] = []
    for lies in (1.0, 0.0):
        place.engine.lies = lies
        place.engine.call(act.Inspect(order("t1").key, held.container), shown.append)
        place.run(1)
    standings = [each.seen.standing for each in shown if isinstance(each, ev.Inspected) and each.seen]
    assert standings == [ev.Standing.RUNNING, ev.Standing.EXITED]


def test_an_end_is_found_though_the_engine_forgot_the_container() -> None:
    place, one = Place(), order("t1")
    place.engine.live_restore, place.engine.forgets = True, 1.0
    place.executor.runtime.launch([one])
    place.run(2)
    place.engine.crash()
    place.engine.boot()
    place.run(2)
    place.machine.end(one.key, 7)
    place.run(10)
    assert place.kinds(one.key) == [Started]
    place.run(10)
    assert _last(place, one) == (None, "")
    place.run(30)
    assert place.engine.containers == {}


def test_an_end_is_found_though_its_news_was_lost() -> None:
    place, one = Place(), order("t1")
    place.executor.runtime.launch([one])
    place.run(2)
    place.engine.losses = 1.0
    place.machine.end(one.key, 7)
    ended_ms = place.world.now_ms
    place.run(2)
    place.engine.losses = 0.0
    place.run(40)
    assert place.told[one.key][1:] == [Ended(one.key, 7, ended_ms=ended_ms)]


def test_a_late_engine_does_it_after_its_caller_gave_up() -> None:
    place, answers = Place(), list[ev.Event]()
    place.engine.late = 1.0
    place.engine.call(act.Create(order("t1")), answers.append)
    place.run(0.5)
    assert [getattr(each, "trouble", None) for each in answers] == [Trouble.LOST]
    assert place.engine.containers == {}
    place.run(40)
    assert list(place.engine.containers) == ["barter.a.f.t1"]
    assert len(answers) == 1


@pytest.mark.parametrize(("doom", "made"), [(Doom.BEFORE_SYNC, 0), (Doom.AFTER_SYNC, 1)])
def test_an_engine_dies_before_or_after_a_change(doom: Doom, made: int) -> None:
    place, answers = Place(), list[ev.Event]()
    place.engine.arm(doom)
    place.engine.call(act.Inspect(order("t1").key, "nobody"), answers.append)
    place.run(1)
    place.engine.call(act.Create(order("t1")), answers.append)
    place.run(1)
    assert [type(each) for each in answers] == [ev.Inspected, ev.CreateFailed]
    assert (place.engine.up, len(place.engine.containers)) == (False, made)


def test_closing_waits_for_removals() -> None:
    place, one = Place(), order("t1")
    place.executor.runtime.launch([one])
    place.run(2)
    place.machine.end(one.key, 0)
    while Ended not in place.kinds(one.key):
        place.run(0.001)
    closed: list[int] = []
    place.executor.runtime.close(lambda: closed.append(len(place.engine.containers)))
    place.run(9)
    assert closed == [0]


FIRST_WORDS: tuple[list[type[RuntimeEvent]], ...] = ([], [Pulling])
LAST_WORDS: tuple[list[type[RuntimeEvent]], ...] = ([NotStarted], [Started, Ended])


def rough(place: Place, *, restarts: bool) -> list[Order]:
    """Ten minutes of launches, kills and ends under faults of the engine and of executors, then peace."""
    rng = place.world.random("story")
    orders = [order(f"t{number}") for number in range(60)]
    launched: list[Order] = []

    def launch(one: Order) -> None:
        # An executor takes orders only when it knows what it holds.
        if place.executor.held is not None:
            launched.append(one)
            place.executor.runtime.launch([one])

    def doom(key: TaskKey) -> None:
        choice = rng.random()
        if choice < 0.4:
            place.machine.end(key, rng.choice([0, 1, 137]))
        elif choice < 0.8:
            place.executor.runtime.end(key, force=rng.random() < 0.3)

    def disturb() -> None:
        engine = place.engine
        engine.slowness = rng.choice([1, 1, 5, 30])
        engine.losses = rng.choice([0.0, 0.0, 0.2])
        engine.errors = rng.choice([0.0, 0.0, 0.2])
        engine.lies, engine.late = rng.choice([0.0, 0.0, 0.3]), rng.choice([0.0, 0.3]) if restarts else 0.0
        if rng.random() < 0.2:
            engine.arm(rng.choice([Doom.BEFORE_SYNC, Doom.AFTER_SYNC]))
        engine.refuses_pulls = rng.random() < 0.2
        strike = rng.choice(
            [engine.crash, engine.boot, engine.boot, place.restart if restarts else engine.images.clear]
        )
        strike()

    for each in orders:
        at = rng.randrange(600 * SECOND)
        place.world.at(at, partial(launch, each))
        place.world.at(at + int(rng.expovariate(1 / SECOND)), partial(doom, each.key))
    for _ in range(60):
        place.world.at(rng.randrange(600 * SECOND), disturb)
    place.run(600)
    engine = place.engine
    engine.slowness, engine.errors, engine.losses, engine.refuses_pulls = 1, 0.0, 0.0, False
    engine.lies = engine.late = 0.0
    engine.calm()
    engine.boot()
    place.run(100)
    for key in list(place.machine.running):
        place.machine.end(key, 0)
    place.run(200)
    return launched


@pytest.mark.parametrize("seed", range(30))
def test_under_faults_of_the_engine_each_task_has_one_true_story(seed: int) -> None:
    place = Place(seed)
    for one in rough(place, restarts=False):
        told = place.told[one.key]
        kinds = place.kinds(one.key)
        assert any(kinds == [*first, *last] for first in FIRST_WORDS for last in LAST_WORDS), told
        assert place.machine.runs[one.key] == kinds.count(Started)
        if isinstance(end := told[-1], Ended):
            assert end.exit_code in (place.machine.codes[one.key], UNKNOWN, None)
    assert place.engine.containers == {}


@pytest.mark.parametrize("seed", range(30))
def test_executors_that_die_too_leave_nothing_and_run_nothing_twice(seed: int) -> None:
    place = Place(seed)
    launched = rough(place, restarts=True)
    assert launched
    assert max(place.machine.runs.values()) == 1
    for one in launched:
        if place.machine.runs[one.key] and one.key in place.told:
            assert isinstance(place.told[one.key][-1], Ended | NotStarted)
    assert place.engine.containers == {}
