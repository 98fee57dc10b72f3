"""`sim`: how fast simulated clusters live, and what ten thousand agents weigh."""

import gc
import multiprocessing
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from barter import sdk
from barter.core.resources import resources
from barter.core.units import MIB
from barter.sdk.testing import Cluster
from barter.tools.bench.measure import BenchFailed, Progress, Result, median
from barter.tools.sim.seed import Plan, Run
from barter.tools.sim.usual import Usual
from barter.tools.sim.world import World

AGENTS, TASKS, MINUTES = 10_000, 20_000, 10
EACH = sdk.DemandId("each")
NEED = resources(cpus=1_000, mem=64 * MIB)


def run(seeds: int, say: Progress) -> list[Result]:
    """The campaign's seeds one after the other on one processor, then one large cluster in a process of its own."""
    rates: list[float] = []
    floors: list[float] = []
    virtual: list[float] = []
    for seed in range(seeds):
        say(f"seed {seed + 1} of {seeds}")
        one = Run(seed, Plan(), Usual)
        gc.collect()
        began = time.process_time()
        outcome = one.play()
        took = time.process_time() - began
        rates.append(outcome.happened / took)
        virtual.append(outcome.virtual_us / 1e6 / took)
        floors.append(outcome.happened / _empty_seconds(outcome.happened))
    large = _large(say)
    return [
        Result("sim", "events_per_second", median(rates), "/s", median(floors)),
        Result("sim", "virtual_seconds_per_second", median(virtual), "s/s", 1.0),
        Result("sim", "memory_10000_agents", large.peak_mib, "MiB", large.imported_mib),
        Result("sim", "virtual_seconds_per_second_10000_agents", large.virtual_per_second, "s/s", 1.0),
    ]


def _empty_seconds(count: int) -> float:
    """As many events that do nothing."""
    world = World(0)
    began = time.process_time()
    for number in range(count):
        world.at(number, _nothing)
    world.run_until(count)
    return time.process_time() - began


def _nothing() -> None:
    return


@dataclass(frozen=True, slots=True)
class _Large:
    peak_mib: float
    imported_mib: float
    virtual_per_second: float


def _large(say: Progress) -> _Large:
    say(f"{AGENTS} agents, {TASKS} tasks, {MINUTES} virtual minutes")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_live_large).result()


def _live_large() -> _Large:
    imported = _peak_mib()
    cluster = Cluster(seed=1)
    cluster.agents(AGENTS, cpus=8, mem="16GiB", zones="abc", docker=False)
    cluster.framework(Keeper, demands_only=True)
    began = time.process_time()
    cluster.run_for(minutes=MINUTES)
    took = time.process_time() - began
    running = len(cluster.running())
    if running != TASKS:
        raise BenchFailed(f"{running} tasks run of {TASKS} after {MINUTES} virtual minutes")
    return _Large(_peak_mib(), imported, MINUTES * 60 / took)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Keeper(sdk.Scheduler):
    """Keeps so many tasks running."""

    def __init__(self) -> None:
        self._launched = 0

    def registered(self, driver: sdk.Driver, framework_id: sdk.FrameworkId) -> None:
        driver.set_demands([sdk.Demand(EACH, NEED, TASKS)])

    def resource_offers(self, driver: sdk.Driver, offers: Sequence[sdk.Offer]) -> None:
        for offer in offers:
            room = offer.resources.scalars["cpus"] // NEED.scalars["cpus"]
            count = min(room, TASKS - self._launched)
            driver.launch(offer, [self._task() for _ in range(count)])

    def _task(self) -> sdk.TaskInfo:
        self._launched += 1
        name = sdk.TaskId(f"task-{self._launched}")
        return sdk.TaskInfo(name, name, NEED, sdk.Command("sleep infinity"), demand_id=EACH)
