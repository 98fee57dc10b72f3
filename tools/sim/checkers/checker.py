"""What checkers share: the cluster they watch, and how they say no."""

from typing import TYPE_CHECKING, NoReturn

from barter.tools.sim.observe import Observer, Violated

if TYPE_CHECKING:
    from barter.tools.sim.cluster import SimCluster


class Checker(Observer):
    """Lives as long as one world."""

    def __init__(self) -> None:
        self.cluster: SimCluster

    def begin(self, cluster: "SimCluster") -> None:
        self.cluster = cluster

    def fail(self, message: str) -> NoReturn:
        raise Violated(self.name, message)
