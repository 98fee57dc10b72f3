"""Whatever happens to the containers of pods, in whatever order: an instance is all of them, and ends as a whole."""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from barter.core.task_state import TERMINAL, TaskState
from barter.core.tasks import CheckKind
from barter.core.units import MIB
from barter.frameworks.service.app import App, Port, Unreachable, Upgrade
from barter.frameworks.service.deployment.goal import goal_of
from barter.frameworks.service.events import KillInstances
from barter.frameworks.service.pod import Endpoint, Pod, PodCheck, PodContainer, Share
from barter.frameworks.service.state import AppState
from tests.service.simulated import Task
from tests.service.test_machine_random import IDS, RARE, SHARES, USUAL, Story

# Of which twice as many as are wanted fit on one agent.
SHARE = Share(50, 16 * MIB)


def container(name: str, *, checked: bool) -> PodContainer:
    check = PodCheck(CheckKind.HTTP, f"{name}-http") if checked else None
    return PodContainer(name, SHARE, "run", endpoints=(Endpoint(f"{name}-http"),), check=check)


def pod(names: list[str], checked: bool, instances: int, least: int, over: int, unreachable: Unreachable | None) -> App:
    return App(
        "/web",
        cpus=SHARE.cpus * len(names),
        mem=SHARE.mem * len(names),
        instances=instances,
        ports=tuple(Port(f"{name}-http") for name in names),
        upgrade=Upgrade(least, over),
        unreachable=unreachable,
        pod=Pod(tuple(container(name, checked=checked and name != "b") for name in names)),
    )


PODS = st.builds(
    pod,
    st.sampled_from([["a"], ["a", "b"], ["b", "a", "c"]]),
    st.booleans(),
    st.integers(0, 3),
    SHARES,
    SHARES,
    st.sampled_from([Unreachable(), Unreachable(30_000, 90_000), None]),
)


class PodStory(Story):
    def scale(self, number: int) -> None:
        super().scale(number % 4)

    def another(self, app: App) -> App:
        return replace(app, env={"ROUND": str(self.round)})

    def kill_one(self, number: int) -> None:
        """Where one container is out of reach, its instance is, and the kill waits."""
        if (task := self.pick(number)) and self.current(IDS.index(task.info.labels["barter.app"])):
            self.world.ask(KillInstances, force=True, task_ids=(str(task.info.task_id),), scale=number % 3 == 0)
            assert task.asked_to_end or any(each.was_out_of_reach for each in self.group(task))

    def the_process_restarts(self, number: int) -> None:
        stored = {app_id: state.stored for app_id, state in self.world.machine.apps.items()}
        launched = len(self.world.tasks)
        self.world.restart()
        after = {app_id: state.stored for app_id, state in self.world.machine.apps.items()}
        assert after == {app_id: one for app_id, one in stored.items() if app_id in after}
        assert len(self.world.tasks) == launched

    def all_of_an_instance_end(self, number: int) -> None:
        """As when their agent's executor is gone."""
        if task := self.pick(number, TaskState.RUNNING):
            for each in self.group(task):
                if each.living:
                    self.world.become(each, TaskState.LOST)

    def group(self, task: Task) -> list[Task]:
        return [each for each in self.world.tasks.values() if each.instance_id == task.instance_id]

    def is_as_wanted(self, app_id: str, state: AppState) -> None:
        assert state.app.pod is not None
        names = [one.name for one in state.app.pod.containers]
        instances = self.world.instances(app_id)
        assert len(instances) == goal_of(state.stored).wanted == len(state.instances)
        for tasks in instances:
            assert [task.info.task_id.rpartition(".")[2] for task in tasks] == names
            assert all(task.ready for task in tasks)
            rounds = {task.info.command.env.get("ROUND") for task in tasks}
            assert len(rounds) == 1
            assert state.stored.standing or rounds == {state.app.env.get("ROUND")}
            assert len({task.agent_id for task in tasks}) == 1
        for instance in state.instances.values():
            assert instance.ready
            assert not any(one.state in TERMINAL for one in instance.members.values())


MORE = (PodStory.all_of_an_instance_end, PodStory.ends, PodStory.starts, PodStory.starts)
NAMES = [one.__name__ for one in (*USUAL, *USUAL, *RARE, *MORE)]
STEPS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(0, 60)), max_size=60)


@settings(max_examples=100)
@given(st.tuples(PODS, PODS), STEPS)
def test_promises_are_kept_for_pods(pods: tuple[App, App], steps: list[tuple[str, int]]) -> None:
    story = PodStory(pods)
    assert tuple(story.world.machine.apps) == IDS
    for name, number in steps:
        happen: Callable[[int], None] = getattr(story, name)
        happen(number)
    story.all_goes_well(0)
