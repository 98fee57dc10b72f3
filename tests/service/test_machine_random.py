"""Whatever happens, in whatever order: the promises an app's owner relies on. The World checks each batch."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from barter.core.tasks import CheckKind
from barter.core.units import MIB
from barter.frameworks.service.actions import Publish
from barter.frameworks.service.app import MILLION, App, Check, Port, Readiness, Unreachable, Upgrade
from barter.frameworks.service.deployment.goal import goal_of
from barter.frameworks.service.events import (
    KillInstances,
    Offered,
    Pause,
    Promote,
    Put,
    Resume,
    Rollback,
    StatusCame,
)
from barter.frameworks.service.state import AppState, Deployment
from barter.sdk import Source, TaskId, TaskState, TaskStatus
from tests.service.simulated import Task, World

SHARES = st.sampled_from([0, MILLION // 3, MILLION // 2, MILLION])
IDS = ("/web", "/prod/db")
UPGRADES = st.builds(
    Upgrade,
    SHARES,
    SHARES,
    progress_ms=st.sampled_from([0, 60_000, 600_000]),
    auto_revert=st.booleans(),
    canary=st.integers(0, 2),
    auto_promote=st.booleans(),
    canary_weights=st.sampled_from([(), (20, 60)]),
)
APPS = st.builds(
    lambda instances, checked, bounds, unreachable, readied, needs: App(
        "/web",
        cmd="run 0",
        cpus=100,
        mem=32 * MIB,
        instances=instances,
        ports=(Port("http"), Port("admin")),
        checks=(Check(CheckKind.HTTP, "HTTP"),) if checked else (),
        upgrade=bounds,
        unreachable=unreachable,
        readiness=Readiness("warm", CheckKind.HTTP) if readied else None,
        dependencies=("/prod",) if needs else (),
    ),
    st.integers(0, 6),
    st.booleans(),
    UPGRADES,
    st.sampled_from([Unreachable(), Unreachable(30_000, 90_000), None]),
    st.booleans(),
    st.booleans(),
)


class Story:
    """What may happen, each with a number to choose by."""

    def __init__(self, apps: tuple[App, App]) -> None:
        self.world = World()
        self.world.step()
        web, db = apps
        self.apps = (web, replace(db, app_id=IDS[1], dependencies=()))
        self.round = 0
        for number in range(len(IDS)):
            self.create(number)

    def pick(self, number: int, *states: TaskState) -> Task | None:
        tasks = [task for task in self.world.living() if not states or task.state in states]
        return tasks[number % len(tasks)] if tasks else None

    def current(self, number: int) -> App | None:
        state = self.world.machine.apps.get(IDS[number % 2])
        return None if state is None or state.stored.deleting else state.app

    def create(self, number: int) -> None:
        app = self.apps[number % 2]
        expected = 409 if app.app_id in self.world.machine.apps and self.current(number) is None else 200
        assert self.current(number) or self.world.put(app).status == expected

    def scale(self, number: int) -> None:
        if app := self.current(number):
            assert self.world.put(replace(app, instances=number % 7), force=True).status == 200

    def upgrade(self, number: int) -> None:
        if app := self.current(number):
            self.round += 1
            assert self.world.put(self.another(app), force=True).status == 200

    def change_both(self, number: int) -> None:
        """One deployment over both, in the order of their dependencies."""
        found = [app for each in (0, 1) if (app := self.current(each))]
        self.round += 1
        puts = [
            Put(
                replace(self.another(app) if number % 3 else app, instances=number % 4),
                self.world.machine.apps[app.app_id].stored.version,
            )
            for app in found
        ]
        assert self.world.change(puts=tuple(puts), force=True).status == 200

    def deployment(self, number: int) -> Deployment | None:
        deployments = list(self.world.machine.deployments.values())
        return deployments[number % len(deployments)] if deployments else None

    def rolls_back(self, number: int) -> None:
        if found := self.deployment(number):
            self.round += 1
            new_id = f"back-{self.round}"
            self.world.ask(Rollback, deployment_id=found.deployment_id, new_id=new_id, force=number % 3 == 0)
            assert found.deployment_id not in self.world.machine.deployments

    def pauses(self, number: int) -> None:
        if found := self.deployment(number):
            before = self.settled_versions(found)
            assert self.world.ask(Pause, deployment_id=found.deployment_id).status == 200
            assert self.settled_versions(found) == before

    def settled_versions(self, deployment: Deployment) -> list[tuple[str, ...]]:
        """Which instances of its apps are not to end."""
        return [
            tuple(task.info.task_id for task in self.world.living(app_id) if not task.asked_to_end)
            for app_id in deployment.app_ids
        ]

    def resumes(self, number: int) -> None:
        if found := self.deployment(number):
            assert self.world.ask(Resume, deployment_id=found.deployment_id).status == 200

    def promotes(self, number: int) -> None:
        if found := self.deployment(number):
            assert self.world.ask(Promote, deployment_id=found.deployment_id).status in (200, 409)

    def the_process_dies_before_it_tells(self, number: int) -> None:
        """What came of the offers, or of an end, is saved, and nobody hears of it."""
        if number % 2:
            self.world.save_and_die(Offered(tuple(self.world.offers())))
        elif task := self.pick(number, TaskState.RUNNING):
            task.state = TaskState.FAILED
            status = TaskStatus(TaskId(task.info.task_id), task.state, Source.AGENT, self.world.now)
            self.world.save_and_die(StatusCame(status))

    def another(self, app: App) -> App:
        return replace(app, cmd=f"run {self.round}")

    def restart_app(self, number: int) -> None:
        expected = 200 if self.current(number) else 404
        assert self.world.change(restarts=(IDS[number % 2],), force=True).status == expected

    def delete(self, number: int) -> None:
        known = self.current(number) is not None
        answer = self.world.delete(IDS[number % 2], force=True)
        assert answer.status == (404 if not known else 200)

    def kill_one(self, number: int) -> None:
        if (task := self.pick(number)) and self.current(IDS.index(task.info.labels["barter.app"])):
            ids, scale = (str(task.info.task_id),), number % 3 == 0
            self.world.ask(KillInstances, force=True, task_ids=ids, scale=scale)
            assert task.asked_to_end or task.was_out_of_reach

    def offers_come(self, number: int) -> None:
        self.world.offer()

    def starts(self, number: int) -> None:
        if task := self.pick(number, TaskState.STAGING):
            self.world.become(task, TaskState.RUNNING)

    def is_healthy(self, number: int) -> None:
        task = self.pick(number, TaskState.RUNNING)
        if task and task.info.health_checks:
            self.world.become(task, TaskState.RUNNING, healthy=True)

    def is_ready(self, number: int) -> None:
        task = self.pick(number, TaskState.RUNNING)
        if task and task.info.readiness_check:
            self.world.become(task, TaskState.RUNNING, healthy=task.healthy, ready=True)

    def is_ill(self, number: int) -> None:
        task = self.pick(number, TaskState.RUNNING)
        if task and task.info.health_checks:
            self.world.become(task, TaskState.RUNNING, healthy=False)

    def ends(self, number: int) -> None:
        if task := self.pick(number):
            self.world.become(task, (TaskState.FAILED, TaskState.LOST, TaskState.KILLED)[number % 3])

    def is_out_of_reach(self, number: int) -> None:
        if task := self.pick(number, TaskState.RUNNING, TaskState.STAGING):
            self.world.become(task, TaskState.UNREACHABLE)

    def comes_back(self, number: int) -> None:
        if task := self.pick(number, TaskState.UNREACHABLE):
            self.world.become(task, TaskState.RUNNING)

    def a_kill_takes_effect(self, number: int) -> None:
        self.world.obey()

    def an_agent_is_drained(self, number: int) -> None:
        staying = [agent for agent in self.world.agents if agent not in self.world.drained]
        if len(staying) > 1:
            self.world.drain(staying[number % len(staying)])

    def an_agent_is_activated(self, number: int) -> None:
        """Heard of, or not because the session was lost in between."""
        if self.world.drained:
            self.world.activate(list(self.world.drained)[number % len(self.world.drained)], heard=number % 2 == 0)
            if number % 2:
                self.world.register()

    def time_passes(self, number: int) -> None:
        self.world.pass_time((500, 5_000, 30_000, 400_000)[number % 4])

    def the_process_restarts(self, number: int) -> None:
        before = {app_id: state.stored for app_id, state in self.world.machine.apps.items()}
        instances = {one for state in self.world.machine.apps.values() for one in state.instances}
        launched = len(self.world.tasks)
        self.world.restart()
        after = self.world.machine.apps
        back = {one for state in after.values() for one in state.instances} - instances
        assert all(self.world.tasks[task_id].state is TaskState.UNREACHABLE for task_id in back)
        assert {app_id: state.stored.versions for app_id, state in after.items()} == {
            app_id: stored.versions for app_id, stored in before.items() if app_id in after
        }
        assert len(self.world.tasks) == launched

    def a_stranger_ends(self, number: int) -> None:
        before = len(self.world.log)
        task_id = TaskId(f"nobody.instance-0-{number}")
        self.world.step(StatusCame(TaskStatus(task_id, TaskState.FAILED, Source.AGENT, self.world.now)))
        assert [action for action in self.world.log[before:] if not isinstance(action, Publish)] == []

    def all_goes_well(self, number: int) -> None:
        """Every deployment ends, or fails and leaves its apps in a mix that holds."""
        for _ in range(4):
            for found in list(self.world.machine.deployments.values()):
                self.world.ask(Resume, deployment_id=found.deployment_id)
                self.world.ask(Promote, deployment_id=found.deployment_id)
            self.world.settle()
        assert self.world.machine.deployments == {}
        for app_id, state in self.world.machine.apps.items():
            self.is_as_wanted(app_id, state)
        assert {task.info.labels["barter.app"] for task in self.world.living()} <= self.world.machine.apps.keys()

    def is_as_wanted(self, app_id: str, state: AppState) -> None:
        tasks, goal = self.world.living(app_id), goal_of(state.stored)
        assert [task.ready for task in tasks] == [True] * goal.wanted
        assert not {task.agent_id for task in tasks} & self.world.drained.keys()
        current = [one for one in state.instances.values() if state.stored.is_current(one.placed.version)]
        assert len(current) == goal.fresh
        if state.stored.standing is None:
            assert goal.fresh == state.app.instances
            assert {task.info.command.shell for task in tasks} <= {state.app.cmd}
        assert not state.stored.deleting


USUAL: tuple[Callable[[Story, int], None], ...] = (
    *(
        Story.offers_come,
        Story.starts,
        Story.starts,
        Story.is_healthy,
        Story.is_ready,
        Story.is_ready,
        Story.a_kill_takes_effect,
    ),
    *(Story.offers_come, Story.starts, Story.is_healthy, Story.is_ready, Story.time_passes, Story.scale, Story.upgrade),
)
RARE: tuple[Callable[[Story, int], None], ...] = (
    *(
        Story.create,
        Story.restart_app,
        Story.delete,
        Story.kill_one,
        Story.change_both,
        Story.is_ill,
        Story.ends,
        Story.is_out_of_reach,
    ),
    *(Story.comes_back, Story.the_process_restarts, Story.a_stranger_ends, Story.all_goes_well),
    *(Story.an_agent_is_drained, Story.an_agent_is_drained, Story.an_agent_is_activated),
    *(Story.rolls_back, Story.pauses, Story.resumes, Story.promotes, Story.change_both),
    Story.the_process_dies_before_it_tells,
)
STEPS = st.lists(st.tuples(st.sampled_from(USUAL * 2 + RARE), st.integers(0, 60)), max_size=60)


@settings(max_examples=150)
@given(st.tuples(APPS, APPS), STEPS)
def test_promises_are_kept(apps: tuple[App, App], steps: list[tuple[Callable[[Story, int], None], int]]) -> None:
    story = Story(apps)
    for happen, number in steps:
        happen(story, number)
        locked = [app_id for found in story.world.machine.deployments.values() for app_id in found.app_ids]
        assert len(locked) == len(set(locked))
    story.all_goes_well(0)
