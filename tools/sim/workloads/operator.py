"""Those who operate the service framework: what they were promised, and what they put right in the end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from barter.frameworks.service import events as ev
from barter.frameworks.service.actions import Answer
from barter.frameworks.service.app import App
from barter.frameworks.service.scheduler import ServiceScheduler
from barter.tools.sim.observe import Violated
from barter.tools.sim.workloads.asks import (
    GoBack,
    OperatorAct,
    Promote,
    Put,
    PutGroup,
    Restart,
    Resume,
    is_broken,
    living,
    request_of,
)


@dataclass(slots=True)
class _Promise:
    """The version of an app when its last answer came, 0 for deleted. `unanswered`: asked since, without an answer."""

    version: int = 0
    unanswered: int = 0


class Operator:
    """Holds the framework to its answers: what was answered is there in every later process, and goes on there.

    `promoted` are the deployments whose canaries it asked to promote.
    """

    def __init__(self) -> None:
        self._scheduler: ServiceScheduler | None = None
        self._promises: dict[str, _Promise] = {}
        self._good: dict[str, App] = {}
        self._answered: set[str] = set()
        self.promoted: set[str] = set()
        self._deployments = 0

    def meet(self, scheduler: ServiceScheduler) -> None:
        """A new process serves; of what the one before did not answer the outcome is what this one says."""
        before, self._scheduler = self._scheduler, scheduler
        if before is not None:
            self._goes_on(before, scheduler)
        for app_id, promise in self._promises.items():
            found = self._version(scheduler, app_id)
            if not promise.unanswered and _is_broken_promise(promise.version, found, self._good.get(app_id)):
                said, is_there = _worded(promise.version), _worded(found)
                raise Violated("operator", f"{app_id}: answered was {said}, after a restart there is {is_there}")
            promise.version, promise.unanswered = found, 0

    def act(self, act: OperatorAct) -> None:
        scheduler = self._scheduler
        if scheduler is None:
            return
        self._deployments += 1
        deployment = f"d{self._deployments}"
        request = request_of(scheduler.machine, act, scheduler.next_request(), deployment)
        if request is None:
            return
        if isinstance(request, ev.Promote):
            self.promoted.add(request.deployment_id)
        promises = [self._promises.setdefault(app_id, _Promise()) for app_id in self._touched(scheduler, act)]
        for promise in promises:
            promise.unanswered += 1

        def answered(answer: Answer) -> None:
            if self._scheduler is not scheduler:
                return
            for promise in promises:
                promise.unanswered -= 1
            if answer.status == 200:
                self._answered.add(deployment)
                for app_id, promise in self._promises.items():
                    promise.version = self._version(scheduler, app_id)

        scheduler.ask(request, answered)

    def put_right(self) -> None:
        """Nothing stays that can never work, nothing paused, no canary that waits for somebody."""
        scheduler = self._scheduler
        if scheduler is None:
            return
        for state in list(scheduler.machine.apps.values()):
            app_id, app, good = state.stored.app_id, state.app, self._good.get(state.stored.app_id)
            if state.stored.deleting or good is None:
                continue
            if is_broken(app):
                self.act(Put(0, app_id, replace(app, cmd=good.cmd, cpus=good.cpus, delays=good.delays)))
                continue
            deployment = scheduler.machine.deployment_of(app_id)
            if deployment is None and state.stored.standing is not None:
                self.act(Restart(0, app_id, force=True))
            elif deployment is not None:
                self.act(Resume(0, app_id))
                self.act(Promote(0, app_id))

    def _touched(self, scheduler: ServiceScheduler, act: OperatorAct) -> Sequence[str]:
        """The ids of the apps this may change."""
        if isinstance(act, Put | PutGroup):
            apps = (act.app,) if isinstance(act, Put) else act.apps
            self._good.update((app.app_id, app) for app in apps if not is_broken(app))
            return [app.app_id for app in apps]
        ids = [state.stored.app_id for state in living(scheduler.machine, act.app_id)]
        deployment = scheduler.machine.deployment_of(ids[0]) if ids and isinstance(act, GoBack) else None
        return deployment.app_ids if deployment else ids

    def _goes_on(self, before: ServiceScheduler, scheduler: ServiceScheduler) -> None:
        for deployment_id in before.machine.deployments:
            if deployment_id in self._answered and deployment_id not in scheduler.machine.deployments:
                raise Violated("operator", f"deployment {deployment_id} was under way, and is not after a restart")

    @staticmethod
    def _version(scheduler: ServiceScheduler, app_id: str) -> int:
        state = scheduler.machine.apps.get(app_id)
        return 0 if state is None or state.stored.deleting else state.stored.version


def _is_broken_promise(answered: int, found: int, app: App | None) -> bool:
    """Since the answer a deployment may have failed, and gone back by itself, which takes away what was new."""
    if not found and app is not None and app.upgrade.auto_revert:
        return False
    return found < answered if answered else found > 0


def _worded(version: int) -> str:
    return f"version {version}" if version else "no such app"
