"""From many things that make a run fail to few."""

from collections.abc import Sequence
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.failing import smaller
from barter.tools.sim.faults.table import TABLE
from barter.tools.sim.observe import Violated
from barter.tools.sim.population import Deed, Population
from barter.tools.sim.seed import Plan, Run
from barter.tools.sim.shrink import shrink

ITEMS = st.integers(0, 40)


@given(ITEMS, st.sets(st.integers(0, 39), max_size=6), st.integers(0, 3))
def test_what_is_left_fails_and_none_of_it_can_go(count: int, needed: set[int], either: int) -> None:
    """`either`: besides what is needed, one of the first few has to be there."""
    items = list(range(count))
    needed &= set(items)
    either = min(either, count)

    def fails(some: Sequence[int]) -> bool:
        return needed <= set(some) and (not either or not set(some).isdisjoint(range(either)))

    left = shrink(items, fails, 10_000)
    assert fails(left)
    assert left == sorted(left)
    assert not any(fails([each for each in left if each != one]) for one in left)


@given(ITEMS, st.sets(st.integers(0, 39), max_size=6), st.integers(0, 20))
def test_it_stops_after_so_many_tries_with_something_that_fails(count: int, needed: set[int], most: int) -> None:
    tries = 0
    needed &= set(range(count))

    def fails(some: Sequence[int]) -> bool:
        nonlocal tries
        tries += 1
        return needed <= set(some)

    left = shrink(list(range(count)), fails, most)
    assert tries <= most
    assert needed <= set(left)


class Breaks(Population):
    """Two of ten deeds together break it, at the later one's time."""

    def __init__(self) -> None:
        self.done: set[int] = set()

    def move_in(self, cluster: SimCluster, until_us: int) -> Sequence[Deed]:
        return [Deed(1_000_000 * number, f"deed {number}", partial(self._do, number)) for number in range(10)]

    def _do(self, number: int) -> None:
        self.done.add(number)
        if {2, 6} <= self.done:
            raise Violated("breaks", f"{sorted(self.done)}")


def test_a_failing_seed_is_told_with_what_it_needs() -> None:
    plan = Plan(agents=1, minutes=2, rates=dict.fromkeys(TABLE, 0.0), fewest_faults=0)
    outcome = Run(5, plan, Breaks).play()
    assert outcome.violation is not None
    assert (outcome.violation.checker, outcome.violation.at_us) == ("breaks", 6_000_000)
    found = smaller(outcome, plan, Breaks)
    assert (found.kept, found.drawn) == ((2, 6), 10)
    assert found.outcome.deeds == ("deed 2", "deed 6")
    assert found.outcome.violation is not None
    assert found.outcome.violation.message == "[2, 6]"
    assert Run(5, plan, Breaks).play(found.kept) == found.outcome
    untried = smaller(outcome, plan, Breaks, most_tries=0)
    assert untried.kept == (0, 1, 2, 3, 4, 5, 6)
