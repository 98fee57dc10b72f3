"""Whom a fault strikes: the parts that it ends or stops, or the ways that it closes."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.failover.plan import Fault

MASTERS = ("m1", "m2", "m3")
ZOOKEEPERS = ("z1", "z2", "z3")
AGENTS = ("a1", "a2", "a3", "a4")
SERVICES = ("s1", "s2")
PARTS_VERBS = ("kill", "end", "stop")
Way = tuple[str, str]
"""From who connects to who listens."""


@dataclass(frozen=True, slots=True)
class Leading:
    """By name, who leads as the fault strikes."""

    master: str
    zookeeper: str
    service: str


@dataclass(frozen=True, slots=True)
class Target:
    """`apart`: the agents that are kept from their master by it."""

    parts: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    apart: tuple[str, ...] = ()


def aim(fault: Fault, leading: Leading) -> Target:
    """Raises ValueError for a kind that there is not."""
    verb, _, noun = fault.kind.partition(" ")
    if verb in PARTS_VERBS:
        return Target(parts=_parts(noun.removesuffix(" briefly"), fault.pick, leading))
    return _ways(fault, leading)


def _parts(noun: str, pick: int, leading: Leading) -> tuple[str, ...]:
    masters, head = _others(MASTERS, leading.master), leading.zookeeper
    servers = _others(ZOOKEEPERS, head)
    table: dict[str, tuple[str, ...]] = {
        "leader": (leading.master,),
        "follower": (_one(masters, pick),),
        "leader and follower": (leading.master, _one(masters, pick)),
        "all masters": MASTERS,
        "zookeeper leader": (head,),
        "zookeeper follower": (_one(servers, pick),),
        "zookeeper quorum": (head, _one(servers, pick)),
        "all zookeepers": ZOOKEEPERS,
        "masters and zookeepers": (*MASTERS, *ZOOKEEPERS),
        "framework": (leading.service,),
        "all frameworks": SERVICES,
    }
    if noun not in table:
        raise ValueError(f"no such parts: {noun}")
    return table[noun]


def _ways(fault: Fault, leading: Leading) -> Target:
    leader, one = leading.master, (_one(AGENTS, fault.pick),)
    server, head = (_one(ZOOKEEPERS, fault.pick),), leading.zookeeper
    table: dict[str, Target] = {
        "part zookeeper leader": Target(ways=_both(head)),
        "part zookeeper follower": Target(ways=_both(_one(_others(ZOOKEEPERS, head), fault.pick))),
        "part unheard zookeeper leader": Target(ways=_all((head,), _others(ZOOKEEPERS, head))),
        "cut leader from zookeeper": Target(ways=_all((leader,), ZOOKEEPERS)),
        "leader unheard by zookeeper": Target(ways=_all((leader,), ZOOKEEPERS)),
        "leader deaf to zookeeper": Target(ways=_all((leader,), ZOOKEEPERS)),
        "break leader from zookeeper": Target(ways=_all((leader,), ZOOKEEPERS)),
        "cut leader from a zookeeper": Target(ways=_all((leader,), server)),
        "cut follower from zookeeper": Target(ways=_all((_one(_others(MASTERS, leader), fault.pick),), ZOOKEEPERS)),
        "cut all masters from zookeeper": Target(ways=_all(MASTERS, ZOOKEEPERS)),
        "cut framework from zookeeper": Target(ways=_all((leading.service,), ZOOKEEPERS)),
        "cut framework from leader": Target(ways=_all(SERVICES, (leader,))),
        "framework deaf to leader": Target(ways=_all(SERVICES, (leader,))),
        "break framework from masters": Target(ways=_all(SERVICES, MASTERS)),
        "cut agents from leader": Target(ways=_all(AGENTS, (leader,)), apart=AGENTS),
        "agents unheard by leader": Target(ways=_all(AGENTS, (leader,)), apart=AGENTS),
        "agents deaf to leader": Target(ways=_all(AGENTS, (leader,)), apart=AGENTS),
        "break agents from masters": Target(ways=_all(AGENTS, MASTERS), apart=AGENTS),
        "cut agent briefly": Target(ways=_all(one, MASTERS), apart=one),
        "cut agent": Target(ways=_all(one, MASTERS), apart=one),
    }
    if fault.kind not in table:
        raise ValueError(f"no such fault: {fault.kind}")
    return table[fault.kind]


def _others(names: Iterable[str], one: str) -> tuple[str, ...]:
    return tuple(name for name in names if name != one)


def _one(names: tuple[str, ...], pick: int) -> str:
    return names[pick % len(names)]


def _all(clients: tuple[str, ...], servers: tuple[str, ...]) -> tuple[Way, ...]:
    return tuple((client, server) for client in clients for server in servers)


def _both(server: str) -> tuple[Way, ...]:
    others = _others(ZOOKEEPERS, server)
    return _all((server,), others) + _all(others, (server,))
