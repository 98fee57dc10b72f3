"""In truth never more instances of a strict app run than were wanted."""

from collections.abc import Sequence

from barter.agent.facts import TaskKey
from barter.core.ids import AgentId
from barter.core.tasks import TaskInfo
from barter.frameworks.service.actions import Action, DropApp, Launch
from barter.frameworks.service.app import App
from barter.master.facts import AgentGone, Fact
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.watched import find
from barter.tools.sim.cluster import SimCluster
from barter.tools.sim.host import Host
from barter.tools.sim.master import SimMaster
from barter.tools.sim.workloads.service import APP_LABEL, ServiceWorkload


def is_strict(app: App) -> bool:
    """No instance more while it is upgraded, and none in place of one that is only out of reach."""
    return app.upgrade.minimum_health == app.upgrade.maximum_over == 0 and app.unreachable is None


class Slots(Checker):
    """Counts from the decision to launch on; a deleted app's instances are no longer the app's.

    Those on an agent that an operator marked gone do not count: it is on his word that others take their place.
    """

    name = "slots"

    def __init__(self) -> None:
        super().__init__()
        self._workload = ServiceWorkload()
        self._wanted: dict[str, int] = {}
        self._launched: dict[str, dict[str, None]] = {}
        self._running: dict[str, dict[str, str]] = {}
        self._agents: dict[str, AgentId] = {}

    def begin(self, cluster: SimCluster) -> None:
        super().begin(cluster)
        if (found := find(cluster, ServiceWorkload)) is not None:
            _, self._workload = found
            self._workload.watching.append(self._decided)

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        if key[1] not in self._wanted:
            return
        app_id = task.labels[APP_LABEL]
        running = self._running.setdefault(app_id, {})
        running[key[1]] = host.name
        most = max(self._wanted[task_id] for task_id in running)
        if len(running) > most:
            where = ", ".join(f"{task_id} on {name}" for task_id, name in running.items())
            self.fail(f"{app_id}: {len(running)} instances run, at most {most} may: {where}")

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        self._over(key[1])

    def master_committed(self, master: SimMaster, facts: Sequence[Fact]) -> None:
        gone = {fact.agent_id for fact in facts if isinstance(fact, AgentGone)}
        for task_id in [task_id for task_id, agent_id in self._agents.items() if agent_id in gone]:
            self._over(task_id)

    def _over(self, task_id: str) -> None:
        self._agents.pop(task_id, None)
        if self._wanted.pop(task_id, None) is not None:
            for running in self._running.values():
                running.pop(task_id, None)
            for launched in self._launched.values():
                launched.pop(task_id, None)

    def _decided(self, actions: Sequence[Action]) -> None:
        for action in actions:
            if isinstance(action, DropApp):
                self._running.pop(action.app_id, None)
                for task_id in self._launched.pop(action.app_id, {}):
                    self._wanted.pop(task_id, None)
                    self._agents.pop(task_id, None)
            elif isinstance(action, Launch):
                self._launch(action.offer.agent_id, action.tasks)

    def _launch(self, agent_id: AgentId, tasks: Sequence[TaskInfo]) -> None:
        app_id = tasks[0].labels[APP_LABEL]
        app = self._workload.apps[app_id].app
        if is_strict(app):
            self._launched.setdefault(app_id, {}).update(dict.fromkeys(task.task_id for task in tasks))
            self._wanted.update((task.task_id, app.instances) for task in tasks)
            self._agents.update((task.task_id, agent_id) for task in tasks)
