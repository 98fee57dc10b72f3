"""Many seeds on all processors."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice

from barter.tools.sim.failing import MOST_TRIES, Failing, smaller
from barter.tools.sim.population import Populate
from barter.tools.sim.seed import Outcome, Plan, Run
from barter.tools.sim.target import populate_of

AHEAD = 4
SHRUNK_MOST = 10
"""So many failing seeds are made as small as can be; where more fail, one cause is likely behind most."""
Result = Outcome | Failing
OnFailure = Callable[[Outcome], None]
_populate: Populate


def unheard(outcome: Outcome) -> None:
    """Nobody wants to know of a failure before it is made smaller."""


def seeds(
    target: str, chosen: Sequence[int], plan: Plan, jobs: int = 0, on_failure: OnFailure = unheard
) -> Iterator[Result]:
    """Outcomes as they come, those that fail made smaller; `jobs` 0 means one for each processor.

    `on_failure` hears of each seed that fails, before it is made smaller. Raises what `populate_of` raises, before
    anything runs, and BrokenProcessPool where one of them was killed.
    """
    populate = populate_of(target)
    jobs = min(jobs or os.cpu_count() or 1, len(chosen))
    if jobs <= 1:
        yield from _in_turn(chosen, plan, populate, on_failure)
    else:
        yield from _side_by_side(target, chosen, plan, jobs, on_failure)


def _in_turn(chosen: Sequence[int], plan: Plan, populate: Populate, on_failure: OnFailure) -> Iterator[Result]:
    failed = 0
    for seed in chosen:
        outcome = Run(seed, plan, populate).play()
        if outcome.violation is None:
            yield outcome
        else:
            on_failure(outcome)
            yield smaller(outcome, plan, populate, _tries(failed))
            failed += 1


def _side_by_side(target: str, chosen: Sequence[int], plan: Plan, jobs: int, on_failure: OnFailure) -> Iterator[Result]:
    # Not by fork: gRPC, which the SDK loads, does not live through one.
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    failed = 0
    with ProcessPoolExecutor(jobs, mp_context=context, initializer=_prepare, initargs=(target,)) as pool:
        left = iter(chosen)
        running: set[Future[Result]] = set()
        failing: list[Outcome] = []
        try:
            while True:
                with _no_ctrl_c():
                    for outcome in failing:
                        running.add(pool.submit(_smaller, outcome, plan, _tries(failed)))
                        failed += 1
                    for seed in islice(left, jobs * AHEAD - len(running)):
                        running.add(pool.submit(_one, seed, plan))
                if not running:
                    return
                done, running = wait(running, return_when=FIRST_COMPLETED)
                failing = []
                for each in done:
                    result = each.result()
                    if isinstance(result, Outcome) and result.violation is not None:
                        on_failure(result)
                        failing.append(result)
                    else:
                        yield result
        except BaseException:
            # A seed under way, with what makes it smaller, could keep whoever pressed Ctrl-C waiting for a minute.
            for worker in set(multiprocessing.active_children()) - others:
                worker.terminate()
            pool.shutdown(cancel_futures=True)
            raise


@contextmanager
def _no_ctrl_c() -> Iterator[None]:
    """It waits until after this, and never comes to the processes that are started in this."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _prepare(target: str) -> None:
    global _populate
    # What schedulers print goes there, and only what is found to stdout.
    sys.stdout = sys.stderr
    _populate = populate_of(target)


def _one(seed: int, plan: Plan) -> Result:
    return Run(seed, plan, _populate).play()


def _smaller(outcome: Outcome, plan: Plan, most_tries: int) -> Result:
    return smaller(outcome, plan, _populate, most_tries)


def _tries(failed: int) -> int:
    return MOST_TRIES if failed < SHRUNK_MOST else 0
