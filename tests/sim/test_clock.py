"""A process's own clock."""

from hypothesis import given
from hypothesis import strategies as st

from barter.tools.sim.clock import DriftingClock
from barter.tools.sim.world import World

PPM = st.integers(-500_000, 500_000)
STEPS = st.lists(st.tuples(st.integers(0, 10_000_000), PPM), max_size=8)


def clock_after(steps: list[tuple[int, int]]) -> tuple[World, DriftingClock, list[int]]:
    """Of each step: so long after the last one its rate changes."""
    world = World(1)
    clock, seen = DriftingClock(world), []
    for us, ppm in steps:
        world.run_until(world.now_us + us)
        seen.append(clock.now())
        clock.drift(ppm)
        seen.append(clock.now())
    return world, clock, seen


@given(STEPS)
def test_it_never_runs_backwards(steps: list[tuple[int, int]]) -> None:
    _, _, seen = clock_after(steps)
    assert seen == sorted(seen)


@given(STEPS, st.integers(1, 1_000_000))
def test_when_is_the_first_microsecond_that_shows_it(steps: list[tuple[int, int]], ahead_ms: int) -> None:
    world, clock, _ = clock_after(steps)
    wanted = clock.now() + ahead_ms
    due = clock.when(wanted)
    world.run_until(due - 1)
    assert clock.now() == wanted - 1
    world.run_until(due)
    assert clock.now() == wanted


def test_one_that_gains_shows_more() -> None:
    world = World(1)
    exact, fast = DriftingClock(world), DriftingClock(world, 10_000)
    world.run_until(100_000_000)
    assert fast.now() - exact.now() == 1_000
