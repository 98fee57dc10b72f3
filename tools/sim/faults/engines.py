"""Container engines that are slow, refuse, lose their answers, or die."""

from collections.abc import Callable
from functools import partial

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.disk import Doom
from barter.tools.sim.engine import Engine
from barter.tools.sim.faults.model import Draw, Fault, Kind, engines, lasting


def _imposed(set_to: Callable[[Engine, int], None]) -> Callable[[SimCluster, Fault], None]:
    def strike(cluster: SimCluster, fault: Fault) -> None:
        engine = cluster.engines[fault.target]
        cluster.impose(f"{fault.kind} {fault.target}", fault.amount, fault.us, partial(set_to, engine))

    return strike


def _slowness(engine: Engine, times: int) -> None:
    engine.slowness = max(times, 1)


def _errors(engine: Engine, percent: int) -> None:
    engine.errors = percent / 100


def _losses(engine: Engine, percent: int) -> None:
    engine.losses = percent / 100


def _no_pulls(engine: Engine, refusing: int) -> None:
    engine.refuses_pulls = bool(refusing)


def _lies(engine: Engine, percent: int) -> None:
    engine.lies = percent / 100


def _late(engine: Engine, percent: int) -> None:
    engine.late = percent / 100


def _dies_amid(cluster: SimCluster, fault: Fault) -> None:
    engine, name = cluster.engines[fault.target], fault.target

    def dies() -> None:
        engine.crash()
        cluster.until(fault.us, lambda: engine.boot() if name not in cluster.machines_down else None)

    engine.died = dies
    engine.arm((Doom.BEFORE_SYNC, Doom.AFTER_SYNC)[fault.amount % 2])


def _dies(cluster: SimCluster, fault: Fault) -> None:
    engine, name = cluster.engines[fault.target], fault.target
    engine.crash()
    cluster.until(fault.us, lambda: engine.boot() if name not in cluster.machines_down else None)


def _amount(low: int, high: int) -> Draw:
    return lambda rng: (lasting(2, 120)(rng)[0], rng.randrange(low, high))


KINDS = (
    Kind("engine-slow", 0.4, engines, _amount(3, 60), _imposed(_slowness), "its calls take many times as long"),
    Kind("engine-fails", 0.7, engines, _amount(10, 90), _imposed(_errors), "this share of its calls (%) is refused"),
    Kind("engine-silent", 0.7, engines, _amount(10, 70), _imposed(_losses), "this share is done, the answer is lost"),
    Kind("engine-no-pulls", 0.3, engines, _amount(1, 2), _imposed(_no_pulls), "its registry does not answer"),
    Kind("engine-lies", 0.4, engines, _amount(10, 50), _imposed(_lies), "this share is refused though done, or stale"),
    Kind("engine-late", 0.3, engines, _amount(10, 50), _imposed(_late), "this share is done after its caller gave up"),
    Kind("engine-dies-amid", 0.5, engines, _amount(0, 2), _dies_amid, "dies with its next change: before or after it"),
    Kind("engine-dies", 0.4, engines, lasting(0.2, 30), _dies, "kill -9 of the engine"),
)
