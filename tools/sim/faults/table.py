"""All faults there are, and how many of each a run gets."""

from collections.abc import Mapping
from functools import partial

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.faults import engines, masters, network, processes, tasks
from barter.tools.sim.faults.model import Fault, Kind
from barter.tools.sim.population import Deed
from barter.tools.sim.world import World

ALL = (*network.KINDS, *processes.KINDS, *masters.KINDS, *engines.KINDS, *tasks.KINDS)
TABLE: dict[str, Kind] = {kind.name: kind for kind in ALL}
HOUR_US = 3_600_000_000
MOST_ROUNDS = 1_000


def draw(
    world: World, cluster: SimCluster, rates: Mapping[str, float], from_us: int, until_us: int, at_least: int
) -> list[Deed]:
    """`rates` (per hour and target) replace the table's. Where chance gives too few it is asked again."""
    found: list[Fault] = []
    rounds = 0
    while not rounds or (len(found) < at_least and rounds < MOST_ROUNDS):
        rounds += 1
        for kind in TABLE.values():
            found += _of_kind(world, cluster, kind, rates.get(kind.name, kind.per_hour), from_us, until_us, rounds)
    return [Deed(fault.at_us, str(fault), partial(strike, cluster, fault), is_fault=True) for fault in found]


def _of_kind(
    world: World, cluster: SimCluster, kind: Kind, per_hour: float, from_us: int, until_us: int, round_: int
) -> list[Fault]:
    targets = kind.targets(cluster)
    if not targets or per_hour <= 0:
        return []
    rng = world.random(f"faults {kind.name} {round_}")
    mean_us = HOUR_US / (per_hour * len(targets))
    found: list[Fault] = []
    at_us = from_us + int(rng.expovariate(1 / mean_us))
    while at_us < until_us:
        us, amount = kind.draw(rng)
        found.append(Fault(at_us, kind.name, rng.choice(targets), min(us, until_us - at_us), amount))
        at_us += int(rng.expovariate(1 / mean_us))
    return found


def strike(cluster: SimCluster, fault: Fault) -> None:
    """It happens, and whoever watches hears of it first."""
    for see in cluster.world.seen.fault:
        see(fault)
    TABLE[fault.kind].strike(cluster, fault)
