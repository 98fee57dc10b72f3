"""Task groups in the agent's core: admitted whole, ended whole, and refused to an executor that does not know them."""

from dataclasses import replace

import pytest

from barter.agent import actions as act
from barter.agent import events as ev
from barter.core.ids import TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Container, Network, Reason, SharedFolder, TaskInfo, TaskStatus
from tests.agent.agent_kit import agent, killed, launched, ready, report, reports, run, task, told

S = TaskState


def member(name: str, group: str = "g", cpus: int = 100) -> TaskInfo:
    return replace(task(name, cpus=cpus), group_id=group)


def contained(name: str, network: Network) -> TaskInfo:
    return replace(member(name), container=Container("image", network))


def refusals(actions: list[act.Action]) -> dict[str, TaskStatus]:
    return {
        status.task_id: status
        for action in actions
        if isinstance(action, act.SendUpdates)
        for _, status in action.updates
    }


def test_all_of_a_group_run_or_none() -> None:
    machine = ready(agent())
    done = machine.step(run(member("a", cpus=2500), task("alone"), member("b", cpus=2000)), 1)
    assert launched(done) == ["alone"]
    told_why = refusals(done)
    assert set(told_why) == {"a", "b"}
    assert "does not have what it needs" in told_why["b"].message
    assert told_why["a"].message.startswith("task b of its group was refused")
    assert {each.state for each in told_why.values()} == {S.DROPPED}
    assert launched(machine.step(run(member("c", "h", 2000), member("d", "h", 1900)), 2)) == ["c", "d"]


@pytest.mark.parametrize(
    ("tasks", "why"),
    [
        ((contained("a", Network.HOST), contained("b", Network.BRIDGE)), "share one network"),
        ((contained("a", Network.BRIDGE), member("b")), "processes of a group"),
        ((member("a"), member("a")), "twice"),
    ],
)
def test_what_is_no_group_runs_nowhere(tasks: tuple[TaskInfo, ...], why: str) -> None:
    machine = ready(agent(runtimes=("docker", "process")))
    found = refusals(machine.step(run(*tasks), 1))
    assert all(each.reason is Reason.INVALID_TASK and why in each.message for each in found.values())
    assert found


def test_a_group_that_runs_is_not_added_to() -> None:
    machine = ready(agent())
    machine.step(run(member("a"), member("b")), 1)
    assert "runs here already" in refusals(machine.step(run(member("c")), 2))["c"].message


def test_an_end_is_the_end_of_the_others_wherever_they_are() -> None:
    machine = ready(agent())
    machine.step(run(member("a"), member("b"), member("c"), task("alone")), 1)
    done = machine.step(reports(report("a", S.FINISHED, 1)), 2)
    assert sorted(killed(done)) == ["b", "c"]
    assert told(done) == [("a:1", S.FINISHED), ("b:1", S.KILLING), ("c:1", S.KILLING)]
    assert refusals(done)["b"].reason is Reason.GROUP_ENDED
    end = refusals(machine.step(reports(report("b", S.KILLED, 2)), 3))["b"]
    assert end.reason is Reason.GROUP_ENDED


def test_a_group_whose_launch_fails_half_way_ends() -> None:
    waiting = ready(agent())
    waiting.step(run(member("a"), member("b")), 1)
    failed = waiting.step(ev.LaunchFailed(run().framework_id, TaskId("a"), "no space"), 2)
    assert told(failed) == [("a:1", S.FAILED), ("b:1", S.KILLING)]
    assert killed(failed) == ["b"]


def test_what_a_lost_executor_left_of_a_group_ends() -> None:
    machine = ready(agent())
    machine.step(run(member("a"), member("b")), 1)
    machine.step(ev.ExecutorDied("kill -9"), 2)
    done = machine.step(ev.ExecutorHello("e2", (report("a", S.RUNNING, 0),)), 3)
    assert ("b:1", S.LOST) in told(done)
    assert killed(done) == ["a"]


@pytest.mark.parametrize("ended", ["a", "b"])
def test_an_executor_that_says_one_has_ended_is_not_told_to_start_the_others(ended: str) -> None:
    machine = ready(agent(), "e1-boot")
    machine.step(run(member("a"), member("b"), member("c")), 1)
    machine.step(ev.ExecutorDied("kill -9"), 2)
    gone = report(ended, S.FAILED, 1)
    done = machine.step(ev.ExecutorHello("e2-boot", (gone,), (gone,)), 3)
    others = sorted({"a", "b", "c"} - {ended})
    assert launched(done) == killed(done) == []
    assert told(done) == [(f"{ended}:1", S.FAILED), *((f"{each}:1", S.KILLED) for each in others)]
    assert refusals(done)[others[0]].reason is Reason.GROUP_ENDED
    assert machine.book.live_count == 0


def test_an_executor_of_the_version_before_is_not_given_what_it_cannot_do() -> None:
    machine = ready(agent())
    machine.step(run(task("old")), 1)
    machine.step(ev.ExecutorDisconnected("e1"), 2)
    machine.step(ev.ExecutorHello("e1", (report("old", S.RUNNING, 1),), (), None, 1), 3)
    done = refusals(machine.step(run(member("a"), member("b"), task("plain")), 4))
    assert set(done) == {"a", "b"}
    assert (done["a"].state, done["a"].reason) == (S.DROPPED, Reason.RUNTIME_MISSING)
    assert "of an earlier version cannot run task groups; it is replaced once" in done["a"].message


def test_what_was_admitted_before_its_version_was_known_is_refused_too() -> None:
    machine = ready(agent())
    machine.step(run(task("old")), 1)
    machine.step(ev.ExecutorDisconnected("e1"), 2)
    machine.step(run(member("a"), task("plain")), 3)
    done = machine.step(ev.ExecutorHello("e1", (report("old", S.RUNNING, 1),), (), None, 1), 4)
    assert told(done) == [("old:1", S.RUNNING), ("a:1", S.DROPPED)]
    assert launched(done) == ["plain"]


def test_an_idle_executor_of_the_version_before_makes_way_at_once() -> None:
    machine = ready(agent())
    machine.step(ev.ExecutorDisconnected("e1"), 1)
    machine.step(run(member("a")), 2)
    done = machine.step(ev.ExecutorHello("e1", (), (), None, 1), 3)
    assert [each.kill for each in done if isinstance(each, act.StopExecutor)] == [False]
    assert launched(done) == []
    assert launched(machine.step(run(task("b")), 4)) == [], "it waits for the next"
    machine.step(ev.ExecutorDied("told to end"), 5)
    assert launched(machine.step(ev.ExecutorHello("e2"), 6)) == ["a", "b"]


def test_a_busy_executor_of_the_version_before_makes_way_when_its_tasks_have_ended() -> None:
    machine = ready(agent())
    machine.step(run(task("old")), 1)
    machine.step(ev.ExecutorDisconnected("e1"), 2)
    again = machine.step(ev.ExecutorHello("e1", (report("old", S.RUNNING, 1),), (), None, 1), 3)
    assert not [each for each in again if isinstance(each, act.StopExecutor)]
    done = machine.step(reports(report("old", S.FINISHED, 2)), 4)
    assert [each.kill for each in done if isinstance(each, act.StopExecutor)] == [False]
    assert act.SendRecorded(2) in done


def test_an_executor_of_before_shared_folders_is_not_given_them() -> None:
    shared = replace(task("a"), group_id="g", shared=(SharedFolder(TaskId("a"), "data", "data"),))
    machine = ready(agent())
    machine.step(run(task("old")), 1)
    machine.step(ev.ExecutorDisconnected("e1"), 2)
    machine.step(ev.ExecutorHello("e1", (report("old", S.RUNNING, 1),), (), None, 2), 3)
    done = refusals(machine.step(run(shared, member("b"), task("plain")), 4))
    assert "cannot share folders in a group" in done["a"].message


@pytest.mark.parametrize(
    ("group", "owner", "why"),
    [("", "a", "give a group_id"), ("g", "x", "is no task of the group")],
)
def test_a_folder_is_shared_in_the_group_of_the_task_it_is_named_after(group: str, owner: str, why: str) -> None:
    shared = replace(task("a"), group_id=group, shared=(SharedFolder(TaskId(owner), "data", "data"),))
    done = refusals(ready(agent()).step(run(shared), 1))
    assert why in done["a"].message
