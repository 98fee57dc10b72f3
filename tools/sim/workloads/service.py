"""The service framework as it is in production, with those who operate it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from random import Random

from barter.core.cluster import FrameworkInfo, ReturningTasks
from barter.core.tasks import TaskInfo
from barter.frameworks.service.actions import Action, SetDemands, Telling
from barter.frameworks.service.scheduler import ServiceScheduler
from barter.frameworks.service.state import AppState, Deployment, StoredApp, StoredGroup
from barter.frameworks.service.timestamps import iso
from barter.sdk.driver import Driver
from barter.sdk.store import StateStore
from barter.tools.sim.workloads.apps import FOREVER
from barter.tools.sim.workloads.asks import OperatorAct
from barter.tools.sim.workloads.deployments import draw_acts
from barter.tools.sim.workloads.operator import Operator
from barter.tools.sim.workloads.workload import Act, Workload

APP_LABEL, ROLE = "barter.app", "eng/web"
Watch = Callable[[Sequence[Action]], None]


class WatchedService(ServiceScheduler):
    """Shows each batch of actions before it is carried out; what it wants, it wants for its role."""

    def __init__(self, store: StateStore, watching: Sequence[Watch]) -> None:
        super().__init__(store)
        self._watching = watching

    def perform(self, driver: Driver, actions: Sequence[Action]) -> None:
        for watch in self._watching:
            watch(actions)
        super().perform(driver, actions)

    def tell(self, driver: Driver, action: Telling) -> None:
        if isinstance(action, SetDemands):
            action = SetDemands(tuple(replace(demand, role=ROLE) for demand in action.demands))
        super().tell(driver, action)


class ServiceWorkload(Workload):
    """`scheduler` is that of the latest process; `watching` are called with what it decides."""

    name = "service"
    framework = FrameworkInfo("service", roles=(ROLE,), returning_tasks=ReturningTasks.KEEP)
    demands_only = True

    def __init__(self) -> None:
        self.scheduler: ServiceScheduler | None = None
        self.watching: list[Watch] = []
        self._operator = Operator()

    def start(self, store: StateStore, rng: Random) -> ServiceScheduler:
        self.scheduler = WatchedService(store, self.watching)
        self._operator.meet(self.scheduler)
        return self.scheduler

    def operator_actions(self, rng: Random, duration_ms: int) -> Sequence[Act]:
        return draw_acts(rng, duration_ms)

    def act(self, act: Act) -> None:
        if isinstance(act, OperatorAct):
            self._operator.act(act)

    def put_right(self) -> None:
        """What its operators do in the end, so that all can come to rest."""
        self._operator.put_right()

    @property
    def apps(self) -> Mapping[str, AppState]:
        """As the latest process knows them."""
        return self.scheduler.machine.apps if self.scheduler else {}

    @property
    def promoted(self) -> Collection[str]:
        """The deployments whose canaries its operators asked to promote."""
        return self._operator.promoted

    @property
    def groups(self) -> Mapping[str, StoredGroup]:
        return self.scheduler.machine.groups if self.scheduler else {}

    @property
    def deployments(self) -> Mapping[str, Deployment]:
        """Those under way, by id."""
        return self.scheduler.machine.deployments if self.scheduler else {}

    def deployment_of(self, app_id: str) -> Deployment | None:
        return self.scheduler.machine.deployment_of(app_id) if self.scheduler else None

    def settled(self, running: Sequence[TaskInfo]) -> str:
        if self.scheduler is None:
            return "it never started"
        of_apps: dict[str, list[TaskInfo]] = {}
        for task in running:
            of_apps.setdefault(task.labels[APP_LABEL], []).append(task)
        strays = sorted(app_id for app_id in of_apps if app_id not in self.apps)
        missing = [f"{app_id}: {len(of_apps[app_id])} run, of an app that is no more" for app_id in strays]
        for app_id, state in self.apps.items():
            missing += [found] if (found := self._missing(state, of_apps.get(app_id, []))) else []
        return "; ".join(missing)

    def _missing(self, state: AppState, tasks: Sequence[TaskInfo]) -> str:
        stored, wanted, running = state.stored, state.app.instances, len(tasks)
        deployment = self.deployment_of(stored.app_id)
        of_deployment = f", in {deployment.deployment_id}" if deployment else ""
        if stored.deleting:
            return f"{stored.app_id}: being deleted, {state.waiting}{of_deployment}"
        if state.app.cmd != FOREVER and state.app.image is None:
            return "" if running <= wanted else f"{stored.app_id}: {running} run of {wanted}{of_deployment}"
        if state.app.unreachable is None and _out_of_reach(state) and running <= wanted:
            return ""
        if deployment is not None and stored.standing is not None and self._waits_for_lost(deployment):
            return ""
        if old := sorted(task.task_id for task in tasks if not _is_current(stored, task)):
            return f"{stored.app_id}: {', '.join(old)} run, of a version that is no more{of_deployment}"
        if state.ready == wanted == running == len(state.instances) and deployment is None:
            return ""
        found = f"{running} run, {len(state.instances)} known, {state.ready} ready of {wanted}{of_deployment}"
        return f"{stored.app_id}: {found}, {state.waiting or 'not looked at yet'}"

    def _waits_for_lost(self, deployment: Deployment) -> bool:
        """Whether some app in it waits without end for an agent that may never come back."""
        states = (self.apps[app_id] for app_id in deployment.app_ids if app_id in self.apps)
        return any(state.app.unreachable is None and _out_of_reach(state) for state in states)


def _is_current(stored: StoredApp, task: TaskInfo) -> bool:
    """A task's version is its definition's; what is not kept any more is taken for another."""
    launched = task.labels["barter.version"]
    return any(iso(version) == launched for version, app in stored.versions if app.same_tasks_as(stored.app))


def _out_of_reach(state: AppState) -> bool:
    """Whether some agent may still have one, for which such an app waits without end."""
    return any(instance.lost_ms is not None for instance in state.instances.values())
