"""Whole stories of an app, batch by batch. Rewrite them on purpose with BARTER_GOLDEN=rewrite."""

import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from barter.core.constraints import Constraint, Operator
from barter.core.tasks import CheckKind
from barter.core.units import MIB
from barter.frameworks.service.actions import (
    Action,
    Answer,
    Decline,
    DropApp,
    DropDeployment,
    DropFormer,
    DropGroup,
    DropLaunch,
    DropPlace,
    Kill,
    Launch,
    Publish,
    Reconcile,
    ReconcileReservations,
    Release,
    SaveApp,
    SaveDeployment,
    SaveFormer,
    SaveGroup,
    SaveLaunch,
    SavePlace,
    SetDemands,
    SetServices,
)
from barter.frameworks.service.app import MILLION, App, Check, Port, Upgrade
from barter.frameworks.service.events import Change, KillInstances, Put, Registered
from barter.frameworks.service.state import StoredApp
from barter.sdk import TaskState
from tests.service.simulated import Task, World

GOLDEN = Path(__file__).parent.parent / "golden" / "service"
WEB = App("/web", cmd="serve", cpus=100, mem=32 * MIB, instances=2, ports=(Port("http"),),
          checks=(Check(CheckKind.HTTP, "HTTP"),),
          labels={"HAPROXY_GROUP": "external", "HAPROXY_0_VHOST": "web.localhost"},
          upgrade=Upgrade(MILLION, MILLION // 2))  # fmt: skip
RUNNING = TaskState.RUNNING


def shown(action: Action) -> str:
    match action:
        case SaveApp():
            return f"save app {_app(action.stored)}"
        case DropApp():
            return f"drop app {action.app_id}"
        case SaveFormer():
            return f"save former {action.former.stored.app_id}"
        case DropFormer():
            return f"drop former {action.key}"
        case SaveLaunch():
            told = [f"{one.task_id}{f' ({one.unwanted})' if one.unwanted else ''}" for one in action.placed]
            return f"save launch {action.record}: {', '.join(told)}"
        case DropLaunch():
            return f"drop launch {action.record}"
        case SaveDeployment():
            steps = (" and ".join(f"{one.kind} {one.app_id}" for one in step) for step in action.deployment.steps)
            return f"save deployment {action.deployment.deployment_id}: {', then '.join(steps)}"
        case DropDeployment():
            return f"drop deployment {action.deployment_id}"
        case SaveGroup():
            return f"save group {action.group.group_id}"
        case DropGroup():
            return f"drop group {action.group_id}"
        case SavePlace():
            return f"save place {action.place.place_id}"
        case DropPlace():
            return f"drop place {action.place_id}"
        case ReconcileReservations():
            return f"reservations to end: {len(action.endings)} ({action.reason})"
        case Publish():
            return f"publish {action.published.kind}"
        case Launch():
            ids = [f"{task.task_id} on {task.ports[0].number}" for task in action.tasks if task.ports]
            return f"launch on {action.offer.agent_id}: {', '.join(ids)} ({action.reason})"
        case Decline():
            return f"decline {action.offer.offer_id} for {action.refuse_ms} ms ({action.reason})"
        case Kill():
            return f"kill {action.task_id} within {action.grace_ms} ms ({action.reason})"
        case Release():
            return f"release {action.task_id} ({action.reason})"
        case Reconcile():
            return f"reconcile {', '.join(action.task_ids)} ({action.reason})"
        case SetDemands():
            return "demands: " + (", ".join(f"{one.count} of {one.demand_id}" for one in action.demands) or "none")
        case SetServices():
            return "services: " + (", ".join(one.service_id for one in action.services) or "none")
        case Answer():
            return f"answer {action.status} {action.message}".rstrip()


def _app(stored: StoredApp) -> str:
    rolled_out = stored.stable and stored.stable[-1][1] == stored.version
    doing = "deleting" if stored.deleting else "rolled out" if rolled_out else "under way"
    return f"{stored.app_id}: {stored.app.instances} x {stored.app.cmd!r}, {doing}"


class Teller(World):
    """Writes down what happens and what comes of it."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        super().__init__()
        self.start = self.now

    def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            self.lines.append(f"    {self.now - self.start:>6} {shown(action)}")
        super()._perform(actions)

    def says(self, text: str, happen: Callable[[], object]) -> None:
        self.lines.append(f"{text}")
        happen()
        for state in self.machine.apps.values():
            if state.waiting:
                self.lines.append(f"           ({state.stored.app_id}: {state.waiting})")

    def run_all(self) -> None:
        for task in list(self.living()):
            if task.state is TaskState.UNREACHABLE:
                continue
            if task.state is not RUNNING:
                self.says(f"{task.info.task_id} runs", partial(self.become, task, RUNNING))
            if task.info.health_checks and task.healthy is not True:
                self.says(f"{task.info.task_id} is healthy", partial(self.become, task, RUNNING, True))

    def of(self, number: int) -> Task:
        return list(self.tasks.values())[number]

    def up(self, app: App) -> None:
        self.says(f"create {app.app_id}", lambda: self.put(app))
        self.says("offers come", self.offer)
        self.run_all()


def create(world: Teller) -> None:
    world.says("the process starts", lambda: world.step(Registered()))
    world.up(WEB)
    world.says("create it again", lambda: world.step(Change(99, "d99", (Put(WEB, 0),))))


def scale(world: Teller) -> None:
    world.up(WEB)
    world.says("scale to 4", lambda: world.put(replace(WEB, instances=4)))
    world.says("scale to 1 while that is going on", lambda: world.put(replace(WEB, instances=1)))
    world.says("the same by force", lambda: world.put(replace(WEB, instances=1), force=True))
    world.says("a kill takes effect", world.obey)


def upgrade(world: Teller) -> None:
    world.up(WEB)
    world.says("a new version", lambda: world.put(replace(WEB, cmd="serve better")))
    while world.machine.deployment_of("/web"):
        world.says("offers come", world.offer)
        world.run_all()
        world.says("a kill takes effect", world.obey)


def delete(world: Teller) -> None:
    world.up(WEB)
    world.says("delete", lambda: world.delete("/web"))
    world.says("the kills are lost, time passes", lambda: world.pass_time(9_000))
    world.says("delete again", lambda: world.delete("/web"))
    world.says("a kill takes effect", world.obey)
    world.says("a kill takes effect", world.obey)


def backoff(world: Teller) -> None:
    world.up(replace(WEB, instances=1, checks=()))
    for _ in range(4):
        last = world.of(-1)
        world.says(f"{last.info.task_id} fails", partial(world.become, last, TaskState.FAILED, message="exit 3"))
        world.says("two seconds pass", lambda: world.pass_time(2_000))
        world.says("offers come", world.offer)
        world.run_all()
    world.says("a minute passes", lambda: world.pass_time(60_000))
    world.says("it fails after running well", lambda: world.become(world.of(-1), TaskState.FAILED))


def agent_lost(world: Teller) -> None:
    world.up(WEB)
    first = world.of(0)
    world.says("the first is out of reach", lambda: world.become(first, TaskState.UNREACHABLE))
    world.says("offers come", world.offer)
    world.run_all()
    world.says("the first comes back", lambda: world.become(first, RUNNING))
    world.says("a kill takes effect", world.obey)


def restart(world: Teller) -> None:
    world.up(WEB)
    world.says("a new version", lambda: world.put(replace(WEB, cmd="serve better")))
    world.says("offers come", world.offer)
    world.says("the process is killed and starts again", world.restart)
    world.run_all()
    world.says("a launch is never heard of: a minute passes", lambda: world.pass_time(60_000))
    world.says("an operator kills one", lambda: world.ask(
        KillInstances, task_ids=(world.of(-1).info.task_id,), force=True))  # fmt: skip


def unplaceable(world: Teller) -> None:
    app = replace(WEB, app_id="/big", cpus=64_000, constraints=(Constraint("zone", Operator.UNIQUE),), labels={})
    world.says("create /big", lambda: world.put(app))
    world.says("offers come", world.offer)
    world.says("scale it by force", lambda: world.put(replace(app, instances=0), force=True))


STORIES = (create, scale, upgrade, delete, backoff, agent_lost, restart, unplaceable)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_story(story: Callable[[Teller], None]) -> None:
    world = Teller()
    story(world)
    told = "\n".join(world.lines) + "\n"
    path = GOLDEN / f"{story.__name__}.txt"
    if os.environ.get("BARTER_GOLDEN") == "rewrite":
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(told)
    assert told == path.read_text()
