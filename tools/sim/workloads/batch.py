"""A framework of finite jobs on demands: each is done once, and tried again under a new task id where it fails."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from barter.core.cluster import Demand, Filters, FrameworkInfo, Offer, Strategy
from barter.core.ids import DemandId, FrameworkId, TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Command, TaskInfo, TaskStatus
from barter.sdk.driver import Driver
from barter.sdk.scheduler import Scheduler
from barter.sdk.store import StateStore
from barter.tools.sim.workloads.jobs import IMAGES, PACKED, SHAPES, Job, JobBook, job_of
from barter.tools.sim.workloads.workload import Act, Workload

JOB_LABEL, ROLE = "job", "eng/batch"
Watch = Callable[[Sequence[TaskInfo]], None]
RETRY_MS, ASK_AGAIN_MS, GIVEN_UP_MS = 1_000, 30_000, 120_000


@dataclass(frozen=True, slots=True)
class Submit(Act):
    job: Job

    def __str__(self) -> str:
        return f"submit {self.job.name}: {self.job.shape}, {self.job.seconds} s, fails {self.job.failures} times"


class BatchScheduler(Scheduler):
    """`unheard` are tasks nothing was heard of by this process, `away` those out of reach.

    `watching` are called with each task that is about to be launched.
    """

    def __init__(self, store: StateStore, watching: Sequence[Watch] = ()) -> None:
        self._watching = watching
        self.book = JobBook(store)
        self.driver: Driver | None = None
        self._told: list[Demand] | None = None
        self.resting: set[str] = set()
        under_way = [job.task_id for job in self.book.open.values() if job.launched]
        self.unheard: dict[str, None] = dict.fromkeys(under_way)
        self.away: dict[str, int] = {}

    def submit(self, job: Job) -> None:
        """Durable on return; asked twice it is the same job."""
        if job.name not in self.book.jobs:
            self.book.keep(job)
            self._tell()

    def registered(self, driver: Driver, framework_id: FrameworkId) -> None:
        self.driver = driver
        self._tell()
        self._ask()

    def resource_offers(self, driver: Driver, offers: Sequence[Offer]) -> None:
        for offer in offers:
            self._use(driver, offer)
        self._tell()

    def status_update(self, driver: Driver, status: TaskStatus) -> None:
        self.unheard.pop(status.task_id, None)
        job = self.book.jobs.get(job_of(status.task_id))
        if job is None or job.done:
            self._end_stray(driver, status)
        elif status.state is TaskState.FINISHED:
            self._finish(driver, job, status.task_id)
        elif status.task_id != job.task_id:
            self._end_stray(driver, status)
        elif status.terminal:
            self.away.pop(status.task_id, None)
            self._retry(driver, job)
        elif status.state is TaskState.UNREACHABLE:
            self._wait_for(driver, job)
        else:
            self.away.pop(status.task_id, None)

    def _use(self, driver: Driver, offer: Offer) -> None:
        rest = offer.resources
        tasks: list[TaskInfo] = []
        for job in self._queued(offer.demand_id):
            if SHAPES[job.shape] not in rest:
                break
            rest = rest.without(SHAPES[job.shape])
            tasks.append(_task(self.book.next_attempt(job), offer))
            self.unheard[tasks[-1].task_id] = None
        for watch in self._watching:
            watch(tasks)
        driver.launch(offer, tasks, Filters(refuse_ms=0))

    def _queued(self, shape: str) -> list[Job]:
        waiting = (job for job in self.book.open.values() if job.shape == shape and not job.launched)
        return [job for job in waiting if job.name not in self.resting]

    def _tell(self) -> None:
        counts = [(shape, len(self._queued(shape))) for shape in SHAPES]
        demands = [_demand(shape, count) for shape, count in counts if count]
        if self.driver is not None and demands != self._told:
            self._told = demands
            self.driver.set_demands(demands)

    def _finish(self, driver: Driver, job: Job, task_id: TaskId) -> None:
        """Also an earlier attempt that was given up counts; then the later one is in vain."""
        self.book.keep(replace(job, done=True))
        self.away.pop(job.task_id, None)
        if job.launched and task_id != job.task_id:
            driver.kill(TaskId(job.task_id))
        self._tell()

    def _end_stray(self, driver: Driver, status: TaskStatus) -> None:
        if not status.terminal and status.state is not TaskState.UNREACHABLE:
            driver.kill(status.task_id)

    def _retry(self, driver: Driver, job: Job) -> None:
        """Queue it again, after a rest that keeps a job that cannot run from being all that is tried."""
        self.book.keep(replace(job, launched=False))
        self.resting.add(job.name)
        driver.call_later(RETRY_MS * job.attempt, partial(self._rested, job.name))

    def _rested(self, name: str) -> None:
        self.resting.discard(name)
        self._tell()

    def _wait_for(self, driver: Driver, job: Job) -> None:
        if job.task_id not in self.away:
            since = self.away[job.task_id] = driver.now()
            driver.call_later(GIVEN_UP_MS, partial(self._give_up, driver, job.task_id, since))

    def _give_up(self, driver: Driver, task_id: str, since: int) -> None:
        """Out of reach for too long: another takes its place, and should it come back it is to end."""
        job = self.book.jobs[job_of(task_id)]
        if self.away.get(task_id) == since and job.task_id == task_id and not job.done:
            del self.away[task_id]
            driver.kill(TaskId(task_id))
            self._retry(driver, job)

    def _ask(self) -> None:
        """Of what was launched, or was to be, and has not been heard of."""
        if self.driver is not None:
            if self.unheard:
                self.driver.reconcile([TaskId(task_id) for task_id in self.unheard])
            self.driver.call_later(ASK_AGAIN_MS, self._ask)


def _demand(shape: str, count: int) -> Demand:
    return Demand(
        DemandId(shape),
        SHAPES[shape],
        count,
        role=ROLE,
        runtime="docker" if shape in IMAGES else "process",
        strategy=Strategy.PACK if shape in PACKED else Strategy.SPREAD,
    )


def _task(job: Job, offer: Offer) -> TaskInfo:
    return TaskInfo(
        TaskId(job.task_id),
        job.name,
        SHAPES[job.shape],
        Command(shell=job.command),
        IMAGES.get(job.shape),
        labels={JOB_LABEL: job.name},
        demand_id=offer.demand_id,
    )


class BatchWorkload(Workload):
    """`submitted` is what the framework took; it has to do all of it."""

    name = "batch"
    framework = FrameworkInfo("batch", roles=(ROLE,))
    demands_only = True

    def __init__(self) -> None:
        self.scheduler: BatchScheduler | None = None
        self.submitted: dict[str, Job] = {}
        self.watching: list[Watch] = []

    def start(self, store: StateStore, rng: Random) -> BatchScheduler:
        self.scheduler = BatchScheduler(store, self.watching)
        return self.scheduler

    def operator_actions(self, rng: Random, duration_ms: int) -> Sequence[Act]:
        times = sorted(rng.randrange(duration_ms) for _ in range(4 + duration_ms // 100_000))
        return [Submit(at_ms, _draw_job(rng, number)) for number, at_ms in enumerate(times)]

    def act(self, act: Act) -> None:
        if isinstance(act, Submit) and self.scheduler is not None:
            self.scheduler.submit(act.job)
            self.submitted[act.job.name] = act.job

    def settled(self, running: Sequence[TaskInfo]) -> str:
        jobs = self.scheduler.book.jobs if self.scheduler else {}
        undone = [f"{name} is not done" for name in self.submitted if name not in jobs or not jobs[name].done]
        strays = Counter(task.labels[JOB_LABEL] for task in running)
        return "; ".join([*undone, *(f"{name} still runs" for name in sorted(strays))])


def _draw_job(rng: Random, number: int) -> Job:
    shape = rng.choice(tuple(SHAPES))
    return Job(f"job-{number}", shape, rng.choice((0, 1, 5, 20, 60)), rng.choice((0, 0, 0, 1, 2)))
