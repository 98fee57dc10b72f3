"""What a fault is: drawn before a run begins, so that a run is the same with some of them left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.world import SECOND_US

IMPATIENT_MS = 600_000
Draw = Callable[[Random], tuple[int, int]]
"""How long in microseconds, and an amount."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`us` is how long it lasts where it lasts; `amount` means what its kind says."""

    at_us: int
    kind: str
    target: str
    us: int = 0
    amount: int = 0

    def __str__(self) -> str:
        lasting = f" for {self.us / SECOND_US:.1f} s" if self.us else ""
        amount = f" ({self.amount})" if self.amount else ""
        return f"{self.at_us / SECOND_US:10.3f} {self.kind} {self.target}{lasting}{amount}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the table. `per_hour` is for each target; `draw` chooses `us` and `amount`."""

    name: str
    per_hour: float
    targets: Callable[[SimCluster], Sequence[str]]
    draw: Draw
    strike: Callable[[SimCluster, Fault], None]
    says: str


def lasting(shortest_s: float, longest_s: float) -> Draw:
    """More short ones than long ones."""

    def draw(rng: Random) -> tuple[int, int]:
        return int(shortest_s * (longest_s / shortest_s) ** rng.random() * SECOND_US), 0

    return draw


def at_once(_: Random) -> tuple[int, int]:
    return 0, 0


def masters(cluster: SimCluster) -> Sequence[str]:
    return cluster.addresses


def elected(cluster: SimCluster) -> Sequence[str]:
    """The masters where there are several."""
    return list(cluster.candidates)


def servers(cluster: SimCluster) -> Sequence[str]:
    """Of ZooKeeper."""
    return list(cluster.ensemble.servers) if cluster.ensemble is not None else []


def agents(cluster: SimCluster) -> Sequence[str]:
    return list(cluster.agents)


def frameworks(cluster: SimCluster) -> Sequence[str]:
    return list(cluster.frameworks)


def impatient(cluster: SimCluster) -> Sequence[str]:
    """Frameworks that are removed when they are away for some minutes."""
    return [
        name
        for name, framework in cluster.frameworks.items()
        if framework.program.framework.failover_timeout_ms < IMPATIENT_MS
    ]


def clients(cluster: SimCluster) -> Sequence[str]:
    """All that keep a session with a master."""
    return [*cluster.agents, *cluster.frameworks]


def everyone(cluster: SimCluster) -> Sequence[str]:
    return [*cluster.addresses, *clients(cluster)]


def engines(cluster: SimCluster) -> Sequence[str]:
    return list(cluster.engines)
