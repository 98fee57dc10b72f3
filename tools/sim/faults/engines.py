"""Container engines that are slow, refuse, lose their answers, or die."""

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.faults.model import Draw, Fault, Kind, engines, lasting


def _slow(cluster: SimCluster, fault: Fault) -> None:
    engine = cluster.engines[fault.target]
    engine.slowness = fault.amount
    cluster.until(fault.us, engine.calm)


def _fails(cluster: SimCluster, fault: Fault) -> None:
    engine = cluster.engines[fault.target]
    engine.errors = fault.amount / 100
    cluster.until(fault.us, engine.calm)


def _loses(cluster: SimCluster, fault: Fault) -> None:
    engine = cluster.engines[fault.target]
    engine.losses = fault.amount / 100
    cluster.until(fault.us, engine.calm)


def _refuses_pulls(cluster: SimCluster, fault: Fault) -> None:
    engine = cluster.engines[fault.target]
    engine.refuses_pulls = True
    cluster.until(fault.us, engine.calm)


def _dies(cluster: SimCluster, fault: Fault) -> None:
    engine, name = cluster.engines[fault.target], fault.target
    engine.crash()
    cluster.until(fault.us, lambda: engine.boot() if name not in cluster.machines_down else None)


def _amount(low: int, high: int) -> Draw:
    return lambda rng: (lasting(1, 60)(rng)[0], rng.randrange(low, high))


KINDS = (
    Kind("engine-slow", 0.3, engines, _amount(3, 60), _slow, "its calls take many times as long"),
    Kind("engine-fails", 0.3, engines, _amount(10, 90), _fails, "this share of its calls, in percent, is refused"),
    Kind("engine-silent", 0.3, engines, _amount(10, 70), _loses, "this share is done, and the answer is lost"),
    Kind("engine-no-pulls", 0.1, engines, lasting(1, 60), _refuses_pulls, "its registry does not answer"),
    Kind("engine-dies", 0.3, engines, lasting(0.2, 30), _dies, "kill -9 of the engine"),
)
