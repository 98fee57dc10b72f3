"""Many seeds on all processors."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import islice

from barter.tools.sim.failing import Failing, smaller
from barter.tools.sim.population import Populate
from barter.tools.sim.seed import Outcome, Plan, Run
from barter.tools.sim.target import populate_of

AHEAD = 4
_populate: Populate


def seeds(target: str, chosen: Sequence[int], plan: Plan, jobs: int = 0) -> Iterator[Outcome | Failing]:
    """Outcomes as they come, those that fail made smaller; `jobs` 0 means one for each processor.

    Raises what `populate_of` raises, before anything runs.
    """
    populate = populate_of(target)
    jobs = min(jobs or os.cpu_count() or 1, len(chosen))
    if jobs <= 1:
        for seed in chosen:
            yield _judged(Run(seed, plan, populate).play(), plan, populate)
        return
    # Not by fork: gRPC, which the SDK loads, does not live through one.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_prepare, initargs=(target,)) as pool:
        left = iter(chosen)
        running: set[Future[Outcome | Failing]] = set()
        try:
            while True:
                running |= {pool.submit(_one, seed, plan) for seed in islice(left, jobs * AHEAD - len(running))}
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                for each in done:
                    yield each.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _prepare(target: str) -> None:
    global _populate
    _populate = populate_of(target)


def _one(seed: int, plan: Plan) -> Outcome | Failing:
    return _judged(Run(seed, plan, _populate).play(), plan, _populate)


def _judged(outcome: Outcome, plan: Plan, populate: Populate) -> Outcome | Failing:
    return outcome if outcome.violation is None else smaller(outcome, plan, populate)
