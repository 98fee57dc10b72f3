"""One seed, from its start to its end."""

from dataclasses import replace

import pytest

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.faults.table import TABLE
from barter.tools.sim.observe import Observer, Violated
from barter.tools.sim.population import Population
from barter.tools.sim.seed import Plan, Run
from barter.tools.sim.usual import Usual

SMALL = Plan(minutes=12, fewest_faults=10)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_is_the_same_run(seed: int) -> None:
    one, two = (Run(seed, SMALL, Usual).play() for _ in range(2))
    assert one == two
    assert one.violation is None
    assert one.faults >= 10
    assert one.tasks > 0
    assert one.virtual_us == 12 * 60_000_000


def test_of_what_is_done_only_some_is_done() -> None:
    run = Run(3, SMALL, Usual)
    all_ = [deed.text for deed in run.deeds]
    kept = frozenset({0, 4, 9})
    outcome = run.play(kept)
    assert outcome.deeds == tuple(all_[number] for number in sorted(kept))
    assert outcome.faults <= 3
    nothing = Run(3, SMALL, Usual).play(())
    assert (nothing.deeds, nothing.faults, nothing.violation) == ((), 0, None)


def test_without_rates_there_are_no_faults() -> None:
    plan = replace(SMALL, rates=dict.fromkeys(TABLE, 0.0))
    outcome = Run(4, plan, Usual).play()
    assert (outcome.faults, outcome.violation) == (0, None)
    assert outcome.deeds


class Ends(Observer):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def at_end(self, cluster: SimCluster) -> None:
        raise self.error


class Unhappy(Population):
    def unsettled(self, cluster: SimCluster) -> str:
        return "not there yet"


def test_what_must_not_be_ends_the_run_and_names_the_checker() -> None:
    plan = replace(SMALL, agents=1, minutes=2)
    watched = Run(1, plan, Population).play(observers=[Ends(Violated("mine", "so"))]).violation
    assert watched is not None
    assert (watched.checker, watched.message, watched.at_us) == ("mine", "so", 120_000_000)
    raised = Run(1, plan, Population).play(observers=[Ends(KeyError("k"))]).violation
    assert raised is not None
    assert raised.checker == "raises"
    assert raised.message.startswith("KeyError: 'k' (in ")
    assert "/" not in raised.message
    missing = Run(1, plan, Unhappy).play().violation
    assert missing is not None
    assert (missing.checker, missing.message) == ("unsettled", "not there yet")
