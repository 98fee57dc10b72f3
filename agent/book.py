"""The admission ledger's memory: every task the agent answers for, and what of them is not yet acknowledged."""

from collections import defaultdict
from collections.abc import Iterator
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
    Left,
    TaskKey,
    Told,
)
from barter.agent.usage import Usage
from barter.core.ids import FrameworkId, TaskId, VolumeId
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


class Book:
    """What the facts so far amount to. Only `apply` changes it; every fact costs O(1) in the number of tasks.

    `usage` is what live tasks hold of the machine, `revocable` what they hold of what others lend, `mounted` which of
    them has which persistent volume.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.executor = ""
        self.sequence = 0
        self.usage = Usage()
        self.revocable = Usage()
        self.live_count = 0
        self.mounted: dict[VolumeId, TaskKey] = {}
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
                self.executor, self.sequence = fact.executor, fact.sequence
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
            self.live_count += 1
            self.usage.take(entry.task.resources.without(entry.task.revocable))
            self.revocable.take(entry.task.revocable)
            self.mounted.update((mount.volume_id, entry.key) for mount in entry.task.volumes)

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
            self.live_count -= 1
            self.usage.release(entry.task.resources.without(entry.task.revocable))
            self.revocable.release(entry.task.revocable)
            for mount in entry.task.volumes:
                self.mounted.pop(mount.volume_id, None)
        entry.status = status
        if status.uuid:
            entry.updates += 1
            self.restore_update(framework_id, status)

    def _forgotten(self, framework_id: FrameworkId, task_id: TaskId) -> None:
        entry = self._tasks[framework_id].pop(task_id)
        for uuid in entry.pending:
            del self._updates[framework_id, uuid]
        if not self._tasks[framework_id]:
            del self._tasks[framework_id]

    def _removed(self, framework_id: FrameworkId) -> None:
        for entry in self.of_framework(framework_id):
            entry.removed = True
            for uuid in entry.pending:
                del self._updates[framework_id, uuid]
            entry.pending.clear()

    def _left(self) -> None:
        self._tasks.clear()
        self._updates.clear()
        self.mounted.clear()
        self.usage = Usage()
        self.revocable = Usage()
        self.live_count = 0
