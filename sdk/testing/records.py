"""What became of each task: where and when it ran in truth, and what its framework was told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from barter.agent.facts import TaskKey
from barter.core.ids import FrameworkId, TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import TaskInfo
from barter.sdk import calls
from barter.sdk.callbacks import Callback, StatusUpdate
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.host import Host
from barter.tools.sim.observe import Observer
from barter.tools.sim.world import SECOND_US


@dataclass(frozen=True, slots=True)
class Told:
    """One status update, as the framework's scheduler got it at `at_s`."""

    at_s: float
    state: TaskState
    message: str


@dataclass(frozen=True, slots=True)
class TaskRecord:
    """Times are seconds since the cluster began. `agent` and `zone` are empty and `started_s` None while it never ran.

    `started_s`, `ended_s` and `exit_code` are the truth on the machine, `told` is what the framework heard of it.
    """

    task_id: TaskId
    framework: str
    agent: str
    zone: str
    launched_s: float
    started_s: float | None
    ended_s: float | None
    exit_code: int | None
    told: tuple[Told, ...]

    @property
    def states(self) -> tuple[TaskState, ...]:
        return tuple(told.state for told in self.told)

    @property
    def state(self) -> TaskState | None:
        """The last that was told."""
        return self.told[-1].state if self.told else None

    def state_at(self, at_s: float) -> TaskState | None:
        """The last that had been told then."""
        return next((told.state for told in reversed(self.told) if told.at_s <= at_s), None)

    def ran_at(self, at_s: float) -> bool:
        return self.started_s is not None and self.started_s <= at_s and (self.ended_s is None or at_s < self.ended_s)


@dataclass(slots=True)
class _Entry:
    framework: str
    task_id: TaskId
    launched_us: int
    agent: str = ""
    started_us: int | None = None
    ended_us: int | None = None
    exit_code: int | None = None
    told: list[Told] = field(default_factory=list)


class History(Observer):
    """Of all tasks of a world, in the order they were launched."""

    name = "history"

    def __init__(self) -> None:
        self._entries: dict[tuple[str, TaskId], _Entry] = {}
        self._names: dict[FrameworkId, str] = {}
        self._running: dict[tuple[str, TaskId], _Entry] = {}
        self._cluster: SimCluster

    def watch(self, cluster: SimCluster) -> "History":
        self._cluster = cluster
        cluster.world.seen.add(self)
        return self

    def asked(self, framework: SimFramework, call: calls.Call) -> None:
        if isinstance(call, calls.Launch) and call.tasks:
            self._names[framework.driver.framework_id] = framework.name
            for task in call.tasks:
                self._entry(framework.name, task.task_id)

    def called(self, framework: SimFramework, callback: Callback) -> None:
        if isinstance(callback, StatusUpdate):
            status = callback.status
            now_s = self._cluster.world.now_us / SECOND_US
            self._entry(framework.name, status.task_id).told.append(Told(now_s, status.state, status.message))

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        found = self._names[key[0]], task.task_id
        entry = self._running[found] = self._entry(*found)
        entry.agent, entry.started_us = host.name, self._cluster.world.now_us
        entry.ended_us = entry.exit_code = None

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        if (entry := self._running.pop((self._names[key[0]], key[1]), None)) is not None:
            entry.ended_us, entry.exit_code = self._cluster.world.now_us, exit_code

    def records(self) -> list[TaskRecord]:
        return self._records(list(self._entries.values()))

    def running(self) -> list[TaskRecord]:
        """Those that run now, in the order they were started."""
        return self._records(list(self._running.values()))

    def of(self, task_id: str, framework: str) -> list[TaskRecord]:
        """`framework` empty: of any."""
        owners = [framework] if framework else list(self._cluster.frameworks)
        found = (self._entries.get((owner, TaskId(task_id))) for owner in owners)
        return self._records([entry for entry in found if entry is not None])

    def _entry(self, framework: str, task_id: TaskId) -> _Entry:
        entry = self._entries.get((framework, task_id))
        if entry is None:
            entry = self._entries[framework, task_id] = _Entry(framework, task_id, self._cluster.world.now_us)
        return entry

    def _records(self, entries: Sequence[_Entry]) -> list[TaskRecord]:
        return [self._record(entry) for entry in entries]

    def _record(self, entry: _Entry) -> TaskRecord:
        agent = self._cluster.agents.get(entry.agent)
        return TaskRecord(
            entry.task_id,
            entry.framework,
            entry.agent,
            "" if agent is None else agent.zone,
            entry.launched_us / SECOND_US,
            None if entry.started_us is None else entry.started_us / SECOND_US,
            None if entry.ended_us is None else entry.ended_us / SECOND_US,
            entry.exit_code,
            tuple(entry.told),
        )
