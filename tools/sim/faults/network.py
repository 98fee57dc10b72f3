"""What goes wrong between a master and those who keep a session with it."""

from collections.abc import Callable, Sequence
from functools import partial

from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.faults.model import Draw, Fault, Kind, agents, at_once, clients, frameworks, lasting, masters
from barter.tools.sim.network import End
from barter.tools.sim.world import SECOND_US

ONE_WAY, OTHER_WAY = 1, 2
RACK = 3


def _cut(cluster: SimCluster, fault: Fault) -> None:
    """Messages are held, and come when it ends, unless their stream was given up."""
    ways = _ways(cluster, fault.target)
    if fault.amount in (ONE_WAY, OTHER_WAY):
        half = len(ways) // 2
        ways = ways[:half] if fault.amount == ONE_WAY else ways[half:]
    _hold(cluster, ways, fault.us)


def _switch_off(cluster: SimCluster, fault: Fault) -> None:
    """The framework's rack: it and some neighbouring agents are cut off together."""
    agents = list(cluster.agents)
    first = fault.amount % max(len(agents), 1)
    for name in (fault.target, *(agents + agents)[first : first + min(RACK, len(agents))]):
        _hold(cluster, _ways(cluster, name), fault.us)


def cut_together(agents: Sequence[str], fault: Fault) -> Sequence[str]:
    """Whom a fault cuts off from the master at once: the target and those after it, or half of all."""
    match fault.kind:
        case "cut-long":
            first, count = agents.index(fault.target), min(fault.amount, len(agents))
        case "half-lost":
            first, count = fault.amount % max(len(agents), 1), len(agents) // 2
        case _:
            return ()
    return [*agents, *agents][first : first + count]


def _cut_together(cluster: SimCluster, fault: Fault) -> None:
    for name in cut_together(list(cluster.agents), fault):
        _hold(cluster, _ways(cluster, name), fault.us)


def _ways(cluster: SimCluster, name: str) -> list[tuple[str, str]]:
    """To the masters, one after the other, then from them."""
    hosts = [master.host for master in cluster.masters]
    return [(name, host) for host in hosts] + [(host, name) for host in hosts]


def _hold(cluster: SimCluster, ways: Sequence[tuple[str, str]], us: int) -> None:
    for here, there in ways:
        cluster.network.cut(here, there)
        cluster.until(us, partial(cluster.network.mend, here, there))


def _ends(cluster: SimCluster, fault: Fault) -> list[End]:
    """The target's own ends of its streams to masters."""
    hosts = {master.host for master in cluster.masters}
    return [end for end in cluster.network.ends if end.here == fault.target and end.there in hosts]


def _each(strike: Callable[[SimCluster, Fault, End], None]) -> Callable[[SimCluster, Fault], None]:
    def all_of_them(cluster: SimCluster, fault: Fault) -> None:
        for end in _ends(cluster, fault):
            strike(cluster, fault, end)

    return all_of_them


def _stall(cluster: SimCluster, fault: Fault, end: End) -> None:
    if fault.amount != OTHER_WAY:
        end.stall(fault.us)
    if fault.amount != ONE_WAY:
        end.peer.stall(fault.us)


def _break(cluster: SimCluster, fault: Fault, end: End) -> None:
    cluster.network.break_off(end, "the connection was reset")


def _half_open(cluster: SimCluster, fault: Fault, end: End) -> None:
    near = end if fault.amount == ONE_WAY else end.peer
    cluster.network.break_off(near, "the connection was reset", far_side=False)


def _dial_twice(cluster: SimCluster, fault: Fault) -> None:
    cluster.network.dial_twice(fault.target)
    _each(_break)(cluster, fault)


def _lose_revives(cluster: SimCluster, fault: Fault) -> None:
    framework = cluster.frameworks[fault.target]

    def set_to(losing: int) -> None:
        framework.loses_revives = bool(losing)

    cluster.impose(f"revive-lost {fault.target}", 1, fault.us, set_to)


def _slow(cluster: SimCluster, fault: Fault) -> None:
    def set_to(times: int) -> None:
        if times:
            cluster.network.slowness[fault.target] = times
        else:
            del cluster.network.slowness[fault.target]

    cluster.impose(f"slow {fault.target}", fault.amount, fault.us, set_to)


def _one_way(us: Draw) -> Draw:
    return lambda rng: (us(rng)[0], rng.choice((ONE_WAY, OTHER_WAY)))


KINDS = (
    Kind("cut", 0.5, clients, lasting(1, 240), _cut, "no packet passes between it and the master; then all come late"),
    Kind("cut-one-way", 0.4, clients, _one_way(lasting(1, 240)), _cut, "packets pass in one direction only"),
    Kind(
        "switch",
        0.7,
        frameworks,
        lambda rng: (lasting(5, 240)(rng)[0], rng.randrange(1, 1_000)),
        _switch_off,
        "it and three agents are cut off from the master together",
    ),
    Kind(
        "cut-long",
        0.25,
        agents,
        lambda rng: (lasting(200, 500)(rng)[0], rng.randrange(1, 3)),
        _cut_together,
        "cut off until it may have been removed, alone or with the next one",
    ),
    Kind(
        "half-lost",
        0.6,
        masters,
        lambda rng: (lasting(60, 500)(rng)[0], rng.randrange(1, 1_000)),
        _cut_together,
        "half of the agents are cut off from the master at once",
    ),
    Kind(
        "stall", 0.6, clients, _one_way(lasting(0.1, 8)), _each(_stall), "lost packets: a stream's messages come late"
    ),
    Kind("break", 0.6, clients, at_once, _each(_break), "its stream breaks, and loses what was on its way"),
    Kind(
        "half-open",
        0.5,
        clients,
        _one_way(at_once),
        _each(_half_open),
        "its stream breaks, and one end never learns it",
    ),
    Kind(
        "revive-lost", 0.8, frameworks, lasting(5, 60), _lose_revives, "its stream breaks with each revive on its way"
    ),
    Kind("dial-twice", 0.4, clients, at_once, _dial_twice, "its next registration arrives twice, on two streams"),
    Kind(
        "slow",
        0.4,
        clients,
        lambda rng: (rng.randrange(60) * SECOND_US, rng.randrange(20, 400)),
        _slow,
        "its packets take many times as long",
    ),
)
