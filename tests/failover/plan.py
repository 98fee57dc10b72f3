"""What is done to a cluster, drawn from a seed: rounds of faults that overlap."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

MOST_AT_A_TIME = 4
SPREAD_MS = 1_200
PART = "part "


@dataclass(frozen=True, slots=True)
class Shape:
    """Faults of one group never overlap; each lasts so long."""

    group: str
    least_ms: int
    most_ms: int


@dataclass(frozen=True, slots=True)
class Fault:
    """`after_ms` from the beginning of its round; `pick` chooses among followers, agents and servers."""

    kind: str
    after_ms: int
    lasts_ms: int
    pick: int

    def __str__(self) -> str:
        return f"{self.kind} ({self.after_ms} ms after, for {self.lasts_ms} ms)"


# For what is killed it is how long until a supervisor starts it again. Sessions are of 2 s.
FAULTS = {
    "kill leader": Shape("leader", 100, 1_500),
    "kill follower": Shape("follower", 100, 1_500),
    "kill leader and follower": Shape("masters", 100, 1_500),
    "kill all masters": Shape("masters", 100, 1_500),
    "end leader": Shape("leader", 100, 800),
    "end follower": Shape("follower", 100, 800),
    "stop leader briefly": Shape("leader", 200, 1_200),
    "stop leader": Shape("leader", 2_500, 4_000),
    "stop follower": Shape("follower", 500, 4_000),
    "stop all masters": Shape("masters", 2_500, 3_500),
    "kill zookeeper leader": Shape("zookeeper", 100, 1_500),
    "kill zookeeper follower": Shape("zookeeper", 100, 1_500),
    "kill zookeeper quorum": Shape("zookeeper", 500, 3_000),
    "kill all zookeepers": Shape("zookeeper", 100, 1_500),
    "stop zookeeper leader": Shape("zookeeper", 500, 4_000),
    "stop zookeeper follower": Shape("zookeeper", 500, 4_000),
    "stop zookeeper quorum": Shape("zookeeper", 500, 3_500),
    "part zookeeper leader": Shape("zookeeper", 500, 4_000),
    "part zookeeper follower": Shape("zookeeper", 500, 4_000),
    "part unheard zookeeper leader": Shape("zookeeper", 500, 4_000),
    "cut leader from zookeeper": Shape("leader's zookeeper", 500, 4_000),
    "leader unheard by zookeeper": Shape("leader's zookeeper", 500, 4_000),
    "leader deaf to zookeeper": Shape("leader's zookeeper", 500, 4_000),
    "break leader from zookeeper": Shape("leader's zookeeper", 100, 3_000),
    "cut leader from a zookeeper": Shape("leader's zookeeper", 500, 4_000),
    "cut follower from zookeeper": Shape("follower's zookeeper", 500, 4_000),
    "cut all masters from zookeeper": Shape("leader's zookeeper", 500, 3_500),
    "cut agents from leader": Shape("agents", 500, 2_500),
    "agents unheard by leader": Shape("agents", 500, 2_500),
    "agents deaf to leader": Shape("agents", 500, 2_500),
    "break agents from masters": Shape("agents", 100, 1_500),
    "cut agent briefly": Shape("agents", 500, 2_500),
    "cut agent": Shape("agents", 7_000, 8_000),
    "cut framework from leader": Shape("framework", 500, 3_000),
    "framework deaf to leader": Shape("framework", 500, 3_000),
    "break framework from masters": Shape("framework", 100, 1_500),
    "kill framework": Shape("framework", 100, 1_500),
    "kill all frameworks": Shape("framework", 100, 1_500),
    "end framework": Shape("framework", 100, 800),
    "stop framework": Shape("framework", 500, 4_000),
    "cut framework from zookeeper": Shape("framework", 500, 4_000),
    "kill masters and zookeepers": Shape("masters", 100, 1_500),
}


def rounds(seed: int, count: int, *, namespaces: bool) -> Iterator[tuple[Fault, ...]]:
    """So many faults in all; every kind comes before one comes again. Without namespaces servers cannot be parted."""
    kinds = [kind for kind in FAULTS if namespaces or not kind.startswith(PART)]
    random = Random(seed)
    deck: list[str] = []
    while count:
        size = min(random.choice((1, 2, 2, 3, 3, MOST_AT_A_TIME)), count)
        dealt: list[Fault] = []
        groups: set[str] = set()
        while len(dealt) < size:
            kind = _deal(deck, kinds, groups, random)
            groups.update(_busy(FAULTS[kind].group))
            dealt.append(_fault(kind, random))
        count -= size
        yield tuple(sorted(dealt, key=lambda fault: fault.after_ms))


def _deal(deck: list[str], kinds: list[str], groups: set[str], random: Random) -> str:
    """The next of the deck that can go with the others; a new deck below it where none can."""
    found = next((kind for kind in deck if FAULTS[kind].group not in groups), None)
    if found is None:
        more = list(kinds)
        random.shuffle(more)
        deck += more
        found = next(kind for kind in deck if FAULTS[kind].group not in groups)
    deck.remove(found)
    return found


def _busy(group: str) -> tuple[str, ...]:
    """What may not be struck beside it: for one process is stopped or started by one fault at a time."""
    if group == "masters":
        return "masters", "leader", "follower", "zookeeper"
    if group in ("leader", "follower"):
        return group, "masters"
    return (group, "masters") if group == "zookeeper" else (group,)


def _fault(kind: str, random: Random) -> Fault:
    shape = FAULTS[kind]
    lasts = random.randint(shape.least_ms, shape.most_ms)
    return Fault(kind, random.randrange(SPREAD_MS), lasts, random.randrange(1_000))
