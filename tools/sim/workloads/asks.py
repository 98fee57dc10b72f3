"""What operators ask of the service framework, and the request that the API makes of it as things stand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from barter.frameworks.service import events as ev
from barter.frameworks.service.app import App, Delays
from barter.frameworks.service.machine import ServiceMachine
from barter.frameworks.service.state import AppState, StoredGroup
from barter.tools.sim.workloads.workload import Act

SICK = "sleep infinity # never healthy"
CRASHING = "exit 1"
HUGE_CPUS = 9_000
"""More than any machine has."""


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
class PutGroup(OperatorAct):
    """Create or change all these apps at once; `app_id` is the group's."""

    apps: tuple[App, ...]
    groups: tuple[StoredGroup, ...]

    def __str__(self) -> str:
        return f"put {self.app_id} with {', '.join(f'{app.instances} of {app.app_id}' for app in self.apps)}"


@dataclass(frozen=True, slots=True)
class Scale(OperatorAct):
    instances: int
    force: bool


@dataclass(frozen=True, slots=True)
class Upgrade(OperatorAct):
    """To the same with another environment, and also with so many instances where these are not -1.

    Of a group all its apps.
    """

    number: int
    force: bool
    instances: int = -1


@dataclass(frozen=True, slots=True)
class Break(OperatorAct):
    """To a version that never works: `how` is sick, crash or huge."""

    how: str
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
    """It, or all of a group."""


@dataclass(frozen=True, slots=True)
class GoBack(OperatorAct):
    """Roll back the deployment that is under way, or, with `force`, only give it up."""

    force: bool


@dataclass(frozen=True, slots=True)
class Pause(OperatorAct):
    pass


@dataclass(frozen=True, slots=True)
class Resume(OperatorAct):
    pass


@dataclass(frozen=True, slots=True)
class Promote(OperatorAct):
    pass


def request_of(machine: ServiceMachine, act: OperatorAct, number: int, deployment: str) -> ev.Request | None:
    """None where the API finds nothing to ask it of."""
    match act:
        case Put():
            return ev.Change(number, deployment, _puts(machine, (act.app,)), force=True)
        case PutGroup():
            return ev.Change(number, deployment, _puts(machine, act.apps), groups=act.groups, force=True)
        case GoBack() | Pause() | Resume() | Promote():
            return _steered(machine, act, number, deployment)
        case KillSome():
            return _kill(machine, act, number, deployment)
        case _:
            return _change(machine, act, number, deployment)


def living(machine: ServiceMachine, app_id: str) -> list[AppState]:
    """The app, or those of the group, that are not being deleted."""
    return [
        state
        for state in machine.apps.values()
        if f"{state.stored.app_id}/".startswith(f"{app_id}/") and not state.stored.deleting
    ]


def broken(app: App, how: str) -> App:
    match how:
        case "sick" if app.checks:
            return replace(app, cmd=SICK)
        case "huge":
            return replace(app, cpus=HUGE_CPUS)
        case _:
            return replace(app, cmd=CRASHING, delays=Delays(10_000, 4_000_000, 120_000))


def is_broken(app: App) -> bool:
    return app.cmd in (SICK, CRASHING) or app.cpus == HUGE_CPUS


def _puts(machine: ServiceMachine, apps: Sequence[App]) -> tuple[ev.Put, ...]:
    bases = {state.stored.app_id: state.stored.version for app in apps for state in living(machine, app.app_id)}
    return tuple(ev.Put(app, bases.get(app.app_id, 0)) for app in apps)


def _change(machine: ServiceMachine, act: OperatorAct, number: int, deployment: str) -> ev.Request | None:
    states = living(machine, act.app_id)
    ids = tuple(state.stored.app_id for state in states)
    if not states:
        return None
    match act:
        case Scale():
            apps = [replace(state.app, instances=act.instances) for state in states]
        case Upgrade():
            apps = [_upgraded(state.app, act) for state in states]
        case Break():
            apps = [broken(state.app, act.how) for state in states]
        case Restart():
            return ev.Change(number, deployment, restarts=ids, force=act.force)
        case Delete():
            known = tuple(group for group in machine.groups if f"{group}/".startswith(f"{act.app_id}/"))
            return ev.Change(number, deployment, deletes=ids, group_deletes=known, force=True)
        case _:
            raise TypeError(f"{type(act).__name__} is nothing the service framework can be asked")
    return ev.Change(number, deployment, _puts(machine, apps), force=act.force)


def _upgraded(app: App, act: Upgrade) -> App:
    instances = app.instances if act.instances < 0 else act.instances
    return replace(app, env={**app.env, "ROUND": str(act.number)}, instances=instances)


def _steered(
    machine: ServiceMachine, act: GoBack | Pause | Resume | Promote, number: int, deployment: str
) -> ev.Request | None:
    states = living(machine, act.app_id)
    found = machine.deployment_of(states[0].stored.app_id) if states else None
    if found is None:
        return None
    match act:
        case GoBack():
            return ev.Rollback(number, found.deployment_id, deployment, act.force)
        case Pause():
            return ev.Pause(number, found.deployment_id)
        case Resume():
            return ev.Resume(number, found.deployment_id)
        case Promote():
            return ev.Promote(number, found.deployment_id)


def _kill(machine: ServiceMachine, act: KillSome, number: int, deployment: str) -> ev.Request | None:
    ids = [task_id for state in living(machine, act.app_id) for task_id in state.instances]
    chosen = tuple(dict.fromkeys(ids[index % len(ids)] for index in act.chosen)) if ids else ()
    return ev.KillInstances(number, chosen, deployment, act.scale, force=act.scale)
