"""A batch of the executor's actions becomes few calls, and no task is ended before it was launched."""

from hypothesis import given
from hypothesis import strategies as st

from barter.agent.executor import actions as act
from barter.agent.executor.events import Order, TaskKey
from barter.agent.executor.steps import ReleaseTasks, SendStatuses, StartTasks, steps
from barter.core.ids import FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import Source, TaskInfo, TaskStatus

F = FrameworkId("f")
NAMES = ("t0", "t1", "t2")


def order(name: str) -> Order:
    return Order(F, TaskInfo(TaskId(name), name, resources(cpus=100)), f"/{name}", f"barter.a.f.{name}")


def start(name: str) -> act.StartTask:
    return act.StartTask(order(name))


def end(name: str) -> act.EndTask:
    return act.EndTask(TaskKey(F, TaskId(name)), False, "enough")


def release(name: str) -> act.Release:
    return act.Release(TaskKey(F, TaskId(name)))


def status(sequence: int) -> act.SendStatus:
    told = TaskStatus(TaskId("t0"), TaskState.RUNNING, Source.EXECUTOR, 0)
    return act.SendStatus(act.ExecutorStatus(F, told, sequence))


def test_launches_removals_and_statuses_are_one_each_after_the_rest() -> None:
    batch: list[act.Action] = [
        status(1),
        start("t0"),
        release("t2"),
        act.Connect(),
        start("t1"),
        status(2),
        release("t1"),
    ]
    assert steps(batch) == [
        act.Connect(),
        StartTasks((order("t0"), order("t1"))),
        ReleaseTasks((release("t2").key, release("t1").key)),
        SendStatuses((status(1).status, status(2).status)),
    ]


def test_what_is_ended_was_launched_before() -> None:
    assert steps([start("t0"), end("t0"), start("t1")]) == [
        StartTasks((order("t0"),)),
        end("t0"),
        StartTasks((order("t1"),)),
    ]


names = st.sampled_from(NAMES)
actions: st.SearchStrategy[act.Action] = st.one_of(
    names.map(start), names.map(end), names.map(release), st.integers(1, 9).map(status), st.just(act.Connect())
)


@given(st.lists(actions, max_size=12))
def test_everything_is_done_once_and_launches_and_ends_keep_their_order(batch: list[act.Action]) -> None:
    again: list[act.Action] = []
    for step in steps(batch):
        match step:
            case StartTasks():
                again += [act.StartTask(each) for each in step.orders]
            case ReleaseTasks():
                again += [act.Release(each) for each in step.keys]
            case SendStatuses():
                again += [act.SendStatus(each) for each in step.statuses]
            case _:
                again.append(step)
    for kinds in ((act.StartTask, act.EndTask), (act.Release,), (act.SendStatus,), (act.Connect,)):
        assert [each for each in again if isinstance(each, kinds)] == [
            each for each in batch if isinstance(each, kinds)
        ]
    assert len(again) == len(batch)
