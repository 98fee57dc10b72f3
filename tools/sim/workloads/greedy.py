"""A framework that declines everything, sits on offers until they expire, or takes all there is for a while."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from barter.core.cluster import Filters, FrameworkInfo, Offer, ReturningTasks
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import Resources
from barter.core.tasks import Command, TaskInfo, TaskStatus
from barter.sdk.driver import Driver
from barter.sdk.scheduler import Scheduler
from barter.sdk.store import StateStore
from barter.tools.sim.workloads.workload import Act, Workload

DAY, NIGHT = "ops/day", "ops/night"
ENOUGH_MS, LEAST_CPUS = 60_000, 500
GENERATION = "greedy/generation"
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


@dataclass(frozen=True, slots=True)
class TakeAll(Act):
    """Run as large tasks as offers allow, for so long."""

    for_ms: int


class GreedyScheduler(Scheduler):
    """`refuse_ms` None: what is offered is not answered. Wants nothing but when it is asked to; where it `takes` it
    runs tasks, which end with that.
    """

    def __init__(self, store: StateStore) -> None:
        self.driver: Driver | None = None
        self.refuse_ms: int | None = ENOUGH_MS
        self.takes = False
        self.generation = int(store.get(GENERATION) or b"0") + 1
        store.set(GENERATION, str(self.generation).encode())
        self._running: dict[TaskId, None] = {}
        self._ending: set[TaskId] = set()
        self._asked = self._launched = 0

    def registered(self, driver: Driver, framework_id: FrameworkId) -> None:
        """What an earlier process ran is told, and ended."""
        self.driver = driver
        driver.suppress()
        driver.reconcile()

    def resource_offers(self, driver: Driver, offers: Sequence[Offer]) -> None:
        for offer in offers:
            if self.takes and offer.resources.scalars.get("cpus", 0) >= LEAST_CPUS:
                self._take(driver, offer)
            elif self.refuse_ms is not None:
                driver.decline(offer, Filters(self.refuse_ms))

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        if status.terminal:
            self._running.pop(status.task_id, None)
            self._ending.discard(status.task_id)
            return
        self._running[status.task_id] = None
        if not self.takes:
            self._end(driver, status.task_id)

    def _end(self, driver: Driver, task_id: TaskId) -> None:
        """Once: the driver keeps a kill until the task has ended, and a master answers each kill of a lost task."""
        if task_id not in self._ending:
            self._ending.add(task_id)
            driver.kill(task_id)

    def _take(self, driver: Driver, offer: Offer) -> None:
        self._launched += 1
        task_id = TaskId(f"greedy-{self.generation}-{self._launched}")
        self._running[task_id] = None
        has = {kind: offer.resources.scalars.get(kind, 0) for kind in ("cpus", "mem")}
        driver.launch(offer, [TaskInfo(task_id, "greedy", Resources(has), Command("sleep infinity"))])

    def want(self, refuse_ms: int | None, for_ms: int, roles: Sequence[str] = (), *, takes: bool = False) -> None:
        if self.driver is None:
            return
        self.refuse_ms, self.takes = refuse_ms, takes
        self._asked += 1
        asked, driver = self._asked, self.driver
        if roles:
            driver.suppress()
        driver.revive(roles)

        def enough() -> None:
            if asked == self._asked:
                self.refuse_ms, self.takes = ENOUGH_MS, False
                driver.suppress()
                for task_id in self._running:
                    self._end(driver, task_id)

        driver.call_later(for_ms, enough)


class GreedyWorkload(Workload):
    name = "greedy"
    framework = FrameworkInfo("greedy", roles=(DAY, NIGHT), returning_tasks=ReturningTasks.KILL)
    demands_only = False

    def __init__(self) -> None:
        self.scheduler: GreedyScheduler | None = None

    def start(self, store: StateStore, rng: Random) -> GreedyScheduler:
        self.scheduler = GreedyScheduler(store)
        return self.scheduler

    def operator_actions(self, rng: Random, duration_ms: int) -> Sequence[Act]:
        times = sorted(rng.randrange(duration_ms) for _ in range(1 + duration_ms // 480_000))
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
            case TakeAll(_, for_ms):
                self.scheduler.want(ENOUGH_MS, for_ms, takes=True)
            case _:
                pass

    def calm(self) -> None:
        super().calm()
        if self.scheduler is not None:
            self.scheduler.want(ENOUGH_MS, 1)

    def settled(self, running: Sequence[TaskInfo]) -> str:
        return f"{len(running)} run, it wanted none" if running else ""


def _draw_act(rng: Random, at_ms: int) -> Act:
    match rng.choice(("hoard", "hoard", "decline", "role", "take", "take")):
        case "hoard":
            return Hoard(at_ms, rng.randrange(40_000, 150_000))
        case "decline":
            refuse_ms = rng.choice(REFUSALS_MS)
            return DeclineAll(at_ms, rng.randrange(5_000, 15_000 if refuse_ms < 10_000 else 100_000), refuse_ms)
        case "take":
            return TakeAll(at_ms, rng.randrange(60_000, 200_000))
        case _:
            return OneRole(at_ms, rng.choice((DAY, NIGHT)), rng.randrange(10_000, 60_000))
