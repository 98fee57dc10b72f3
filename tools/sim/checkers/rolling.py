"""The service framework's own kills and releases never lead under the minimum of ready instances."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from barter.core.task_state import TERMINAL, IllegalTransition, TaskState, advance
from barter.core.tasks import Reason
from barter.frameworks.service.actions import Action, Kill, Launch, Release
from barter.frameworks.service.changes import OPERATORS_WISH
from barter.sdk import calls
from barter.sdk.callbacks import Callback, StatusUpdate
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.watched import find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.process import Process
from barter.tools.sim.workloads.service import APP_LABEL, ServiceWorkload


@dataclass(slots=True)
class _Known:
    """An instance by what the framework's processes were told of it."""

    app_id: str
    checked: bool
    state: TaskState = TaskState.STAGING
    healthy: bool = False
    to_end: bool = False

    @property
    def ready(self) -> bool:
        return self.state is TaskState.RUNNING and not self.to_end and (self.healthy or not self.checked)


class Rolling(Checker):
    """Ready: running, healthy where that is checked, and not asked to end, by what the framework was last told and what
    it last asked, also where another process of it was. What an operator wants ended may go; of the rest as many stay
    ready as the minimum says, or as there were.
    """

    name = "rolling"

    def __init__(self) -> None:
        super().__init__()
        self._framework: SimFramework | None = None
        self._workload = ServiceWorkload()
        self._known: dict[str, _Known] = {}
        self._asked: set[str] = set()

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, ServiceWorkload)) is not None:
            self._framework, self._workload = found
            self._workload.watching.append(self._decided)

    def process_started(self, process: Process[Any, Any]) -> None:
        if process is self._framework:
            before, self._known = self._known, {}
            for app_id, state in self._workload.apps.items():
                for task_id, one in state.instances.items():
                    known = self._known[task_id] = before.get(task_id) or _Known(app_id, one.placed.checked)
                    known.to_end = bool(one.kill_reason) or task_id in self._asked

    def asked(self, framework: SimFramework, call: calls.Call) -> None:
        """A process that ended before its kill left has not asked for it."""
        if framework is self._framework and isinstance(call, calls.Kill | calls.Release):
            named = call.task_ids if isinstance(call, calls.Release) else (call.task_id,)
            self._asked.update(task_id for task_id in named if task_id in self._known)

    def called(self, framework: SimFramework, callback: Callback) -> None:
        if framework is not self._framework or not isinstance(callback, StatusUpdate):
            return
        status = callback.status
        known = self._known.get(status.task_id)
        if known is None or status.state is TaskState.UNKNOWN:
            return
        # The framework takes an instance of a removed agent for one out of reach, which may come back.
        state = TaskState.UNREACHABLE if status.reason is Reason.AGENT_REMOVED else status.state
        try:
            known.state = state if state is known.state else advance(known.state, state)
        except IllegalTransition:
            return
        if known.state in TERMINAL:
            del self._known[status.task_id]
            self._asked.discard(status.task_id)
        elif status.state is TaskState.RUNNING and status.healthy is not None:
            known.healthy = status.healthy

    def _decided(self, actions: Sequence[Action]) -> None:
        kills: dict[str, list[Kill | Release]] = {}
        for action in actions:
            if isinstance(action, Launch):
                for task in action.tasks:
                    checked = task.health_check is not None
                    self._known[task.task_id] = _Known(task.labels[APP_LABEL], checked)
            elif isinstance(action, Kill | Release) and (known := self._known.get(action.task_id)):
                kills.setdefault(known.app_id, []).append(action)
        for app_id, of_app in kills.items():
            self._killed(app_id, of_app)

    def _killed(self, app_id: str, kills: Sequence[Kill | Release]) -> None:
        self._end(kill for kill in kills if kill.reason == OPERATORS_WISH)
        before = self._ready(app_id)
        own = [kill for kill in kills if kill.reason != OPERATORS_WISH]
        self._end(own)
        state = self._workload.apps.get(app_id)
        if state is None or state.stored.deleting:
            return
        after, least = self._ready(app_id), state.app.upgrade.fewest_ready(state.app.instances)
        if after < min(before, least):
            reasons = "; ".join(f"{kill.task_id}: {kill.reason}" for kill in own)
            message = f"{app_id}: kills leave {after} of {before} ready instances, {least} are to stay ({reasons})"
            self.fail(message)

    def _end(self, kills: Iterable[Kill | Release]) -> None:
        for kill in kills:
            self._known[kill.task_id].to_end = True

    def _ready(self, app_id: str) -> int:
        """Of those the framework still holds for its own."""
        state = self._workload.apps.get(app_id)
        instances = state.instances if state else ()
        return sum(task_id in self._known and self._known[task_id].ready for task_id in instances)
