"""Finite jobs as the batch framework keeps them: in its store from before the first launch until they are done."""

import json
from dataclasses import asdict, dataclass, replace

from barter.core.resources import Resources, resources
from barter.core.tasks import Container
from barter.core.units import MIB
from barter.sdk.store import StateStore

PREFIX = "batch/job/"
SHAPES: dict[str, Resources] = {
    "small": resources(cpus=100, mem=64 * MIB),
    "large": resources(cpus=500, mem=512 * MIB),
}
IMAGES: dict[str, Container] = {"large": Container("registry.example/job:1")}
"""Of the shapes that run in one."""
PACKED = ("large",)
"""Of the shapes those that go to the fullest agents first."""


@dataclass(frozen=True, slots=True)
class Job:
    """`seconds` of work, of which the first `failures` attempts fail.

    `attempt` is the last task id's number; `launched`: that one is under way.
    """

    name: str
    shape: str
    seconds: int
    failures: int = 0
    attempt: int = 0
    launched: bool = False
    done: bool = False

    @property
    def task_id(self) -> str:
        return f"{self.name}.{self.attempt}"

    @property
    def command(self) -> str:
        return f"sleep {self.seconds}; exit {int(self.attempt <= self.failures)}"


def job_of(task_id: str) -> str:
    return task_id.partition(".")[0]


class JobBook:
    """All jobs by name, and those still to be done; each change is durable before it returns."""

    def __init__(self, store: StateStore) -> None:
        self._store = store
        loaded = (Job(**json.loads(store.get(key) or b"")) for key in store.keys(PREFIX))
        self.jobs = {job.name: job for job in loaded}
        self.open = {name: job for name, job in self.jobs.items() if not job.done}

    def keep(self, job: Job) -> None:
        self._store.set(PREFIX + job.name, json.dumps(asdict(job)).encode())
        self.jobs[job.name] = job
        if job.done:
            self.open.pop(job.name, None)
        else:
            self.open[job.name] = job

    def next_attempt(self, job: Job) -> Job:
        """Durable under its new task id, before anything is launched by it."""
        self.keep(replace(job, attempt=job.attempt + 1, launched=True))
        return self.jobs[job.name]
