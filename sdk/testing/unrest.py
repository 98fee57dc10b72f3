"""The table of faults, let loose on a cluster while it runs."""

from collections.abc import Sequence
from functools import partial

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.faults.model import Fault, Kind
from barter.tools.sim.faults.table import HOUR_US, TABLE, strike


def chosen(only: Sequence[str]) -> list[Kind]:
    """The kinds with these names, all where there are none; raises ValueError on a name that is not in the table."""
    if unknown := [name for name in only if name not in TABLE]:
        raise ValueError(f"there is no fault {unknown[0]!r}; there are {', '.join(TABLE)}")
    return [kind for kind in TABLE.values() if not only or kind.name in only]


class Unrest:
    """Each kind strikes at random, `rate` times as often as the table says, until `over`."""

    def __init__(self, sim: SimCluster, number: int, rate: float, kinds: Sequence[Kind]) -> None:
        self.over = False
        self._sim = sim
        self._rate = rate
        self._rng = {kind.name: sim.world.random(f"unrest {number} {kind.name}") for kind in kinds}
        for kind in kinds:
            self._plan(kind)

    def _plan(self, kind: Kind) -> None:
        expected = self._rate * kind.per_hour * len(kind.targets(self._sim)) / HOUR_US
        if expected > 0:
            wait_us = int(self._rng[kind.name].expovariate(expected))
            self._sim.world.after(wait_us, partial(self._strike, kind))

    def _strike(self, kind: Kind) -> None:
        if self.over:
            return
        rng = self._rng[kind.name]
        us, amount = kind.draw(rng)
        fault = Fault(self._sim.world.now_us, kind.name, rng.choice(kind.targets(self._sim)), us, amount)
        strike(self._sim, fault)
        self._plan(kind)
