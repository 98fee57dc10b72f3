"""What the processes of the service framework were told of each instance, and what they decided: for its checkers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from barter.core.task_state import TERMINAL, IllegalTransition, TaskState, advance
from barter.core.tasks import Reason
from barter.frameworks.service.actions import Action, Kill, Launch, Release, SaveApp
from barter.frameworks.service.app import App
from barter.frameworks.service.changes import OPERATORS_WISH
from barter.frameworks.service.state import AppState, Deployment
from barter.sdk import calls
from barter.sdk.callbacks import Callback, StatusUpdate
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.watched import find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.framework import SimFramework
from barter.tools.sim.process import Process
from barter.tools.sim.workloads.service import APP_LABEL, ServiceWorkload

Ends = Sequence[Kill | Release]


@dataclass(slots=True)
class Known:
    """An instance of `app_id`, launched as one of `app`: None where that is forgotten.

    `to_end`: asked for, also of an earlier process, unless that ended before its kill left. `ready_us`: since when it
    is ready, where it is.
    """

    app_id: str
    version: int
    app: App | None
    checked: bool
    readiness_checked: bool
    state: TaskState = TaskState.STAGING
    healthy: bool = False
    told_ready: bool = False
    to_end: bool = False
    ready_us: int = 0

    @property
    def ready(self) -> bool:
        """Running, healthy and ready where that is checked, and not asked to end."""
        serves = (self.healthy or not self.checked) and (self.told_ready or not self.readiness_checked)
        return self.state is TaskState.RUNNING and not self.to_end and serves

    @property
    def away(self) -> bool:
        return self.state is TaskState.UNREACHABLE


class Fleet(Checker):
    """`launched` and `ending` are called with an app's id and what was decided for it, before that leaves.

    At `ending` its instances still stand as before. Launches of an app that became another in the same batch are told
    to nobody, as nobody knows which came first. `ended` are those of the last batch. Goes before the checkers that
    share it.
    """

    name = "fleet"

    def __init__(self) -> None:
        super().__init__()
        self.launched: list[Callable[[str, Launch], None]] = []
        self.ending: list[Callable[[str, Ends], None]] = []
        self.ended: set[str] = set()
        self._framework: SimFramework | None = None
        self._workload = ServiceWorkload()
        self._known: dict[str, Known] = {}
        self._asked: set[str] = set()
        self._saved: set[str] = set()

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, ServiceWorkload)) is not None:
            self._framework, self._workload = found
            self._workload.watching.append(self._decided)

    def app(self, app_id: str) -> AppState | None:
        """As the latest process knows it."""
        return self._workload.apps.get(app_id)

    def deployment_of(self, app_id: str) -> Deployment | None:
        return self._workload.deployment_of(app_id)

    def instances(self, app_id: str) -> dict[str, Known]:
        """Those the latest process still holds for its own."""
        state = self._workload.apps.get(app_id)
        return {task_id: self._known[task_id] for task_id in state.instances if task_id in self._known} if state else {}

    def counted(self, app_id: str) -> dict[str, Known]:
        """Those that are there: not asked to end, within reach, and on agents that stay."""
        state = self._workload.apps.get(app_id)
        found = self.instances(app_id).items() if state else ()
        return {
            task_id: one
            for task_id, one in found
            if state and not (one.to_end or one.away or state.instances[task_id].going)
        }

    def process_started(self, process: Process[Any, Any]) -> None:
        if process is self._framework:
            before, self._known = self._known, {}
            for app_id, state in self._workload.apps.items():
                for task_id, one in state.instances.items():
                    placed = one.placed
                    anew = Known(app_id, placed.version, None, placed.checked, placed.readiness_checked)
                    known = self._known[task_id] = before.get(task_id) or anew
                    known.to_end = bool(one.kill_reason) or task_id in self._asked

    def asked(self, framework: SimFramework, call: calls.Call) -> None:
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
        was_ready = known.ready
        try:
            known.state = state if state is known.state else advance(known.state, state)
        except IllegalTransition:
            return
        if known.state in TERMINAL:
            del self._known[status.task_id]
            self._asked.discard(status.task_id)
        elif status.state is TaskState.RUNNING:
            known.healthy = known.healthy if status.healthy is None else status.healthy
            known.told_ready = known.told_ready if status.ready is None else status.ready
        if known.ready and not was_ready:
            known.ready_us = self.cluster.world.now_us

    def _decided(self, actions: Sequence[Action]) -> None:
        ends: dict[str, list[Kill | Release]] = {}
        self._saved = {action.stored.app_id for action in actions if isinstance(action, SaveApp)}
        for action in actions:
            if isinstance(action, Launch):
                self._launch(action)
            elif isinstance(action, Kill | Release) and (known := self._known.get(action.task_id)):
                ends.setdefault(known.app_id, []).append(action)
        for app_id, of_app in ends.items():
            for look in self.ending:
                look(app_id, of_app)
            for end in of_app:
                self._known[end.task_id].to_end = True
        self.ended = {end.task_id for of_app in ends.values() for end in of_app}

    def _launch(self, launch: Launch) -> None:
        app_id = launch.tasks[0].labels[APP_LABEL]
        state = self._workload.apps[app_id]
        for task in launch.tasks:
            version = state.instances[task.task_id].placed.version if task.task_id in state.instances else 0
            checked, readied = bool(task.health_checks), task.readiness_check is not None
            self._known[task.task_id] = Known(app_id, version, state.stored.definition(version), checked, readied)
        if app_id not in self._saved:
            for look in self.launched:
                look(app_id, launch)


def is_wish(end: Kill | Release) -> bool:
    """Whether an operator named the instance."""
    return end.reason == OPERATORS_WISH
