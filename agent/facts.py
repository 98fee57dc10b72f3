"""The durable facts of an agent: what its ledger writes, in one transaction per batch.

`Book.apply` is the only thing that changes an agent's memory of its tasks, so a ledger that replays the facts
ends with the same memory.
"""

from dataclasses import dataclass

from barter.core.ids import FrameworkId, TaskId
from barter.core.tasks import TaskInfo, TaskStatus

TaskKey = tuple[FrameworkId, TaskId]
"""Task ids are unique only within a framework."""

Home = TaskKey | None
"""Who runs a task: the task that is an executor of its framework's, or None for the agent's own executor."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """The agent answers for this task from now on, and its id is spent for ever.

    `status` is TASK_STAGING without a uuid, or terminal with one: then the task was refused and holds nothing.
    `executor` names the executor it is about to be handed to, or is empty while none is connected.
    `updates` counts the status updates the id ever had, that one included.
    """

    framework_id: FrameworkId
    task: TaskInfo
    status: TaskStatus
    executor: str
    updates: int


@dataclass(frozen=True, slots=True)
class HandedOver:
    """These tasks are about to be sent to `executor`: from here on they may have run."""

    executor: str
    keys: tuple[TaskKey, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A task's next status; with a uuid it is kept until acknowledged."""

    framework_id: FrameworkId
    status: TaskStatus


@dataclass(frozen=True, slots=True)
class Acked:
    framework_id: FrameworkId
    task_id: TaskId
    uuid: str


@dataclass(frozen=True, slots=True)
class Forgotten:
    """An ended task of which nothing is left to tell. Its id stays spent; `updates` says how many it had."""

    framework_id: FrameworkId
    task_id: TaskId
    updates: int


@dataclass(frozen=True, slots=True)
class FrameworkRemoved:
    """Nobody will acknowledge this framework's updates any more."""

    framework_id: FrameworkId


@dataclass(frozen=True, slots=True)
class EpochRaised:
    epoch: int


@dataclass(frozen=True, slots=True)
class ExecutorRecorded:
    """Every status of `executor` up to and with `sequence` is recorded. `home` where it is a framework's."""

    executor: str
    sequence: int
    home: Home = None


@dataclass(frozen=True, slots=True)
class Left:
    """The agent left its cluster for good: only the spent ids stay. The next start is a new agent."""


Fact = Admitted | HandedOver | Told | Acked | Forgotten | FrameworkRemoved | EpochRaised | ExecutorRecorded | Left

LAZY = (Acked, Forgotten)
"""Losing these in a power cut only has an update acknowledged once more, so they wait for the next commit."""
