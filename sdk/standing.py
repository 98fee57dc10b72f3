"""What a framework holds to over lost sessions: its wishes, its tasks, and what it asked without an answer."""

from collections.abc import Iterator

from barter.core.cluster import Demand, Service
from barter.core.ids import TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskStatus
from barter.sdk.calls import Call, Kill, Launch, Reconcile, Release, Revive, SetDemands, SetServices, Suppress
from barter.sdk.releases import Releases
from barter.sdk.suppression import Suppression


class Standing:
    """Everything here is bounded by the framework's tasks that live or may return, and its open questions.

    A question about all tasks never closes: each agent that comes back after a master's start may bring more of them.
    With `takes_back` a task that is gone with a removed agent may return, and is asked for as the living ones are.
    """

    def __init__(self, *, takes_back: bool = False) -> None:
        self._takes_back = takes_back
        self.tasks: dict[TaskId, TaskState] = {}
        self._demands: tuple[Demand, ...] | None = None
        self._services: tuple[Service, ...] | None = None
        self._suppression = Suppression()
        self.releases = Releases()
        self._kills: dict[TaskId, Kill] = {}
        self._asked: dict[TaskId, None] = {}
        self._asked_all = False

    def note(self, call: Call, *, connected: bool) -> None:
        """Remember what of `call` must be told (again) after a registration."""
        match call:
            case Launch():
                if connected:
                    self.tasks.update((task.task_id, TaskState.STAGING) for task in call.tasks)
            case Kill():
                self._kills[call.task_id] = call
            case SetDemands():
                self._demands = call.demands
            case SetServices():
                self._services = call.services
            case Suppress() | Revive():
                self._suppression.note(call)
            case Release():
                self.releases.note(call.task_ids)
            case Reconcile():
                self._asked.update(dict.fromkeys(call.task_ids))
                self._asked_all = self._asked_all or not call.task_ids
            case _:
                pass

    def seen(self, status: TaskStatus) -> Kill | None:
        """A status is being delivered, and answers what was asked about its task.

        Return the kill of a task that a master says is alive: after a start it passed on no kill of a task whose agent
        was not back yet.
        """
        self._asked.pop(status.task_id, None)
        if self._takes_back and status.reason is Reason.AGENT_REMOVED:
            self.tasks[status.task_id] = TaskState.UNREACHABLE
            return None
        if status.terminal:
            self.tasks.pop(status.task_id, None)
            self._kills.pop(status.task_id, None)
            self.releases.ended(status.task_id)
            return None
        self.tasks[status.task_id] = status.state
        if status.state is TaskState.KILLING:
            self._kills.pop(status.task_id, None)
        alive = status.source is Source.MASTER and status.state is not TaskState.UNREACHABLE
        return self._kills.get(status.task_id) if alive else None

    def retell(self, *, resuming: bool) -> Iterator[Call]:
        """The calls that follow a registration; `resuming` where this framework id was registered before."""
        if self._services is not None:
            yield SetServices(self._services)
        if self._demands is not None:
            yield SetDemands(self._demands)
        yield from self._suppression.retell()
        yield from self._reconciliation(resuming)
        yield from self._kills.values()
        self._kills = {task_id: kill for task_id, kill in self._kills.items() if task_id in self.tasks}

    def _reconciliation(self, resuming: bool) -> Iterator[Call]:
        """Of the known tasks; of all for a process that starts knowing none."""
        known = tuple({**self.tasks, **self._asked}) if resuming or self._asked else ()
        if known:
            yield Reconcile(known)
        self._asked_all = self._asked_all or (resuming and not known)
        if self._asked_all:
            yield Reconcile()
