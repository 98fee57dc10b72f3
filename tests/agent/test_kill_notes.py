"""An executor killed while it kills leaves word of why."""

import os
from pathlib import Path

from barter.agent.executor.actions import Connect, EndTask, SendStatus
from barter.agent.executor.events import Connected, Ended, Held, Order, TaskKey
from barter.agent.executor.machine import Executor
from barter.agent.executor.shell.kills import FILE, KillNotes
from barter.core.ids import FrameworkId, TaskId
from barter.core.machine import Tick
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import Command, Reason, TaskInfo

F = FrameworkId("f1")


def order(name: str) -> Order:
    return Order(F, TaskInfo(TaskId(name), name, resources(cpus=1), Command("true")), f"/sandboxes/{name}", name)


def kill(name: str, why: Reason = Reason.KILLED_BY_HEALTH_CHECK) -> EndTask:
    return EndTask(TaskKey(F, TaskId(name)), False, "it was ill", why)


def test_the_next_executor_knows_why(tmp_path: Path) -> None:
    notes = KillNotes(tmp_path)
    assert notes.open([]) == []
    notes.note(kill("t1"))
    notes.note(kill("gone"))
    notes.note(EndTask(TaskKey(F, TaskId("t2")), True, "still running after its grace"))
    with open(tmp_path / FILE, "a") as file:
        file.write('["f1", "t2", "KILL')
    found = KillNotes(tmp_path).open([Held(order("t1"), killing=True), Held(order("t2"))])
    assert [(held.kill_reason, held.kill_message) for held in found] == [
        (Reason.KILLED_BY_HEALTH_CHECK, "it was ill"),
        (Reason.NONE, ""),
    ]
    assert "gone" not in (tmp_path / FILE).read_text()


def test_what_is_over_leaves_nothing(tmp_path: Path) -> None:
    notes = KillNotes(tmp_path)
    notes.note(kill("t1"))
    notes.over([TaskKey(F, TaskId("t1"))])
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_written_stops_no_kill(tmp_path: Path) -> None:
    notes = KillNotes(tmp_path / "none")
    notes.note(kill("t1"))
    notes.over([TaskKey(F, TaskId("t1"))])
    assert notes.open([Held(order("t2"))]) == [Held(order("t2"))]


def test_a_task_found_amid_its_kill_ends_for_the_same_reason() -> None:
    executor = Executor()
    found = Held(order("t1"), kill_reason=Reason.KILLED_BY_HEALTH_CHECK, kill_message="it was ill")
    [again] = [action for action in executor.step(found, 0) if isinstance(action, EndTask)]
    assert (again.why, again.reason) == (Reason.KILLED_BY_HEALTH_CHECK, "it was ill")
    assert executor.step(Tick(), 0) == [Connect()]
    executor.step(Connected(), 0)
    [end] = [each for each in executor.step(Ended(again.key, 143, "SIGTERM"), 1) if isinstance(each, SendStatus)]
    assert (end.status.status.state, end.status.status.reason) == (TaskState.KILLED, Reason.KILLED_BY_HEALTH_CHECK)
