"""What an author may look at: frameworks, tasks, and where and when they ran."""

from collections.abc import Iterator
from typing import Any, Generic, TypeVar, cast

from barter.core.ids import FrameworkId
from barter.core.task_state import TaskState
from barter.sdk.scheduler import Scheduler
from barter.sdk.store import StateStore
from barter.sdk.testing.records import History, TaskRecord
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.telling import listed
from barter.tools.sim.world import SECOND_US

SchedulerT = TypeVar("SchedulerT", bound=Scheduler)


class Framework(Generic[SchedulerT]):
    """A framework's process as it runs now."""

    def __init__(self, process: SimFramework) -> None:
        self._process = process

    @property
    def name(self) -> str:
        return self._process.name

    @property
    def framework_id(self) -> FrameworkId:
        """Empty until it is registered."""
        return self._process.driver.framework_id

    @property
    def scheduler(self) -> SchedulerT:
        """The instance of the process that runs now, or ran last."""
        return cast(SchedulerT, self._process.scheduler)

    @property
    def store(self) -> StateStore:
        """Outlives its processes."""
        return self._process.store

    @property
    def up(self) -> bool:
        return self._process.up

    @property
    def exit_code(self) -> int | None:
        """Once its driver has finished: 0 when it stopped, 1 when the master ended it."""
        return self._process.code

    def crash(self, seconds_down: float = 1.0) -> None:
        """kill -9, and after so long a new process on the same store."""
        self._process.down_us = int(seconds_down * SECOND_US)
        self._process.crash("kill -9")


class View:
    """Of a simulated cluster. Times are seconds since it began."""

    def __init__(self, sim: SimCluster) -> None:
        self._sim = sim
        self._history = History().watch(sim)

    @property
    def now_s(self) -> float:
        return self._sim.world.now_us / SECOND_US

    @property
    def frameworks(self) -> dict[str, Framework[Any]]:
        return {name: Framework(process) for name, process in self._sim.frameworks.items()}

    def tasks(
        self,
        *,
        framework: str | Framework[Any] = "",
        state: TaskState | str | None = None,
        agent: str = "",
        zone: str = "",
        at: float | None = None,
    ) -> list[TaskRecord]:
        """All tasks ever launched that fit, in that order: with `at` those that really ran at that second.

        `state` is the last that the framework was told, up to `at` where that is given. Raises LookupError as
        `running` does, and ValueError for a state that is none or a second that has not come yet.
        """
        if at is not None and not 0 <= at <= self.now_s:
            raise ValueError(f"at={at:g} is no second of what has been, from 0 to {self.now_s:g}")
        state = None if state is None else _state(state)
        found = self._of(self._history.records(), framework, agent, zone)
        if at is not None:
            found = (task for task in found if task.ran_at(at))
        if state is not None:
            found = (task for task in found if (task.state if at is None else task.state_at(at)) is state)
        return list(found)

    def running(self, *, framework: str | Framework[Any] = "", agent: str = "", zone: str = "") -> list[TaskRecord]:
        """The tasks that really run now, whatever anybody believes.

        Raises LookupError on a framework, an agent or a zone that is not there.
        """
        return list(self._of(self._history.running(), framework, agent, zone))

    def history(self, task_id: str, framework: str | Framework[Any] = "") -> TaskRecord:
        """Raises LookupError for a task that was never launched, or by several frameworks."""
        self._check(framework, "", "")
        found = self._history.of(task_id, _name(framework))
        if not found:
            raise LookupError(f"no task {task_id!r} was ever launched")
        if len(found) > 1:
            owners = ", ".join(task.framework for task in found)
            raise LookupError(f"{owners} each launched a task {task_id!r}: say whose, with framework=")
        return found[0]

    def _of(
        self, tasks: list[TaskRecord], framework: str | Framework[Any], agent: str, zone: str
    ) -> Iterator[TaskRecord]:
        self._check(framework, agent, zone)
        owner = _name(framework)
        return (
            task
            for task in tasks
            if (not owner or task.framework == owner)
            and (not agent or task.agent == agent)
            and (not zone or task.zone == zone)
        )

    def _check(self, framework: str | Framework[Any], agent: str, zone: str) -> None:
        """Empty names are none; raises LookupError on one that is not there."""
        if (owner := _name(framework)) and owner not in self._sim.frameworks:
            raise LookupError(f"there is no framework {owner!r}; there are {listed(self._sim.frameworks)}")
        if agent and agent not in self._sim.agents:
            raise LookupError(f"there is no agent {agent!r}; there are {listed(self._sim.agents)}")
        if zone and not self._in_zone(zone):
            zones = dict.fromkeys(each.zone for each in self._sim.agents.values())
            raise LookupError(f"no agent is in zone {zone!r}; there are {listed(filter(None, zones))}")

    def _in_zone(self, zone: str) -> list[str]:
        return [name for name, agent in self._sim.agents.items() if agent.zone == zone]


def _name(framework: str | Framework[Any]) -> str:
    return framework if isinstance(framework, str) else framework.name


def _state(text: str) -> TaskState:
    try:
        return TaskState(text)
    except ValueError:
        raise ValueError(f"there is no task state {text!r}; there are {', '.join(TaskState)}") from None
