"""What happens in one seed's world, drawn beforehand: the stream of tasks, and the faults with their moments."""

from dataclasses import dataclass
from random import Random

from tests.campaign.tasks import Spec

WAVES = 5
STORY_MS = 3_500
# How often, and what it needs: "docker", "root" or nothing.
FAULTS: dict[str, tuple[int, str]] = {
    "kill agent": (10, ""),
    "kill executor": (10, ""),
    "kill agent and executor": (8, ""),
    "kill engine": (8, "docker"),
    "kill all": (8, ""),
    "kill keeper": (3, ""),
    "kill executor and keeper": (4, ""),
    "kill agent and executor again and again": (4, ""),
    "end agent": (3, ""),
    "stop agent": (5, ""),
    "stop executor": (6, ""),
    "stop engine": (5, "docker"),
    "stop all": (4, ""),
    "full disk": (6, "root"),
    "full disk and kill": (4, "root"),
    "cut": (5, ""),
    "silence": (5, ""),
    "agent unheard": (3, ""),
    "master unheard": (3, ""),
    "slow network": (3, ""),
    "clock forward": (4, ""),
    "clock back": (4, ""),
    "another master": (5, ""),
    "orders twice": (4, ""),
}
_ENDING = (
    *("exits", "exits", "exits", "exits", "exits", "prints", "forks", "closes", "kills itself"),
    *("needs memory", "falls ill"),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """`delay_ms` after the `count`-th of `what` ("update" heard, "order" given), or after the start ("start")."""

    what: str
    count: int
    delay_ms: int

    def __str__(self) -> str:
        return f"{self.delay_ms} ms after " + (f"{self.what} {self.count}" if self.count else "the start")


@dataclass(frozen=True, slots=True)
class Fault:
    """`lasts_ms` until it is over or what was killed is started again; `amount` as its kind has it."""

    kind: str
    moment: Moment
    lasts_ms: int
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Wave:
    """Tasks ordered together, so long after the start."""

    at_ms: int
    specs: tuple[Spec, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """With `isolated` process tasks run in bubblewrap."""

    seed: int
    docker: bool
    isolated: bool
    waves: tuple[Wave, ...]
    faults: tuple[Fault, ...]

    @property
    def specs(self) -> tuple[Spec, ...]:
        return tuple(spec for wave in self.waves for spec in wave.specs)


def draw(seed: int, *, docker: bool, root: bool, bubblewrap: bool = False) -> Plan:
    """The same for the same seed on every machine that can have the same: `docker`, `root`, `bubblewrap`."""
    rng = Random(seed)
    with_docker = rng.random() < 0.5 and docker
    has = {"": True, "docker": with_docker, "root": root}
    kinds = [kind for kind, (_, need) in FAULTS.items() if has[need]]
    weights = [FAULTS[kind][0] for kind in kinds]
    waves = tuple(_wave(rng, number, with_docker) for number in range(WAVES))
    tasks = sum(len(wave.specs) for wave in waves)
    chosen = rng.choices(kinds, weights, k=rng.randint(2, 4))
    isolated = bubblewrap and root and Random(f"isolated {seed}").random() < 0.4
    return Plan(seed, with_docker, isolated, waves, tuple(_fault(rng, kind, tasks) for kind in chosen))


def _wave(rng: Random, number: int, docker: bool) -> Wave:
    at_ms = number * STORY_MS // WAVES + rng.randint(0, 300)
    group = f"g{number}" if rng.random() < 0.12 else ""
    together = docker and rng.random() < 0.5
    count = rng.randint(2, 4)
    specs = []
    for letter in "abcd"[:count]:
        in_docker = together if group else docker and rng.random() < 0.5
        specs.append(_spec(rng, f"t{number}{letter}", in_docker, group))
    return Wave(at_ms, tuple(specs))


def _spec(rng: Random, name: str, in_docker: bool, group: str) -> Spec:
    kind = rng.choice(_ENDING) if rng.random() < 0.65 else rng.choice(("stays", "polite", "deaf", "stays"))
    if rng.random() < 0.03:
        kind = "no image" if in_docker else "missing"
    if in_docker and kind == "kills itself":
        # The first process of a container is spared its own SIGKILL.
        kind = "exits"
    return Spec(
        name,
        kind,
        in_docker,
        seconds=round(rng.choice((rng.uniform(0, 0.2), rng.uniform(0, 1), rng.uniform(0.5, 3))), 3),
        code=rng.choice((0, 0, 1, 3, 42, 255)),
        kill_ms=rng.randint(0, 1_500) if rng.random() < 0.25 else -1,
        grace_ms=rng.choice((0, 200, 600)),
        fetches=rng.random() < 0.15,
        group=group,
    )


def _fault(rng: Random, kind: str, tasks: int) -> Fault:
    delay = rng.choice((0, rng.randint(0, 10), rng.randint(0, 60), rng.randint(0, 400)))
    what = rng.choice(("update", "update", "order", "start"))
    if what == "start":
        moment = Moment("start", 0, rng.randint(0, STORY_MS))
    else:
        moment = Moment(what, rng.randint(1, tasks), delay)
    lasts = rng.choice((0, rng.randint(0, 200), rng.randint(100, 1_500), rng.randint(1_000, 5_000)))
    amount = 0
    if kind.endswith("again and again"):
        amount = rng.randint(3, 5)
        lasts = rng.randint(50, 600)
    elif kind == "slow network":
        amount = rng.randint(10, 400)
    elif kind.startswith("clock"):
        amount = rng.choice((1_500, 60_000, 3_600_000, 86_400_000)) * (1 if kind == "clock forward" else -1)
    elif kind.startswith("kill"):
        # What is killed is started again soon, as by a supervisor.
        lasts = min(lasts, 1_200)
    elif kind.startswith("full"):
        lasts = min(max(lasts, 200), 2_000)
    return Fault(kind, moment, lasts, amount)
