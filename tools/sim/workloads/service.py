"""The service framework as it is in production, with those who operate it."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

from barter.core.cluster import FrameworkInfo, ReturningTasks
from barter.core.tasks import TaskInfo
from barter.frameworks.service.actions import Action, SetDemands, Telling
from barter.frameworks.service.scheduler import ServiceScheduler
from barter.frameworks.service.state import AppState
from barter.sdk.driver import Driver
from barter.sdk.store import StateStore
from barter.tools.sim.workloads.apps import FOREVER
from barter.tools.sim.workloads.operator import Operator, OperatorAct, draw_acts
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

    @property
    def apps(self) -> Mapping[str, AppState]:
        """As the latest process knows them."""
        return self.scheduler.machine.apps if self.scheduler else {}

    def settled(self, running: Sequence[TaskInfo]) -> str:
        if self.scheduler is None:
            return "it never started"
        counts = Counter(task.labels[APP_LABEL] for task in running)
        states = self.scheduler.machine.apps
        strays = sorted(app_id for app_id in counts if app_id not in states)
        missing = [f"{app_id}: {counts[app_id]} run, of an app that is no more" for app_id in strays]
        deploying = self.scheduler.machine.deployment_of
        missing += [
            found
            for app_id, state in states.items()
            if (found := _missing(state, counts[app_id], deploying=deploying(app_id) is not None))
        ]
        return "; ".join(missing)


def _missing(state: AppState, running: int, *, deploying: bool) -> str:
    stored, wanted = state.stored, state.app.instances
    if stored.deleting:
        return f"{stored.app_id}: being deleted, {state.waiting}"
    if state.app.cmd != FOREVER and state.app.image is None:
        return "" if running <= wanted else f"{stored.app_id}: {running} run of {wanted}"
    if state.ready == wanted == running == len(state.instances) and not deploying:
        return ""
    if state.app.unreachable is None and _out_of_reach(state) and running <= wanted:
        return ""
    found = f"{running} run, {len(state.instances)} known, {state.ready} ready of {wanted}"
    return f"{stored.app_id}: {found}, {state.waiting or 'not looked at yet'}"


def _out_of_reach(state: AppState) -> bool:
    """Whether some agent may still have one, for which such an app waits without end."""
    return any(instance.lost_ms is not None for instance in state.instances.values())
