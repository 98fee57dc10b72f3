"""Those who operate the service framework: what they ask, when, and what they were promised."""

from dataclasses import dataclass, replace
from random import Random

from barter.frameworks.service.actions import Answer
from barter.frameworks.service.app import App
from barter.frameworks.service.events import Change, KillInstances, Request
from barter.frameworks.service.events import Put as PutApp
from barter.frameworks.service.scheduler import ServiceScheduler
from barter.tools.sim.observe import Violated
from barter.tools.sim.workloads.apps import draw_app, most_instances
from barter.tools.sim.workloads.workload import Act


@dataclass(frozen=True, slots=True)
class OperatorAct(Act):
    app_id: str


@dataclass(frozen=True, slots=True)
class Put(OperatorAct):
    """Create it, or change it to this."""

    app: App

    def __str__(self) -> str:
        return f"put {self.app_id} with {self.app.instances} instances"


@dataclass(frozen=True, slots=True)
class Scale(OperatorAct):
    instances: int
    force: bool


@dataclass(frozen=True, slots=True)
class Upgrade(OperatorAct):
    """To the same with another environment."""

    number: int
    force: bool


@dataclass(frozen=True, slots=True)
class Restart(OperatorAct):
    force: bool


@dataclass(frozen=True, slots=True)
class KillSome(OperatorAct):
    """Of its instances those with these numbers, modulo how many there are."""

    chosen: tuple[int, ...]
    scale: bool


@dataclass(frozen=True, slots=True)
class Delete(OperatorAct):
    pass


def draw_acts(rng: Random, duration_ms: int) -> list[OperatorAct]:
    """A few apps, each with its own story; what is deleted is mostly created again."""
    acts: list[OperatorAct] = []
    for number in range(rng.randint(3, 5)):
        app = draw_app(rng, number)
        acts.append(Put(rng.randrange(min(duration_ms, 120_000)), app.app_id, app))
        for _ in range(rng.randint(1, 1 + duration_ms // 360_000)):
            acts += _draw_change(rng, app, rng.randrange(duration_ms), duration_ms)
    return sorted(acts, key=lambda act: act.at_ms)


def _draw_change(rng: Random, app: App, at_ms: int, duration_ms: int) -> list[OperatorAct]:
    app_id, force = app.app_id, rng.random() < 0.7
    kind = rng.choices(("scale", "upgrade", "restart", "kill", "delete"), (4, 4, 2, 2, 1))[0]
    match kind:
        case "scale":
            return [Scale(at_ms, app_id, rng.randint(0, most_instances(app)), force)]
        case "upgrade":
            return [Upgrade(at_ms, app_id, rng.randrange(1_000), force)]
        case "restart":
            return [Restart(at_ms, app_id, force)]
        case "kill":
            chosen = tuple(rng.randrange(6) for _ in range(rng.randint(1, 3)))
            return [KillSome(at_ms, app_id, chosen, rng.random() < 0.2)]
        case _:
            again = min(at_ms + rng.randrange(1_000, 120_000), duration_ms - 1)
            return [Delete(at_ms, app_id), Put(again, app_id, app)]


@dataclass(slots=True)
class _Promise:
    """What the last answer said of an app: its version, 0 for deleted. `unanswered`: asked since, without an answer."""

    version: int = 0
    unanswered: int = 0


class Operator:
    """Holds the framework to its answers: what was answered is there in every later process."""

    def __init__(self) -> None:
        self._scheduler: ServiceScheduler | None = None
        self._promises: dict[str, _Promise] = {}
        self._deployments = 0

    def meet(self, scheduler: ServiceScheduler) -> None:
        """A new process serves; of what the one before did not answer the outcome is what this one says."""
        self._scheduler = scheduler
        for app_id, promise in self._promises.items():
            found = self._version(scheduler, app_id)
            if not promise.unanswered and found != promise.version:
                said, is_there = _worded(promise.version), _worded(found)
                raise Violated("operator", f"{app_id}: answered was {said}, after a restart there is {is_there}")
            promise.version, promise.unanswered = found, 0

    def act(self, act: OperatorAct) -> None:
        scheduler = self._scheduler
        if scheduler is None:
            return
        self._deployments += 1
        request = _request(scheduler, act, f"d{self._deployments}")
        if request is None:
            return
        promise = self._promises.setdefault(act.app_id, _Promise())
        promise.unanswered += 1

        def answered(answer: Answer) -> None:
            if self._scheduler is not scheduler:
                return
            promise.unanswered -= 1
            if answer.status == 200:
                promise.version = 0 if isinstance(act, Delete) else answer.version

        scheduler.ask(request, answered)

    @staticmethod
    def _version(scheduler: ServiceScheduler, app_id: str) -> int:
        state = scheduler.machine.apps.get(app_id)
        return 0 if state is None or state.stored.deleting else state.stored.version


def _request(scheduler: ServiceScheduler, act: OperatorAct, deployment: str) -> Request | None:
    """As the API makes it out of the app as it stands; None where it finds nothing to ask it of."""
    number, state = scheduler.next_request(), scheduler.machine.apps.get(act.app_id)
    if state is None or state.stored.deleting:
        return Change(number, deployment, (PutApp(act.app, 0),), force=True) if isinstance(act, Put) else None
    base = state.stored.version
    match act:
        case Put():
            return Change(number, deployment, (PutApp(act.app, base),), force=True)
        case Scale():
            return Change(
                number, deployment, (PutApp(replace(state.app, instances=act.instances), base),), force=act.force
            )
        case Upgrade():
            app = replace(state.app, env={**state.app.env, "ROUND": str(act.number)})
            return Change(number, deployment, (PutApp(app, base),), force=act.force)
        case Restart():
            return Change(number, deployment, restarts=(act.app_id,), force=act.force)
        case KillSome():
            ids = tuple(state.instances)
            chosen = tuple(dict.fromkeys(ids[index % len(ids)] for index in act.chosen)) if ids else ()
            return KillInstances(number, chosen, deployment, act.scale, force=act.scale)
        case Delete():
            return Change(number, deployment, deletes=(act.app_id,), force=True)
        case _:
            raise TypeError(f"{type(act).__name__} is nothing the service framework can be asked")


def _worded(version: int) -> str:
    return f"version {version}" if version else "no such app"
