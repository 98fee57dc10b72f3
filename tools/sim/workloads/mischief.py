"""What the classic framework is made to do: nothing of it is forbidden, all of it is a nuisance."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from barter.tools.sim.workloads.workload import Act

MOST_TASKS = 10


@dataclass(frozen=True, slots=True)
class Want(Act):
    """Keep so many tasks up from now on."""

    count: int


@dataclass(frozen=True, slots=True)
class KillOne(Act):
    """Of its tasks the one with this number, modulo how many there are."""

    chosen: int


@dataclass(frozen=True, slots=True)
class KillUnknown(Act):
    """A task id that nobody ever launched."""

    number: int


@dataclass(frozen=True, slots=True)
class AskAll(Act):
    """Reconcile without naming a task."""


@dataclass(frozen=True, slots=True)
class AskSome(Act):
    """Reconcile all known tasks, and some that never were."""

    strangers: int


@dataclass(frozen=True, slots=True)
class GoQuiet(Act):
    """Suppress, although something may be missing; revive after so long."""

    revive_after_ms: int


@dataclass(frozen=True, slots=True)
class ReviveOften(Act):
    """Revive, and suppress in between."""

    times: int


@dataclass(frozen=True, slots=True)
class UseLost(Act):
    """Launch on an offer that was rescinded or used, if there is one."""


@dataclass(frozen=True, slots=True)
class FailOver(Act):
    """Stop; another process with the same id is to take over."""


def draw_acts(rng: Random, duration_ms: int) -> list[Act]:
    times = sorted(rng.randrange(duration_ms) for _ in range(5 + duration_ms // 80_000))
    makers = rng.choices([make for make, _ in _USUAL], [weight for _, weight in _USUAL], k=len(times))
    acts = (make(rng, at_ms) for make, at_ms in zip(makers, times, strict=True))
    return [Want(0, rng.randint(3, MOST_TASKS)), *acts]


_USUAL: tuple[tuple[Callable[[Random, int], Act], int], ...] = (
    (lambda rng, at_ms: Want(at_ms, rng.randint(0, MOST_TASKS)), 4),
    (lambda rng, at_ms: KillOne(at_ms, rng.randrange(MOST_TASKS)), 4),
    (lambda rng, at_ms: KillUnknown(at_ms, rng.randrange(1_000)), 1),
    (lambda rng, at_ms: AskAll(at_ms), 2),
    (lambda rng, at_ms: AskSome(at_ms, rng.randrange(4)), 2),
    (lambda rng, at_ms: GoQuiet(at_ms, rng.randrange(1_000, 60_000)), 2),
    (lambda rng, at_ms: ReviveOften(at_ms, rng.randint(2, 5)), 1),
    (lambda rng, at_ms: UseLost(at_ms), 3),
    (lambda rng, at_ms: FailOver(at_ms), 2),
)
