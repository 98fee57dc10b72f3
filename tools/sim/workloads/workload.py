"""What the campaign runs on its clusters: a framework, what people ask of it, and whether it has what it wants."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from random import Random

from barter.core.cluster import FrameworkInfo
from barter.core.tasks import TaskInfo
from barter.sdk.scheduler import Scheduler
from barter.sdk.store import StateStore


@dataclass(frozen=True, slots=True)
class Act:
    """Something people ask of a framework, `at_ms` into the run. Each stands alone, so that any may be left out."""

    at_ms: int

    def __str__(self) -> str:
        asked = ", ".join(str(getattr(self, field.name)) for field in fields(self) if field.name != "at_ms")
        return f"{type(self).__name__.lower()} {asked}".strip()


class Workload(ABC):
    """One of these lives as long as its world and sees what people outside of the framework see.

    It `behaves` once it was calmed.
    """

    name: str
    framework: FrameworkInfo
    demands_only: bool
    behaves = False

    @abstractmethod
    def start(self, store: StateStore, rng: Random) -> Scheduler:
        """The scheduler of a new process, on what the one before left in `store`."""

    @abstractmethod
    def operator_actions(self, rng: Random, duration_ms: int) -> Sequence[Act]:
        """What is to be asked in the first `duration_ms` of a run, in order of time."""

    @abstractmethod
    def act(self, act: Act) -> None:
        """Ask it of the process that runs now."""

    def calm(self) -> None:
        """From now on it is to behave, as nothing else goes wrong any more either."""
        self.behaves = True

    @abstractmethod
    def settled(self, running: Sequence[TaskInfo]) -> str:
        """What is still missing or too much, empty when all is as wished; `running` are its tasks, in truth."""
