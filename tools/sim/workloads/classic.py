"""A framework that lives on classic offers, keeps a number of tasks up, and behaves as badly as it may."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from random import Random

from barter.core import ranges as rng_of
from barter.core.cluster import Filters, FrameworkInfo, Offer, ReturningTasks
from barter.core.groups import task_group
from barter.core.ids import AgentId, FrameworkId, OfferId, TaskId, VolumeId
from barter.core.reservations import VolumeMount
from barter.core.resources import PORTS, Resources, resources
from barter.core.task_state import TaskState
from barter.core.tasks import Command, Container, Reason, TaskInfo, TaskPort, TaskStatus
from barter.core.units import MIB
from barter.sdk.driver import Driver
from barter.sdk.scheduler import Scheduler
from barter.sdk.session_driver import ID_KEY
from barter.sdk.store import StateStore
from barter.tools.sim.workloads import mischief
from barter.tools.sim.workloads.mischief import draw_acts
from barter.tools.sim.workloads.workload import Act, Workload

GENERATION, WANTED = "classic/generation", "classic/wanted"
PREFIX = "classic-"
FAILOVER_MS = 90_000
SHAPE = resources(cpus=200, mem=128 * MIB)
TICK_MS, MOST_ON_OFFER, MOST_KEPT = 10_000, 4, 20
REFUSALS_MS = (0, 10_000, 60_000, 300_000)
DEAF_EVERY, DEAF_GRACE_MS = 3, 30_000
DAY, NIGHT = "ops/day", "ops/night"
REVIVED, SUPPRESSED = ((DAY,), (DAY,), (NIGHT,), ()), ((), (), (), (DAY,), (NIGHT,))
"""Which roles are named; none means all."""
GROUP_EVERY = 3
IMAGE, IMAGE_EVERY = Container("registry.example/classic:1"), 2


class ClassicScheduler(Scheduler):
    """`alive` are the tasks this process has heard of or launched, `held` the offers it sits on.

    When `calm` it sits on none any more, declines what it does not need, and what it launches stays up.
    """

    def __init__(self, store: StateStore, rng: Random, *, calm: bool) -> None:
        self.calm = calm
        self.generation = int(store.get(GENERATION) or b"0") + 1
        store.set(GENERATION, str(self.generation).encode())
        self.wanted = int(store.get(WANTED) or b"0")
        self.driver: Driver | None = None
        self.alive: dict[TaskId, TaskState] = {}
        self.doomed: dict[TaskId, None] = {}
        self.held: dict[OfferId, Offer] = {}
        self.lost: list[Offer] = []
        self._store, self._rng = store, rng
        self._launched = 0

    @property
    def lacking(self) -> int:
        """Those out of reach are replaced at once; what comes back and is too much is killed."""
        return self.wanted - len(self.serving())

    def serving(self) -> list[TaskId]:
        away = (TaskState.UNREACHABLE, TaskState.UNKNOWN)
        return [task_id for task_id, state in self.alive.items() if task_id not in self.doomed and state not in away]

    def registered(self, driver: Driver, framework_id: FrameworkId) -> None:
        self.driver = driver
        driver.call_later(TICK_MS, self._look)

    def disconnected(self, driver: Driver) -> None:
        self.lost = [*self.lost, *self.held.values()][-MOST_KEPT:]
        self.held.clear()

    def resource_offers(self, driver: Driver, offers: Sequence[Offer]) -> None:
        for offer in offers:
            chance = self._rng.random()
            if chance < 0.15 and not self.calm:
                self.held[offer.offer_id] = offer
            elif self.lacking > 0 and chance < 0.8:
                self._accept(driver, [offer])
            else:
                driver.decline(offer, Filters(60_000 if self.calm else self._rng.choice(REFUSALS_MS)))

    def offer_rescinded(self, driver: Driver, offer_id: OfferId) -> None:
        offer = self.held.pop(offer_id, None)
        if offer is not None:
            self.lost = [*self.lost, offer][-MOST_KEPT:]

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        if status.terminal:
            self.alive.pop(status.task_id, None)
            self.doomed.pop(status.task_id, None)
        elif status.task_id.startswith(PREFIX):
            self.alive[status.task_id] = status.state
            if status.reason is Reason.RETURNED_LATE:
                self._decide(driver, status.task_id)
        self._balance(driver)

    def _decide(self, driver: Driver, task_id: TaskId) -> None:
        """One that was out of reach is back, beside what took its place."""
        if self._rng.random() < 0.5:
            driver.keep((task_id,))
        elif task_id not in self.doomed:
            self.doomed[task_id] = None
            driver.kill(task_id)

    def error(self, driver: Driver, message: str) -> None:
        """One that was away for too long begins anew, under another id."""
        if "was removed" in message:
            self._store.delete(ID_KEY)

    def want(self, count: int) -> None:
        self._store.set(WANTED, str(count).encode())
        self.wanted = count

    def use_lost(self) -> None:
        if self.lost and self.driver is not None:
            self._accept(self.driver, [self.lost.pop()])

    def _look(self) -> None:
        """Now and then: use what is held, mostly, and see whether the number is right."""
        driver = self.driver
        if driver is None:
            return
        driver.call_later(TICK_MS, self._look)
        if self.held and self._rng.random() < 0.6:
            self._use_held(driver)
        self._balance(driver)
        if self.lacking > 0:
            driver.revive(self._rng.choice(REVIVED))
        elif not self.calm and self._rng.random() < 0.8:
            driver.suppress(self._rng.choice(SUPPRESSED))

    def _use_held(self, driver: Driver) -> None:
        """All offers of one agent for one role together; an offer may have expired without a word that came."""
        first = next(iter(self.held.values()))
        alike = (first.agent_id, first.role)
        together = [offer for offer in self.held.values() if (offer.agent_id, offer.role) == alike]
        for offer in together:
            del self.held[offer.offer_id]
        self._accept(driver, together)

    def _accept(self, driver: Driver, offers: list[Offer]) -> None:
        """Several tasks on offers of one agent, as many as are lacking and fit; without any it is a decline."""
        rest = offers[0].resources
        for offer in offers[1:]:
            rest = rest + offer.resources
        tasks: list[TaskInfo] = []
        volumes = [volume_id for offer in offers for volume_id in offer.volumes]
        for _ in range(min(max(self.lacking, 0), MOST_ON_OFFER)):
            task = self._task(rest, offers[0].agent_id, volumes)
            if task is None:
                break
            rest = rest.without(task.resources)
            tasks.append(task)
        if len(tasks) > 1 and self._launched % GROUP_EVERY == 0:
            tasks = [*task_group(tasks[0].task_id, tasks)]
        self.alive.update((task.task_id, TaskState.STAGING) for task in tasks)
        driver.launch(offers, tasks, Filters(self._rng.choice((0, 2_000, 10_000))))

    def _task(self, free: Resources, agent_id: AgentId, volumes: list[VolumeId]) -> TaskInfo | None:
        """On a port from the upper half, where the others' ports seldom are; with a volume where there is one yet."""
        if SHAPE not in free:
            return None
        self._launched += 1
        ports = list(islice((port for port in rng_of.numbers(free.ports) if 31_040 <= port < 31_080), 1))
        chosen = {PORTS: rng_of.of_numbers(ports)} if ports else {}
        short = not self.calm and self._rng.random() < 0.1
        deaf = "trap '' TERM; " if self._launched % DEAF_EVERY == 0 else ""
        return TaskInfo(
            TaskId(f"{PREFIX}{self.generation}-{self._launched}"),
            "classic",
            replace(SHAPE, ranges=chosen),
            Command(shell=deaf + (f"sleep {self._rng.randrange(10, 120)}; exit 1" if short else "sleep infinity")),
            None if deaf or self._launched % IMAGE_EVERY else IMAGE,
            kill_grace_ms=DEAF_GRACE_MS if deaf else self._rng.choice((0, 1_000, 5_000)),
            ports=tuple(TaskPort("any", port) for port in ports),
            volumes=(VolumeMount(volumes.pop(), "/data"),) if volumes else (),
        )

    def _balance(self, driver: Driver) -> None:
        for task_id in self.serving()[self.wanted :]:
            self.doomed[task_id] = None
            driver.kill(task_id)


class ClassicWorkload(Workload):
    """Its failover timeout is short, so that one whose process is away for long is removed."""

    name = "classic"
    framework = FrameworkInfo(
        "classic", roles=(DAY, NIGHT), failover_timeout_ms=FAILOVER_MS, returning_tasks=ReturningTasks.DECIDE
    )
    demands_only = False

    def __init__(self) -> None:
        self.scheduler: ClassicScheduler | None = None

    def start(self, store: StateStore, rng: Random) -> ClassicScheduler:
        self.scheduler = ClassicScheduler(store, rng, calm=self.behaves)
        return self.scheduler

    def calm(self) -> None:
        super().calm()
        if self.scheduler is not None:
            self.scheduler.calm = True
            if self.scheduler.driver is not None:
                self.scheduler.driver.revive()
                self.scheduler.driver.suppress((NIGHT,))

    def operator_actions(self, rng: Random, duration_ms: int) -> Sequence[Act]:
        return draw_acts(rng, duration_ms)

    def act(self, act: Act) -> None:
        scheduler = self.scheduler
        if scheduler is None:
            return
        if isinstance(act, mischief.Want):
            scheduler.want(act.count)
        elif scheduler.driver is not None:
            _do(scheduler, scheduler.driver, act)

    def settled(self, running: Sequence[TaskInfo]) -> str:
        if self.scheduler is None:
            return "it never started"
        wanted, serving = self.scheduler.wanted, len(self.scheduler.serving())
        return "" if len(running) == wanted == serving else f"{len(running)} run and {serving} serve, of {wanted}"


def _do(scheduler: ClassicScheduler, driver: Driver, act: Act) -> None:
    match act:
        case mischief.KillOne() if scheduler.alive:
            driver.kill(list(scheduler.alive)[act.chosen % len(scheduler.alive)])
        case mischief.KillUnknown():
            driver.kill(TaskId(f"nobody-{act.number}"))
        case mischief.AskAll():
            driver.reconcile()
        case mischief.AskSome():
            strangers = [TaskId(f"stranger-{number}") for number in range(act.strangers)]
            driver.reconcile([*scheduler.alive, *strangers])
        case mischief.GoQuiet():
            driver.suppress()
            driver.call_later(act.revive_after_ms, driver.revive)
        case mischief.ReviveOften():
            for _ in range(act.times):
                driver.revive()
                driver.suppress()
            driver.revive()
        case mischief.UseLost():
            scheduler.use_lost()
        case mischief.FailOver():
            driver.stop(failover=True)
        case _:
            pass
