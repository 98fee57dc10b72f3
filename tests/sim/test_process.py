"""Processes that are fed in batches, crash, hang and start again."""

from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from barter.core.machine import Machine, Tick
from barter.tools.sim.crash import Crashed
from barter.tools.sim.process import MORE_TURN_US, SHORTEST_TURN_US, Process
from barter.tools.sim.world import World

SECOND = 1_000_000


class Echo:
    """Acts on every event, and wants a Tick every `beat_ms`."""

    def __init__(self, beat_ms: int | None, now: int) -> None:
        self._beat_ms = beat_ms
        self._due = None if beat_ms is None else now + beat_ms

    def step(self, event: str | Tick, now: int) -> list[str]:
        if isinstance(event, str):
            return [event]
        assert self._due is not None
        assert self._beat_ms is not None
        assert now >= self._due
        self._due = now + self._beat_ms
        return ["tick"]

    def next_wakeup(self) -> int | None:
        return self._due


class Sim(Process[str, str]):
    def __init__(self, world: World, beat_ms: int | None = None) -> None:
        super().__init__(world, "p", "h")
        self.beat_ms = beat_ms
        self.done: list[tuple[int, list[str]]] = []
        self.ends = 0

    def make(self) -> Machine[str, str]:
        return Echo(self.beat_ms, self.clock.now())

    def perform(self, actions: list[str]) -> None:
        if "die" in actions:
            raise Crashed("as told")
        self.done.append((self.world.now_us, actions))

    def stepped(self, events: Sequence[str], actions: Sequence[str]) -> None:
        """Nobody watches."""

    def lost(self) -> None:
        self.ends += 1

    @property
    def said(self) -> list[str]:
        return [action for _, actions in self.done for action in actions]


def started(beat_ms: int | None = None) -> tuple[World, Sim]:
    world = World(1)
    process = Sim(world, beat_ms)
    process.start()
    return world, process


def test_what_comes_before_its_turn_is_one_batch() -> None:
    world, process = started()
    process.post("a")
    process.post("b")
    world.after(SHORTEST_TURN_US - 1, lambda: process.post("c"))
    world.after(2 * (SHORTEST_TURN_US + MORE_TURN_US), lambda: process.post("d"))
    world.run_until(SECOND)
    assert [actions for _, actions in process.done] == [["a", "b", "c"], ["d"]]


@given(st.integers(1, 50), st.integers(-50_000, 50_000))
def test_ticks_come_when_they_are_due_by_its_own_clock(beat_ms: int, ppm: int) -> None:
    world, process = started(beat_ms)
    process.clock.drift(ppm)
    world.run_until(SECOND)
    wanted = 1_000 / beat_ms
    assert wanted * 0.94 - 2 <= len(process.said) <= wanted * 1.06 + 1


def test_a_paused_process_does_nothing_then_everything_in_order() -> None:
    world, process = started()
    happened: list[str] = []
    process.pause(SECOND)
    process.post("a")
    for name in ("x", "y"):
        world.after(10, process.within_life(lambda name=name: happened.append(name)))  # type: ignore[misc]
    world.run_until(SECOND - 1)
    assert (process.done, happened) == ([], [])
    world.run_until(2 * SECOND)
    assert (process.said, happened) == (["a"], ["x", "y"])
    assert process.done[0][0] >= SECOND


def test_resume_ends_a_pause_at_once() -> None:
    world, process = started(100)
    happened: list[int] = []
    process.pause(60 * SECOND)
    world.after(10, process.within_life(lambda: happened.append(world.now_us)))
    world.run_until(SECOND)
    process.resume()
    process.resume()
    world.run_until(SECOND + SHORTEST_TURN_US + MORE_TURN_US)
    assert happened == [SECOND]
    assert process.said == ["tick"]
    world.run_until(70 * SECOND)
    assert len(process.said) in (690, 691)


def test_a_longer_pause_wins_over_a_shorter_one() -> None:
    world, process = started()
    process.pause(3 * SECOND)
    process.pause(SECOND)
    process.post("a")
    world.run_until(2 * SECOND)
    assert process.done == []
    world.run_until(4 * SECOND)
    assert process.said == ["a"]


def dies() -> None:
    raise Crashed("in a callback")


def test_it_dies_wherever_something_dies_and_only_once() -> None:
    ways: list[Callable[[Sim], None]] = [
        lambda process: process.post("die"),
        lambda process: process.within_life(dies)(),
        lambda process: process.crash("kill -9"),
    ]
    for kill in ways:
        world, process = started()
        ended: list[Process[str, str]] = []
        process.ended = ended.append
        kill(process)
        world.run_until(SECOND)
        assert (process.up, process.ends, ended, process.done) == (False, 1, [process], [])
        process.crash("again")
        process.post("unheard")
        world.run_until(2 * SECOND)
        assert (process.ends, process.done) == (1, [])


def test_timers_events_and_pauses_die_with_their_life() -> None:
    world, process = started(300)
    happened: list[str] = []
    world.after(SECOND, process.within_life(lambda: happened.append("old")))
    process.post("old")
    process.pause(10 * SECOND)
    process.crash("kill -9")
    process.start()
    process.start()
    world.after(SECOND, process.within_life(lambda: happened.append("new")))
    process.post("new")
    world.run_until(SECOND)
    assert process.said == ["new", "tick", "tick", "tick"]
    assert happened == ["new"]
    assert process.life == 3


def test_what_was_begun_in_an_earlier_life_says_nothing_to_this_one() -> None:
    world = World(1)
    process = Sim(world)
    process.start()
    heard: list[str] = []
    say = process.within_life(heard.append)
    say("before")
    process.crash("kill -9")
    process.start()
    say("after")
    assert heard == ["before"]
