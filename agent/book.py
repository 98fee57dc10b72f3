"""The admission ledger's memory: every task the agent answers for, and what of them is not yet acknowledged."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from barter.agent.facts import (
    Acked,
    Admitted,
    EpochRaised,
    ExecutorRecorded,
    Fact,
    Forgotten,
    FrameworkRemoved,
    HandedOver,
    Home,
    Left,
    TaskKey,
    Told,
)
from barter.agent.usage import Usage
from barter.core.ids import ExecutorId, FrameworkId, TaskId, VolumeId
from barter.core.tasks import TaskInfo, TaskStatus

Update = tuple[FrameworkId, TaskStatus]


@dataclass(slots=True)
class Entry:
    """One task. `pending` holds the uuids not yet acknowledged; `removed`: its framework is gone."""

    framework_id: FrameworkId
    task: TaskInfo
    status: TaskStatus
    executor: str = ""
    updates: int = 0
    removed: bool = False
    pending: set[str] = field(default_factory=set)

    @property
    def key(self) -> TaskKey:
        return self.framework_id, self.task.task_id

    @property
    def live(self) -> bool:
        return not self.status.terminal

    @property
    def home(self) -> Home:
        """Who runs it."""
        return home_of(self.framework_id, self.task)


def home_of(framework_id: FrameworkId, task: TaskInfo) -> Home:
    return None if task.executor is None or task.is_executor else (framework_id, task.executor.task_id)


class Book:
    """What the facts so far amount to. Only `apply` changes it; every fact costs O(1) in the number of tasks.

    `usage` is what live tasks hold of the machine, `revocable` what they hold of what others lend, `containers` how
    many of them have an image, `mounted` which of them has which persistent volume. `executors` are the live tasks that
    are executors of their framework, `run_by` the live tasks of each, also of one that is gone.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.executor = ""
        self.sequence = 0
        self.usage = Usage()
        self.revocable = Usage()
        self.live_count = self.containers = 0
        self.mounted: dict[VolumeId, TaskKey] = {}
        self.executors: dict[TaskKey, ExecutorId] = {}
        self.run_by: dict[TaskKey, dict[TaskKey, None]] = {}
        self._groups: dict[tuple[FrameworkId, str], set[TaskKey]] = {}
        self._sequences: dict[TaskKey, int] = {}
        self._tasks: defaultdict[FrameworkId, dict[TaskId, Entry]] = defaultdict(dict)
        self._updates: dict[tuple[FrameworkId, str], TaskStatus] = {}

    def find(self, framework_id: FrameworkId, task_id: TaskId) -> Entry | None:
        return self._tasks[framework_id].get(task_id) if framework_id in self._tasks else None

    def entries(self) -> Iterator[Entry]:
        for tasks in self._tasks.values():
            yield from tasks.values()

    def of_framework(self, framework_id: FrameworkId) -> tuple[Entry, ...]:
        return tuple(self._tasks[framework_id].values()) if framework_id in self._tasks else ()

    def unacknowledged(self) -> tuple[Update, ...]:
        """The updates to send again, oldest first."""
        return tuple((framework_id, status) for (framework_id, _), status in self._updates.items())

    def unacknowledged_of(self, entry: Entry) -> tuple[Update, ...]:
        uuids = sorted(entry.pending, key=lambda uuid: int(uuid.rpartition(":")[2]))
        return tuple((entry.framework_id, self._updates[entry.framework_id, uuid]) for uuid in uuids)

    def group(self, framework_id: FrameworkId, group_id: str) -> frozenset[TaskKey]:
        """Its live tasks."""
        return frozenset(self._groups.get((framework_id, group_id), ()))

    def recorded(self, executor: str, home: Home) -> int:
        """Up to which sequence the statuses of this very process are recorded."""
        if home is not None:
            return self._sequences.get(home, 0)
        return self.sequence if executor == self.executor else 0

    @contextmanager
    def supposing(self, framework_id: FrameworkId, tasks: Sequence[TaskInfo]) -> Iterator[None]:
        """As it would be with these tasks, too."""
        for task in tasks:
            self._take((framework_id, task.task_id), task)
        yield
        for task in tasks:
            self._give((framework_id, task.task_id), task)

    @property
    def pending_count(self) -> int:
        return len(self._updates)

    def apply(self, fact: Fact) -> None:
        match fact:
            case Told():
                self._told(fact.framework_id, fact.status)
            case Admitted():
                self._admitted(fact)
            case Acked():
                self._updates.pop((fact.framework_id, fact.uuid), None)
                self._tasks[fact.framework_id][fact.task_id].pending.discard(fact.uuid)
            case Forgotten():
                self._forgotten(fact.framework_id, fact.task_id)
            case HandedOver():
                for framework_id, task_id in fact.keys:
                    self._tasks[framework_id][task_id].executor = fact.executor
            case ExecutorRecorded():
                self.restore_sequence(fact.executor, fact.sequence, fact.home)
            case EpochRaised():
                self.epoch = fact.epoch
            case FrameworkRemoved():
                self._removed(fact.framework_id)
            case Left():
                self._left()

    def restore(self, entry: Entry) -> None:
        """Put back a task as the ledger kept it; its updates follow with `restore_update`, oldest first."""
        self._tasks[entry.framework_id][entry.task.task_id] = entry
        if entry.live:
            self._take(entry.key, entry.task)

    def restore_sequence(self, executor: str, sequence: int, home: Home) -> None:
        if home is None:
            self.executor, self.sequence = executor, sequence
        else:
            self._sequences[home] = sequence

    def restore_update(self, framework_id: FrameworkId, status: TaskStatus) -> None:
        self._updates[framework_id, status.uuid] = status
        self._tasks[framework_id][status.task_id].pending.add(status.uuid)

    def _admitted(self, fact: Admitted) -> None:
        entry = Entry(fact.framework_id, fact.task, fact.status, fact.executor, fact.updates)
        self.restore(entry)
        if fact.status.uuid:
            self.restore_update(fact.framework_id, fact.status)

    def _told(self, framework_id: FrameworkId, status: TaskStatus) -> None:
        entry = self._tasks[framework_id][status.task_id]
        if status.terminal and entry.live:
            self._give(entry.key, entry.task)
        entry.status = status
        if status.uuid:
            entry.updates += 1
            self.restore_update(framework_id, status)

    def _take(self, key: TaskKey, task: TaskInfo) -> None:
        self.live_count += 1
        self.containers += task.container is not None
        self.usage.take(task.resources.without(task.revocable))
        self.revocable.take(task.revocable)
        self.mounted.update((mount.volume_id, key) for mount in task.volumes)
        if task.group_id:
            self._groups.setdefault((key[0], task.group_id), set()).add(key)
        if task.executor is None:
            return
        if task.is_executor:
            self.executors[key] = task.executor.executor_id
        else:
            self.run_by.setdefault((key[0], task.executor.task_id), {})[key] = None

    def _give(self, key: TaskKey, task: TaskInfo) -> None:
        self.live_count -= 1
        self.containers -= task.container is not None
        self.usage.release(task.resources.without(task.revocable))
        self.revocable.release(task.revocable)
        for mount in task.volumes:
            self.mounted.pop(mount.volume_id, None)
        if task.group_id and (mates := self._groups.get((key[0], task.group_id))) is not None:
            mates.discard(key)
            if not mates:
                del self._groups[key[0], task.group_id]
        if task.executor is None:
            return
        self.executors.pop(key, None)
        home = (key[0], task.executor.task_id)
        if (tasks := self.run_by.get(home)) is not None:
            tasks.pop(key, None)
            if not tasks:
                del self.run_by[home]

    def _forgotten(self, framework_id: FrameworkId, task_id: TaskId) -> None:
        entry = self._tasks[framework_id].pop(task_id)
        for uuid in entry.pending:
            del self._updates[framework_id, uuid]
        if not self._tasks[framework_id]:
            del self._tasks[framework_id]
        self._sequences.pop((framework_id, task_id), None)

    def _removed(self, framework_id: FrameworkId) -> None:
        for entry in self.of_framework(framework_id):
            entry.removed = True
            for uuid in entry.pending:
                del self._updates[framework_id, uuid]
            entry.pending.clear()

    def _left(self) -> None:
        self._tasks.clear()
        self._updates.clear()
        for kept in (self.mounted, self.executors, self.run_by, self._groups, self._sequences):
            kept.clear()
        self.usage = Usage()
        self.revocable = Usage()
        self.live_count = self.containers = 0
