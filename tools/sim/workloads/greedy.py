"""A framework that runs nothing: it declines everything, or sits on offers until they expire."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from barter.core.cluster import Filters, FrameworkInfo, Offer
from barter.core.ids import FrameworkId
from barter.core.tasks import TaskInfo
from barter.sdk.driver import Driver
from barter.sdk.scheduler import Scheduler
from barter.sdk.store import StateStore
from barter.tools.sim.workloads.workload import Act, Workload

DAY, NIGHT = "ops/day", "ops/night"
REFUSALS_MS = (0, 1, 1_500, 30_000, 600_000)


@dataclass(frozen=True, slots=True)
class Hoard(Act):
    """Ask for offers and answer none, for so long."""

    for_ms: int


@dataclass(frozen=True, slots=True)
class DeclineAll(Act):
    """Ask for offers and decline each under this filter, for so long."""

    for_ms: int
    refuse_ms: int


@dataclass(frozen=True, slots=True)
class OneRole(Act):
    """Want offers for one of its roles only, and decline them."""

    role: str
    for_ms: int


class GreedyScheduler(Scheduler):
    """`refuse_ms` None: what is offered is not answered. Wants nothing but when it is asked to want."""

    def __init__(self) -> None:
        self.driver: Driver | None = None
        self.refuse_ms: int | None = 60_000
        self._asked = 0

    def registered(self, driver: Driver, framework_id: FrameworkId) -> None:
        self.driver = driver
        driver.suppress()

    def resource_offers(self, driver: Driver, offers: Sequence[Offer]) -> None:
        if self.refuse_ms is not None:
            for offer in offers:
                driver.decline(offer, Filters(self.refuse_ms))

    def want(self, refuse_ms: int | None, for_ms: int, roles: Sequence[str] = ()) -> None:
        if self.driver is None:
            return
        self.refuse_ms = refuse_ms
        self._asked += 1
        asked, driver = self._asked, self.driver
        if roles:
            driver.suppress()
        driver.revive(roles)

        def enough() -> None:
            if asked == self._asked:
                self.refuse_ms = 60_000
                driver.suppress()

        driver.call_later(for_ms, enough)


class GreedyWorkload(Workload):
    name = "greedy"
    framework = FrameworkInfo("greedy", roles=(DAY, NIGHT))
    demands_only = False

    def __init__(self) -> None:
        self.scheduler: GreedyScheduler | None = None

    def start(self, store: StateStore, rng: Random) -> GreedyScheduler:
        self.scheduler = GreedyScheduler()
        return self.scheduler

    def operator_actions(self, rng: Random, duration_ms: int) -> Sequence[Act]:
        times = sorted(rng.randrange(duration_ms) for _ in range(1 + duration_ms // 360_000))
        return [_draw_act(rng, at_ms) for at_ms in times]

    def act(self, act: Act) -> None:
        if self.scheduler is None:
            return
        match act:
            case Hoard(_, for_ms):
                self.scheduler.want(None, for_ms)
            case DeclineAll(_, for_ms, refuse_ms):
                self.scheduler.want(refuse_ms, for_ms)
            case OneRole(_, role, for_ms):
                self.scheduler.want(REFUSALS_MS[-2], for_ms, (role,))
            case _:
                pass

    def calm(self) -> None:
        super().calm()
        if self.scheduler is not None:
            self.scheduler.want(60_000, 1)

    def settled(self, running: Sequence[TaskInfo]) -> str:
        return f"{len(running)} run, it wanted none" if running else ""


def _draw_act(rng: Random, at_ms: int) -> Act:
    match rng.choice(("hoard", "hoard", "decline", "role")):
        case "hoard":
            return Hoard(at_ms, rng.randrange(40_000, 150_000))
        case "decline":
            refuse_ms = rng.choice(REFUSALS_MS)
            return DeclineAll(at_ms, rng.randrange(5_000, 15_000 if refuse_ms < 10_000 else 100_000), refuse_ms)
        case _:
            return OneRole(at_ms, rng.choice((DAY, NIGHT)), rng.randrange(10_000, 60_000))
