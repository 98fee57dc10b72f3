"""One event's effects: facts applied to the book as they are decided, and the actions in their fixed order."""

from collections.abc import Callable
from dataclasses import replace

from barter.agent.actions import (
    Action,
    KillAtExecutor,
    LaunchTasks,
    Note,
    Record,
    SendUpdates,
    TaskEnded,
)
from barter.agent.book import Book, Entry, Update
from barter.agent.facts import Acked, Fact, Forgotten, Home, Told
from barter.core.ids import AgentId, FrameworkId, VolumeId
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskInfo, TaskStatus


class Turn:
    """Record, notes, updates, kills, launches, ended sandboxes, then what else was `add`ed: always in this order.

    `reach` names the process that is connected as an executor, empty where none is. `mounts` are the persistent
    volumes of its launches, `broken_groups` members of groups that ended in it.
    """

    def __init__(
        self, book: Book, agent_id: AgentId, now: int, reach: Callable[[Home], str], *, master_connected: bool
    ) -> None:
        self.book, self.agent_id, self.now, self.reach = book, agent_id, now, reach
        self.master_connected = master_connected
        self._facts: list[Fact] = []
        self._notes: list[Action] = []
        self._updates: list[Update] = []
        self._kills: list[Action] = []
        self._launches: dict[Home, list[tuple[FrameworkId, TaskInfo]]] = {}
        self._launch_reason = ""
        self.broken_groups: list[Entry] = []
        self.mounts: list[VolumeId] = []
        self._ended: list[Action] = []
        self._others: list[Action] = []

    def actions(self) -> list[Action]:
        actions: list[Action] = [Record(tuple(self._facts))] if self._facts else []
        actions += self._notes
        if self._updates and self.master_connected:
            actions.append(SendUpdates(tuple(self._updates)))
        actions += self._kills
        actions += [LaunchTasks(tuple(tasks), self._launch_reason, home) for home, tasks in self._launches.items()]
        return [*actions, *self._ended, *self._others]

    @property
    def ended(self) -> bool:
        """Whether a task that an executor had has ended."""
        return bool(self._ended)

    def ended_of_group(self, entry: Entry) -> Entry | None:
        """The member of its group that ended in this turn."""
        group = entry.framework_id, entry.task.group_id
        ended = (each for each in self.broken_groups if (each.framework_id, each.task.group_id) == group)
        return next(ended, None) if entry.task.group_id else None

    def record(self, fact: Fact) -> None:
        self.book.apply(fact)
        self._facts.append(fact)

    def note(self, message: str, *, problem: bool = False) -> None:
        self._notes.append(Note(message, problem))

    def add(self, action: Action) -> None:
        self._others.append(action)

    def send(self, updates: tuple[Update, ...]) -> None:
        self._updates += updates

    def kill(self, entry: Entry, grace_ms: int, reason: str) -> None:
        self.kill_task(KillAtExecutor(*entry.key, grace_ms, reason, entry.home))

    def kill_task(self, kill: KillAtExecutor) -> None:
        self._kills.append(kill)

    def launch(self, framework_id: FrameworkId, task: TaskInfo, reason: str, home: Home) -> None:
        self._launches.setdefault(home, []).append((framework_id, task))
        self.mounts += [mount.volume_id for mount in task.volumes]
        self._launch_reason = reason

    def tell(self, entry: Entry, state: TaskState, reason: Reason, message: str) -> None:
        """The agent's own next status of a task."""
        self.pass_on(
            entry, TaskStatus(entry.task.task_id, state, Source.AGENT, self.now, "", AgentId(""), reason, message)
        )

    def pass_on(self, entry: Entry, status: TaskStatus) -> None:
        """Make `status` the task's next update; of a removed framework it is sent once and nobody acknowledges it."""
        uuid = "" if entry.removed else f"{entry.task.task_id}:{entry.updates + 1}"
        status = replace(status, uuid=uuid, agent_id=self.agent_id)
        self.record(Told(entry.framework_id, status))
        self._updates.append((entry.framework_id, status))
        if status.terminal:
            if entry.task.group_id:
                self.broken_groups.append(entry)
            if entry.executor:
                self._ended.append(TaskEnded(*entry.key))
            self.settle(entry)

    def acknowledge(self, entry: Entry, uuid: str) -> None:
        if len(entry.pending) > 1 or entry.live:
            self.record(Acked(*entry.key, uuid))
        else:
            self.forget(entry)

    def settle(self, entry: Entry) -> None:
        """Forget a task that has ended and of which nothing is left to tell."""
        if not entry.live and not entry.pending:
            self.forget(entry)

    def forget(self, entry: Entry) -> None:
        self.record(Forgotten(*entry.key, entry.updates))
