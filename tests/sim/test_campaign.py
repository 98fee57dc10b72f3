"""Many seeds, in this process and in others."""

import multiprocessing

import pytest

from barter.tools.sim.population import NoScheduler
from barter.tools.sim.seed import Outcome, Plan
from barter.tools.sim.shell.campaign import seeds

SMALL = Plan(agents=8, minutes=12, fewest_faults=5)


def outcomes(jobs: int) -> dict[int, Outcome]:
    found = {}
    for result in seeds("", range(3, 5), SMALL, jobs):
        assert isinstance(result, Outcome)
        found[result.seed] = result
    return found


def test_processes_side_by_side_find_what_one_finds() -> None:
    alone = outcomes(1)
    assert list(alone) == [3, 4]
    assert outcomes(2) == alone


def test_who_stops_listening_leaves_no_process_behind() -> None:
    before = set(multiprocessing.active_children())
    results = seeds("", range(1_000), SMALL, 2)
    next(results)
    assert len(set(multiprocessing.active_children()) - before) == 2
    results.close()  # type: ignore[attr-defined]
    assert set(multiprocessing.active_children()) <= before


def test_a_scheduler_that_is_none_is_refused_before_anything_runs() -> None:
    with pytest.raises(NoScheduler):
        next(seeds("no.such.module:Nothing", range(4), SMALL, 2))
