"""Who lives in a simulated cluster besides master and agents, and what happens to them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.observe import Observer


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that is done to a world at its time: a fault, or what people ask of a framework."""

    at_us: int
    text: str
    do: Callable[[], None]
    is_fault: bool = False


class Population:
    """One for each world. It only adds to the cluster what it is given; nothing has started then."""

    settles = False
    """Whether `unsettled` has anything to look for."""

    def move_in(self, cluster: SimCluster, until_us: int) -> Sequence[Deed]:
        """Add the frameworks; return what will be asked of them up to then."""
        return ()

    def calm(self) -> None:
        """No faults come any more, and whatever misbehaves on purpose is to end it."""

    def unsettled(self, cluster: SimCluster) -> str:
        """At the end: what is still missing or too much; empty when all is as wished."""
        return ""

    def observers(self) -> Sequence[Observer]:
        """The checkers that know its frameworks."""
        return ()


class NoScheduler(Exception):
    """The name given is not one of a scheduler; the text says why, and `then` what to do where the text does not."""

    def __init__(self, why: str, then: str = "") -> None:
        super().__init__(why)
        self.then = then


Populate = Callable[[], Population]
