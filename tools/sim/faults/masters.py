"""What goes wrong with masters that are elected, and with the ZooKeeper that elects them."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from barter.core.candidacy import Resign
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.ensemble import Ensemble
from barter.tools.sim.faults.model import Fault, Kind, elected, lasting, servers
from barter.tools.sim.world import SECOND_US

BOTH_WAYS, THERE, BACK = range(3)
LAGS_MS = 2_000


def _of(cluster: SimCluster) -> Ensemble:
    assert cluster.ensemble is not None
    return cluster.ensemble


def _leader(cluster: SimCluster) -> str:
    """The one that leads; faults of a leader strike it, whoever was drawn."""
    return cluster.master.name


def _ways(here: Sequence[str], there: Sequence[str], which: int) -> list[tuple[str, str]]:
    to = [(one, other) for one in here for other in there]
    back = [(other, one) for one, other in to]
    return {THERE: to, BACK: back}.get(which, to + back)


def _cut(cluster: SimCluster, us: int, ways: Sequence[tuple[str, str]]) -> None:
    for here, there in ways:
        cluster.network.cut(here, there)
        cluster.until(us, partial(cluster.network.mend, here, there))


def _cut_from_zookeeper(cluster: SimCluster, fault: Fault) -> None:
    _cut(cluster, fault.us, _ways([fault.target], list(_of(cluster).servers), fault.amount))


def _cut_leader(cluster: SimCluster, fault: Fault) -> None:
    _cut(cluster, fault.us, _ways([_leader(cluster)], list(_of(cluster).servers), fault.amount))


def _cut_from_agents(cluster: SimCluster, fault: Fault) -> None:
    _cut(cluster, fault.us, _ways([fault.target], list(cluster.agents), fault.amount))


def _cut_from_frameworks(cluster: SimCluster, fault: Fault) -> None:
    _cut(cluster, fault.us, _ways([fault.target], list(cluster.frameworks), fault.amount))


def _pause_leader(cluster: SimCluster, fault: Fault) -> None:
    cluster.process(_leader(cluster)).pause(fault.us)


def _resign(cluster: SimCluster, fault: Fault) -> None:
    process = cluster.candidates[_leader(cluster)]
    process.down_us = fault.us
    process.post(Resign("it was asked to"))


def _crash_server(cluster: SimCluster, fault: Fault) -> None:
    ensemble = _of(cluster)
    _down(cluster, fault.target if fault.amount else ensemble.leader or fault.target, fault.us)


def _down(cluster: SimCluster, name: str, us: int) -> None:
    ensemble = _of(cluster)
    if ensemble.servers[name].up:
        ensemble.crash(name)
        cluster.until(us, partial(ensemble.start, name))


def _hang_server(cluster: SimCluster, fault: Fault) -> None:
    ensemble = _of(cluster)
    ensemble.hang(fault.target if fault.amount else ensemble.leader or fault.target, fault.us)


def _cut_server(cluster: SimCluster, fault: Fault) -> None:
    ensemble = _of(cluster)
    ensemble.cut(fault.target)
    cluster.until(fault.us, partial(ensemble.mend, fault.target))


def _lose_quorum(cluster: SimCluster, fault: Fault) -> None:
    """All but one of the servers end, one by one."""
    ensemble = _of(cluster)
    for name in [name for name in ensemble.servers if name != fault.target]:
        _down(cluster, name, fault.us)


def _lose_answer(cluster: SimCluster, fault: Fault) -> None:
    """Of the leader, which writes; done or not, it hears only that the connection is lost."""
    ensemble, who = _of(cluster), _leader(cluster)
    ensemble.loses[who] = bool(fault.amount)
    cluster.until(fault.us, partial(ensemble.loses.pop, who, None))


def _lose_watches(cluster: SimCluster, fault: Fault) -> None:
    _of(cluster).loses_watches += fault.amount


def _slow(cluster: SimCluster, fault: Fault) -> None:
    def set_to(us: int) -> None:
        _of(cluster).slow_us = us

    cluster.impose("slow zookeeper", fault.amount * 1_000, fault.us, set_to)


def _lag(cluster: SimCluster, fault: Fault) -> None:
    ensemble = _of(cluster)
    ensemble.lag(fault.target)
    cluster.until(fault.us, partial(ensemble.catch_up, fault.target))


def _drift(cluster: SimCluster, fault: Fault) -> None:
    _of(cluster).clock.drift(fault.amount)


def _any_way(us: Callable[[Random], tuple[int, int]]) -> Callable[[Random], tuple[int, int]]:
    return lambda rng: (us(rng)[0], rng.randrange(3))


def _or_other(us: Callable[[Random], tuple[int, int]]) -> Callable[[Random], tuple[int, int]]:
    """An amount of 0 is for the leader of the servers."""
    return lambda rng: (us(rng)[0], rng.randrange(2))


KINDS = (
    Kind("zk-cut", 0.5, elected, _any_way(lasting(1, 60)), _cut_from_zookeeper, "a master and ZooKeeper are parted"),
    Kind("zk-cut-leader", 0.5, elected, _any_way(lasting(1, 60)), _cut_leader, "the leader and ZooKeeper are parted"),
    Kind("agents-cut", 0.4, elected, _any_way(lasting(1, 90)), _cut_from_agents, "a master and all agents are parted"),
    Kind(
        "frameworks-cut",
        0.4,
        elected,
        _any_way(lasting(1, 90)),
        _cut_from_frameworks,
        "a master and all frameworks are parted",
    ),
    Kind("leader-pause", 0.5, elected, lasting(1, 60), _pause_leader, "SIGSTOP of the leader, then SIGCONT"),
    Kind("handover", 0.5, elected, lasting(0.2, 10), _resign, "SIGTERM of the leader"),
    Kind("zk-crash", 0.5, servers, _or_other(lasting(0.5, 60)), _crash_server, "a server of ZooKeeper dies"),
    Kind("zk-hang", 0.5, servers, _or_other(lasting(0.2, 30)), _hang_server, "a server of ZooKeeper is stopped"),
    Kind("zk-part", 0.4, servers, lasting(0.2, 30), _cut_server, "a server of ZooKeeper does not reach the others"),
    Kind("zk-quorum", 0.4, servers, lasting(1, 60), _lose_quorum, "of the servers of ZooKeeper one is left"),
    Kind(
        "zk-unknown",
        2,
        elected,
        _or_other(lasting(1, 60)),
        _lose_answer,
        "the connection breaks in a write of the leader: done (1) or not (0), it does not know",
    ),
    Kind(
        "zk-watch",
        1,
        servers,
        lambda rng: (0, rng.randrange(1, 4)),
        _lose_watches,
        "so many watches that fire are lost",
    ),
    Kind(
        "zk-slow",
        0.4,
        servers,
        lambda rng: (rng.randrange(30) * SECOND_US, rng.randrange(100, LAGS_MS)),
        _slow,
        "ZooKeeper answers up to so many ms later",
    ),
    Kind(
        "zk-drift",
        0.4,
        servers,
        lambda rng: (0, rng.randrange(-50_000, 50_000)),
        _drift,
        "the clock that judges sessions runs fast or slow, in ppm",
    ),
)
