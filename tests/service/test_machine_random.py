"""Whatever happens, in whatever order: the promises an app's owner relies on. The World checks each batch."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from barter.core.tasks import CheckKind
from barter.core.units import MIB
from barter.frameworks.service.actions import Publish
from barter.frameworks.service.app import MILLION, App, Check, Port, Readiness, Unreachable, Upgrade
from barter.frameworks.service.events import KillInstances, StatusCame
from barter.sdk import Source, TaskId, TaskState, TaskStatus
from tests.service.simulated import Task, World

SHARES = st.sampled_from([0, MILLION // 3, MILLION // 2, MILLION])
IDS = ("/web", "/prod/db")
APPS = st.builds(
    lambda instances, checked, least, over, unreachable, readied: App(
        "/web",
        cmd="run 0",
        cpus=100,
        mem=32 * MIB,
        instances=instances,
        ports=(Port("http"), Port("admin")),
        checks=(Check(CheckKind.HTTP, "HTTP"),) if checked else (),
        upgrade=Upgrade(least, over),
        unreachable=unreachable,
        readiness=Readiness("warm", CheckKind.HTTP) if readied else None,
    ),
    st.integers(0, 6),
    st.booleans(),
    SHARES,
    SHARES,
    st.sampled_from([Unreachable(), Unreachable(30_000, 90_000), None]),
    st.booleans(),
)


class Story:
    """What may happen, each with a number to choose by."""

    def __init__(self, apps: tuple[App, App]) -> None:
        self.world = World()
        self.world.step()
        self.apps = tuple(replace(app, app_id=app_id) for app, app_id in zip(apps, IDS, strict=True))
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
            assert self.world.put(replace(app, cmd=f"run {self.round}"), force=True).status == 200

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
        self.world.settle()
        for app_id, state in self.world.machine.apps.items():
            tasks = self.world.living(app_id)
            assert [task.ready for task in tasks] == [True] * state.app.instances
            assert not {task.agent_id for task in tasks} & self.world.drained.keys()
            assert {task.info.command.shell for task in tasks} <= {state.app.cmd}
            assert self.world.machine.deployment_of(app_id) is None
            assert not state.stored.deleting
        assert {task.info.labels["barter.app"] for task in self.world.living()} <= self.world.machine.apps.keys()


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
    *(Story.create, Story.restart_app, Story.delete, Story.kill_one, Story.is_ill, Story.ends, Story.is_out_of_reach),
    *(Story.comes_back, Story.the_process_restarts, Story.a_stranger_ends, Story.all_goes_well),
    *(Story.an_agent_is_drained, Story.an_agent_is_drained, Story.an_agent_is_activated),
)
STEPS = st.lists(st.tuples(st.sampled_from(USUAL * 2 + RARE), st.integers(0, 60)), max_size=60)


@settings(max_examples=150)
@given(st.tuples(APPS, APPS), STEPS)
def test_promises_are_kept(apps: tuple[App, App], steps: list[tuple[Callable[[Story, int], None], int]]) -> None:
    story = Story(apps)
    for happen, number in steps:
        happen(story, number)
    story.all_goes_well(0)
