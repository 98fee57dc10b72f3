"""docs/testing.md holds: each step of it fails as the page says, and the last one survives."""

from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from barter.sdk.testing import Broken, Cluster
from barter.sdk.testing.program import load, populate_with
from barter.tools.sim.seed import Plan, Run, Violation

pytestmark = [pytest.mark.simulation, pytest.mark.timeout(600)]
STEPS = Path(__file__).parents[2] / "examples" / "testing"
DISK = {"disk": 60.0, "task-dies": 60.0}
WANTED, TRIED = 5, 40


def violations(step: int, seeds: int, rates: Mapping[str, float] | None = None) -> dict[int, Violation]:
    """By seed, of a whole campaign's runs."""
    populate = populate_with(f"{STEPS}/step{step}.py:Workers")
    found = {seed: Run(seed, Plan(rates=rates or {}), populate).play().violation for seed in range(seeds)}
    return {seed: violation for seed, violation in found.items() if violation is not None}


def fails(step: int, checkers: tuple[str, ...], says: str, rates: Mapping[str, float] | None = None) -> bool:
    """Whether one of the first seeds ends as it should."""
    populate = populate_with(f"{STEPS}/step{step}.py:Workers")
    for seed in range(TRIED):
        violation = Run(seed, Plan(rates=rates or {}), populate).play().violation
        if violation is not None and violation.checker in checkers and says in violation.message:
            return True
    return False


def on_six_machines(step: int) -> Cluster:
    cluster = Cluster()
    cluster.agents(6, cpus=4, zones="abc")
    program = load(f"{STEPS}/step{step}.py:Workers")
    cluster.framework(lambda store: program.start(store, Random(0)), name="workers")
    cluster.run_until(lambda: len(cluster.running()) == WANTED, within_minutes=1)
    return cluster


def test_1_ends_are_forgotten() -> None:
    cluster = on_six_machines(1)
    cluster.kill(cluster.running()[0])
    cluster.run_for(minutes=5)
    assert len(cluster.running()) == WANTED - 1
    assert fails(1, ("unsettled",), "of 5 workers run")


def test_2_ids_are_used_again() -> None:
    cluster = on_six_machines(2)
    cluster.kill(cluster.running()[0])
    with pytest.raises(Broken, match=r"task_ids: workers .* a second time"):
        cluster.run_for(minutes=5)
    assert fails(2, ("task_ids",), "a second time")


def test_3_nothing_is_in_the_store() -> None:
    cluster = on_six_machines(3)
    cluster.frameworks["workers"].crash()
    with pytest.raises(Broken, match=r"task_ids: workers .* launches task worker-1 a second time"):
        cluster.run_for(minutes=5)
    assert fails(3, ("task_ids",), "a second time")


def test_4_a_launch_that_never_left_counts_for_ever() -> None:
    assert fails(4, ("unsettled",), "of 5 workers run", DISK)
    assert violations(5, 3, DISK) == {}


def test_5_a_zone_that_is_lost_is_not_replaced_and_6_replaces_it() -> None:
    cluster = on_six_machines(5)
    zone = cluster.running()[0].zone
    cluster.lose(zone=zone)
    cluster.run_for(minutes=5)
    assert len(cluster.running()) < WANTED
    cluster = on_six_machines(6)
    cluster.lose(zone=zone)
    cluster.run_for(minutes=5)
    assert len(cluster.running()) == WANTED


def test_6_what_comes_back_is_too_much() -> None:
    cluster = on_six_machines(6)
    cut = cluster.running()[0].agent
    cluster.partition(cut)
    cluster.run_for(minutes=2)
    cluster.heal()
    cluster.run_for(minutes=2)
    assert len(cluster.running()) > WANTED
    assert fails(6, ("unsettled",), "of 5 workers run")


def test_7_the_revive_is_forgotten() -> None:
    cluster = on_six_machines(7)
    cluster.run_for(minutes=1)
    cluster.kill(cluster.running()[0])
    cluster.run_for(minutes=5)
    assert len(cluster.running()) == WANTED - 1
    assert fails(7, ("unsettled",), "of 5 workers run")


def test_8_survives() -> None:
    assert violations(8, 20) == {}
    assert violations(8, 5, DISK) == {}


@pytest.mark.parametrize("seed", [1, 2])
def test_8_survives_what_one_does_to_it_by_hand(seed: int) -> None:
    cluster = Cluster(seed)
    cluster.agents(6, cpus=4, zones="abc")
    program = load(f"{STEPS}/step8.py:Workers")
    cluster.framework(lambda store: program.start(store, Random(0)), name="workers")
    cluster.run_for(minutes=1)
    cluster.lose(zone="b")
    cluster.partition("agent-0")
    cluster.failover()
    cluster.run_for(minutes=5)
    cluster.restore()
    cluster.heal()
    cluster.run_for(minutes=5)
    cluster.check()
    assert len(cluster.running()) == WANTED
