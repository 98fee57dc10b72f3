"""A framework that lives on what others lend: a number of revocable tasks, started again whenever one ends."""

from collections.abc import Sequence
from random import Random

from barter.core.cluster import Demand, FrameworkInfo, Offer
from barter.core.ids import DemandId, FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.tasks import Command, TaskInfo, TaskStatus
from barter.core.units import MIB
from barter.sdk.driver import Driver
from barter.sdk.scheduler import Scheduler
from barter.sdk.store import StateStore
from barter.tools.sim.workloads.workload import Act, Workload

ROLE, GUESTS = "guests", DemandId("guests")
NEED = resources(cpus=300, mem=64 * MIB)
WANTED = 4
GENERATION = "guests/generation"


class GuestsScheduler(Scheduler):
    """`alive` are the tasks this process has heard of or launched; those out of reach are not replaced."""

    def __init__(self, store: StateStore, rng: Random) -> None:
        self.generation = int(store.get(GENERATION) or b"0") + 1
        store.set(GENERATION, str(self.generation).encode())
        self.alive: dict[TaskId, None] = {}
        self._rng = rng
        self._launched = 0

    def registered(self, driver: Driver, framework_id: FrameworkId) -> None:
        driver.reconcile()
        self._tell(driver)

    def resource_offers(self, driver: Driver, offers: Sequence[Offer]) -> None:
        for offer in offers:
            rest, tasks = offer.resources, list[TaskInfo]()
            while NEED in rest and len(self.alive) < WANTED:
                rest = rest.without(NEED)
                tasks.append(self._task())
            driver.launch(offer, tasks)
        self._tell(driver)

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        if status.terminal:
            self.alive.pop(status.task_id, None)
        else:
            self.alive[status.task_id] = None
        self._tell(driver)

    def _task(self) -> TaskInfo:
        self._launched += 1
        task_id = TaskId(f"guest-{self.generation}-{self._launched}")
        self.alive[task_id] = None
        line = f"sleep {self._rng.choice((20, 90, 'infinity'))}"
        return TaskInfo(task_id, "guest", NEED, Command(line), kill_grace_ms=1_000, demand_id=GUESTS)

    def _tell(self, driver: Driver) -> None:
        lacking = WANTED - len(self.alive)
        demand = Demand(GUESTS, NEED, lacking, role=ROLE, revocable=True)
        driver.set_demands([demand] if lacking > 0 else [])


class GuestsWorkload(Workload):
    """Nobody owes it anything, so there is nothing it has to have at the end."""

    name = "guests"
    framework = FrameworkInfo("guests", roles=(ROLE,))
    demands_only = True

    def start(self, store: StateStore, rng: Random) -> GuestsScheduler:
        return GuestsScheduler(store, rng)

    def operator_actions(self, rng: Random, duration_ms: int) -> Sequence[Act]:
        return ()

    def act(self, act: Act) -> None:
        """Nobody asks anything of it."""

    def settled(self, running: Sequence[TaskInfo]) -> str:
        over = len(running) - WANTED
        return f"{over} run beyond the {WANTED} it wants" if over > 0 else ""
