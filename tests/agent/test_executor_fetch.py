"""Between launch and start: a task's artifacts, in the executor's core."""

from barter.agent.executor import actions as act
from barter.agent.executor import events as ev
from barter.agent.executor.machine import Executor
from barter.core.ids import FrameworkId, TaskId
from barter.core.machine import Tick
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import Artifact, Command, Reason, TaskInfo

TASK = TaskInfo(
    TaskId("t"), "t", resources(), Command("run"), artifacts=(Artifact("http://h/x"), Artifact("http://h/y"))
)
ORDER = ev.Order(FrameworkId("f"), TASK, "/box", "c")
KEY = ORDER.key


def launched() -> Executor:
    executor = Executor()
    executor.step(ev.Disconnected(), 0)
    assert executor.step(ev.Launch((ORDER,)), 0) == [act.FetchArtifacts(ORDER)]
    return executor


def states(executor: Executor) -> list[tuple[TaskState, Reason, str]]:
    executor.step(Tick(), 10_000)
    (hello,) = (each for each in executor.step(ev.Connected(), 10_000) if isinstance(each, act.SendHello))
    return [(each.status.state, each.status.reason, each.status.message) for each in hello.statuses]


def test_it_starts_once_its_artifacts_are_there() -> None:
    executor = launched()
    assert executor.step(ev.Launch((ORDER,)), 1) == []
    assert executor.step(ev.Fetched(KEY), 2) == [act.StartTask(ORDER)]
    assert executor.step(ev.Fetched(KEY), 3) == []
    executor.step(ev.Started(KEY), 4)
    assert states(executor) == [
        (TaskState.STARTING, Reason.NONE, "fetching http://h/x and 1 more"),
        (TaskState.RUNNING, Reason.NONE, ""),
    ]


def test_without_them_it_fails() -> None:
    executor = launched()
    executor.step(ev.NotStarted(KEY, Reason.FETCH_FAILED, "404"), 2)
    assert executor.step(ev.Fetched(KEY), 3) == []
    assert states(executor)[-1] == (TaskState.FAILED, Reason.FETCH_FAILED, "404")


def test_a_kill_cancels_and_never_starts_it() -> None:
    for answer in (ev.NotStarted(KEY, Reason.KILLED_BY_FRAMEWORK, "killed"), ev.Fetched(KEY)):
        executor = launched()
        assert executor.step(ev.Kill(KEY, 1000, "enough"), 2) == [act.CancelFetch(KEY, "enough")]
        assert executor.step(answer, 3) == []
        assert executor.step(Tick(), 5000) == [act.Connect()]
        assert states(executor)[-2:] == [
            (TaskState.KILLING, Reason.KILLED_BY_FRAMEWORK, "enough"),
            (TaskState.KILLED, Reason.KILLED_BY_FRAMEWORK, "enough; it had not started"),
        ]


def test_after_the_fetch_a_kill_is_the_runtimes() -> None:
    executor = launched()
    executor.step(ev.Fetched(KEY), 2)
    (ended,) = executor.step(ev.Kill(KEY, 1000, "enough"), 3)
    assert isinstance(ended, act.EndTask)
