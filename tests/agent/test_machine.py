"""The agent's core by plain calls."""

from dataclasses import replace

import pytest

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.facts import EpochRaised, Left
from barter.core.ids import FrameworkId, TaskId, VolumeId
from barter.core.machine import Tick
from barter.core.task_state import TaskState
from barter.core.tasks import Command, Reason, Source, TaskInfo, TaskPort, TaskStatus
from tests.agent.agent_kit import (
    F,
    acks,
    agent,
    dialled,
    facts,
    heard,
    killed,
    kinds,
    launched,
    opened,
    ready,
    refusals,
    replayed,
    report,
    reports,
    run,
    task,
    told,
)

S = TaskState


def test_a_whole_life() -> None:
    machine = ready(agent())
    actions = machine.step(run(task("t1"), task("t2")), 10)
    assert kinds(actions) == ["Record", "LaunchTasks"]
    assert launched(actions) == ["t1", "t2"]
    actions = machine.step(reports(report("t1", S.RUNNING, 1), report("t2", S.RUNNING, 2)), 11)
    assert kinds(actions) == ["Record", "SendUpdates", "SendRecorded"]
    assert told(actions) == [("t1:1", S.RUNNING), ("t2:1", S.RUNNING)]
    actions = machine.step(reports(report("t1", S.FINISHED, 3)), 12)
    assert told(actions) == [("t1:2", S.FINISHED)]
    assert machine.book.live_count == 1
    machine.step(acks("t1:1"), 13)
    assert machine.book.find(F, TaskId("t1")) is not None
    machine.step(acks("t1:2", "t2:1"), 14)
    assert machine.book.find(F, TaskId("t1")) is None
    assert machine.book.pending_count == 0


def test_never_more_than_the_machine_has() -> None:
    machine = ready(agent())
    actions = machine.step(run(task("big", cpus=3000), task("more", cpus=1001), task("fits", cpus=1000)), 10)
    assert launched(actions) == ["big", "fits"]
    assert refusals(actions) == [("more", S.DROPPED, Reason.INSUFFICIENT_RESOURCES)]
    [note] = [action.message for action in actions if isinstance(action, act.Note)]
    assert "cpus: 1.001 needed, 1 free" in note


def test_ports_are_held_by_one_task_and_given_back() -> None:
    machine = ready(agent())
    assert launched(machine.step(run(task("t1", ports=(31000, 31001))), 10)) == ["t1"]
    actions = machine.step(run(task("t2", ports=(31001,)), task("t3", ports=(32000,))), 11)
    assert launched(actions) == []
    assert [reason for _, _, reason in refusals(actions)] == [Reason.INSUFFICIENT_RESOURCES] * 2
    machine.step(reports(report("t1", S.FINISHED, 1)), 12)
    assert launched(machine.step(run(task("t4", ports=(31001,))), 13)) == ["t4"]


def test_a_refusal_is_kept_until_acknowledged() -> None:
    machine = ready(agent())
    actions = machine.step(run(task("d1", image="busybox")), 10)
    assert refusals(actions) == [("d1", S.DROPPED, Reason.RUNTIME_MISSING)]
    assert [status.uuid for _, status in machine.book.unacknowledged()] == ["d1:1"]
    machine.step(acks("d1:1"), 11)
    assert machine.book.find(F, TaskId("d1")) is None


NOWHERE = [
    (replace(task("x"), command=Command()), "nothing to run"),
    (replace(task("x"), command=Command("true", ("true",))), "say one"),
    (replace(task("x"), ports=(TaskPort("web", 31000),)), "ports.web: 31000 is not among the ports"),
]


@pytest.mark.parametrize(("broken", "says"), NOWHERE)
def test_a_task_that_can_run_nowhere(broken: TaskInfo, says: str) -> None:
    actions = ready(agent()).step(run(broken), 10)
    assert refusals(actions) == [("x", S.ERROR, Reason.INVALID_TASK)]
    assert says in str(actions)


def test_a_malformed_task_is_answered_and_the_others_run() -> None:
    machine = ready(agent())
    order = ev.RunTasks(1, F, (task("good"),), {TaskId("../etc"): "task id '../etc' is not usable"})
    actions = machine.step(order, 10)
    assert launched(actions) == ["good"]
    assert refusals(actions) == [("../etc", S.ERROR, Reason.INVALID_TASK)]


def test_an_order_that_comes_twice_runs_once() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    machine.step(reports(report("t1", S.RUNNING, 1)), 11)
    actions = machine.step(run(task("t1")), 12)
    assert launched(actions) == []
    assert told(actions) == [("t1:1", S.RUNNING)]


def test_an_id_is_spent_for_ever() -> None:
    machine = ready(agent())
    actions = machine.step(run(task("t1"), spent={TaskId("t1"): 2}), 10)
    assert refusals(actions) == [("t1", S.DROPPED, Reason.DUPLICATE_TASK_ID)]
    assert told(actions) == [("t1:3", S.DROPPED)]


def test_lower_epochs_are_refused_and_higher_ones_recorded_first() -> None:
    machine = ready(agent())
    actions = machine.step(run(task("t1"), epoch=3), 10)
    assert facts(actions)[0] == EpochRaised(3)
    assert machine.book.find(F, TaskId("t1")) is not None


@pytest.mark.parametrize(
    "stale",
    [
        run(task("t2"), epoch=2),
        ev.KillTask(2, F, TaskId("t1")),
        ev.KillFramework(2, F),
        acks("t1:1", epoch=2),
        ev.MasterHeartbeat(2),
        ev.Registered(2, "c1", 1000),
        ev.Shutdown(2, "gone"),
        ev.DestroyVolume(2, VolumeId("v")),
    ],
)
def test_whatever_a_master_of_an_older_epoch_orders_it_is_left(stale: ev.Event) -> None:
    machine = ready(agent())
    machine.step(run(task("t1"), epoch=3), 10)
    assert kinds(machine.step(stale, 11)) == ["LeaveMaster"]
    assert machine.step(run(task("t3"), epoch=9), 12) == []
    assert [entry.key for entry in machine.book.entries()] == [(F, "t1")]
    assert machine.book.epoch == 3


def test_a_kill_is_told_at_once_and_survives_a_restart() -> None:
    machine = ready(agent())
    record = facts(machine.step(run(task("t1")), 10))
    actions = machine.step(ev.KillTask(1, F, TaskId("t1"), 500, "enough"), 11)
    assert told(actions) == [("t1:1", S.KILLING)]
    assert killed(actions) == ["t1"]
    again = agent(replayed(record + facts(actions)))
    actions = again.step(ev.ExecutorHello("e1", (report("t1", S.RUNNING, 1),)), 20)
    assert killed(actions) == ["t1"]
    actions = again.step(reports(report("t1", S.KILLING, 2), report("t1", S.KILLED, 3)), 21)
    assert [status.uuid for _, status in again.book.unacknowledged()] == ["t1:1", "t1:2"]


def test_the_cause_of_a_kill_is_the_reason_of_the_end() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    order = ev.KillTask(1, F, TaskId("t1"), -1, "drained: new disks", Reason.AGENT_DRAINING)
    assert refusals(machine.step(order, 11)) == [("t1", S.KILLING, Reason.AGENT_DRAINING)]
    actions = machine.step(reports(report("t1", S.KILLING, 1), report("t1", S.KILLED, 2)), 12)
    assert refusals(actions) == [("t1", S.KILLED, Reason.AGENT_DRAINING)]


def test_what_ends_while_it_is_killed_was_killed_also_where_a_new_executor_knows_of_no_kill() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 1)
    machine.step(reports(report("t1", S.RUNNING, 1), report("t1", S.KILLING, 2)), 2)
    found = ev.ExecutorHello("e2", (report("t1", S.RUNNING, 0),), (report("t1", S.FAILED, 1),))
    assert told(machine.step(found, 3)) == [("t1:3", S.KILLED)]


def test_the_reason_of_a_kill_outlives_the_executor_that_knew_it() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 1)
    sick = replace(report("t1", S.KILLING, 2).status, reason=Reason.KILLED_BY_HEALTH_CHECK)
    machine.step(reports(report("t1", S.RUNNING, 1), ev.Reported(F, sick, 2)), 2)
    killed = replace(report("t1", S.KILLED, 1).status, reason=Reason.KILLED_BY_FRAMEWORK)
    actions = machine.step(ev.ExecutorHello("e2", (), (ev.Reported(F, killed, 1),)), 3)
    assert refusals(actions) == [("t1", S.KILLED, Reason.KILLED_BY_HEALTH_CHECK)]


def test_so_it_is_for_a_task_that_never_reached_its_executor() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    machine.step(ev.ExecutorDisconnected("e1"), 11)
    machine.step(ev.KillTask(1, F, TaskId("t1"), -1, "room for others", Reason.PREEMPTED), 12)
    assert refusals(machine.step(ev.ExecutorHello("e1"), 13)) == [("t1", S.KILLED, Reason.PREEMPTED)]


def test_a_kill_before_any_executor_ends_the_task_at_once() -> None:
    machine = agent()
    opened(machine, 0)
    assert launched(machine.step(run(task("t1")), 10)) == []
    assert told(machine.step(ev.KillTask(1, F, TaskId("t1")), 11)) == [("t1:1", S.KILLED)]
    assert launched(machine.step(ev.ExecutorHello("e1"), 12)) == []


def test_a_kill_of_an_unknown_task_does_nothing() -> None:
    assert ready(agent()).step(ev.KillTask(1, F, TaskId("nobody")), 10) == []


def test_a_removed_framework_leaves_nothing() -> None:
    machine = ready(agent())
    machine.step(run(task("t1"), task("t2")), 10)
    machine.step(reports(report("t1", S.RUNNING, 1), report("t2", S.FINISHED, 2)), 11)
    actions = machine.step(ev.KillFramework(1, F, "torn down"), 12)
    assert killed(actions) == ["t1"]
    assert told(actions) == [("", S.KILLING)]
    assert machine.book.find(F, TaskId("t2")) is None
    actions = machine.step(reports(report("t1", S.KILLED, 3)), 13)
    assert refusals(actions) == [("t1", S.KILLED, Reason.FRAMEWORK_REMOVED)]
    assert told(actions) == [("", S.KILLED)]
    assert list(machine.book.entries()) == []
    assert machine.book.pending_count == 0


def test_registering_tells_everything() -> None:
    machine = ready(agent())
    machine.step(run(task("t1"), task("t2")), 10)
    machine.step(reports(report("t1", S.RUNNING, 1)), 11)
    machine.step(ev.MasterGone(1, "it died"), 12)
    assert told(machine.step(reports(report("t1", S.FINISHED, 2)), 13)) == []
    [register] = opened(machine, 200)
    assert isinstance(register, act.SendRegister)
    assert [(each.task.task_id, each.status.state) for each in register.tasks] == [
        ("t1", S.FINISHED),
        ("t2", S.STAGING),
    ]
    assert [status.uuid for _, status in register.updates] == ["t1:1", "t1:2"]


def test_heartbeats_and_silence() -> None:
    machine = ready(agent())
    assert machine.next_wakeup() == 1000
    assert kinds(machine.step(Tick(), 1000)) == ["SendHeartbeat"]
    machine.step(ev.MasterHeartbeat(1), 1500)
    assert kinds(machine.step(Tick(), 4500)) == ["SendHeartbeat"]
    assert kinds(machine.step(Tick(), 5499)) == []
    assert kinds(machine.step(Tick(), 5500)) == ["LeaveMaster"]
    assert machine.next_wakeup() is None


def test_an_agent_that_was_late_itself_does_not_blame_the_master() -> None:
    machine = ready(agent())
    assert "LeaveMaster" not in kinds(machine.step(Tick(), 60_000))
    machine.step(ev.MasterHeartbeat(1), 60_001)
    assert "LeaveMaster" not in kinds(machine.step(Tick(), 63_000))


def test_a_master_that_does_not_answer_the_registration_is_left() -> None:
    machine = agent()
    opened(machine, 0)
    assert machine.next_wakeup() == 15_000
    assert kinds(machine.step(Tick(), 15_000)) == []
    assert kinds(machine.step(Tick(), 20_000)) == ["LeaveMaster"]


def test_the_executor_is_started_again_later_and_later() -> None:
    machine = agent()
    dialled(machine, 0)
    assert "StartExecutor" in kinds(machine.step(ev.ExecutorDied("none"), 0))
    assert "StartExecutor" not in kinds(machine.step(ev.ExecutorDied("crashed"), 5))
    assert machine.next_wakeup() == 105
    assert kinds(machine.step(Tick(), 105)) == ["StartExecutor"]
    machine.step(ev.ExecutorHello("e2"), 110)
    machine.step(ev.ExecutorDied("crashed after a while"), 60_000)
    assert machine.next_wakeup() is None


def test_a_sandbox_that_cannot_be_made_fails_its_task() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    actions = machine.step(ev.LaunchFailed(F, TaskId("t1"), "no space"), 11)
    assert refusals(actions) == [("t1", S.FAILED, Reason.LAUNCH_FAILED)]


def test_leaving_for_good() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    actions = machine.step(ev.Leave("SIGUSR1"), 20)
    assert killed(actions) == ["t1"]
    assert [reason for _, _, reason in refusals(machine.step(run(task("t2")), 21))] == [Reason.AGENT_STOPPED]
    actions = machine.step(reports(report("t1", S.KILLED, 1)), 30)
    assert facts(actions)[-1] == Left()
    assert kinds(actions)[-2:] == ["StopExecutor", "SendUnregister"]
    assert heard(machine, 35) == []
    assert machine.step(ev.ExecutorDied("it ended"), 40) == [act.Exit(0, "left the cluster: SIGUSR1")]


def test_an_agent_that_finds_its_master_while_its_executor_stops_says_goodbye_then() -> None:
    """It stayed known to the master for ever, which waited for it at each start."""
    machine = ready(agent())
    machine.step(ev.MasterGone(1, "broken"), 10)
    assert "SendUnregister" not in kinds(machine.step(ev.Leave("SIGUSR1"), 20))
    actions = opened(machine, 5_000)
    assert facts(actions)[-1] == Left()
    assert kinds(actions)[-1] == "SendUnregister"
    heard(machine, 5_001)
    assert kinds(machine.step(ev.ExecutorDied("it ended"), 5_002)) == ["Exit"]


def test_an_order_that_meets_the_goodbye_is_not_answered() -> None:
    """What would be recorded of it would be the next agent's, and the master tells the task's end itself."""
    machine = ready(agent())
    assert "SendUnregister" in kinds(machine.step(ev.Leave("SIGUSR1"), 10))
    assert machine.step(run(task("t1")), 11) == []
    assert list(machine.book.entries()) == []


def test_an_executor_that_comes_while_the_agent_leaves_is_stopped_too() -> None:
    machine = agent()
    machine.step(ev.ExecutorDied("none was left"), 0)
    assert "StopExecutor" in kinds(machine.step(ev.Leave("SIGUSR1"), 10))
    assert "StopExecutor" in kinds(machine.step(ev.ExecutorHello("e1"), 300))


def test_leaving_waits_for_an_executor_that_is_still_ending_containers() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    machine.step(ev.Leave("SIGUSR1"), 10)
    assert "StopExecutor" in kinds(machine.step(Tick(), 7_000))
    assert "Exit" not in kinds(machine.step(Tick(), 20_000))
    assert kinds(machine.step(ev.ExecutorDied("it ended"), 20_001)) == ["Exit"]


def test_leaving_does_not_wait_for_ever() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    machine.step(ev.Leave("SIGUSR1"), 10)
    done: list[str] = []
    while (wakeup := machine.next_wakeup()) is not None and "Exit" not in done:
        assert wakeup <= 30_000
        done += kinds(machine.step(Tick(), wakeup))
    assert "StopExecutor" in done
    assert done[-1] == "Exit"


def test_a_master_that_does_not_want_the_agent() -> None:
    actions = ready(agent()).step(ev.MasterError(1, "the agent was removed", True), 5)
    assert kinds(actions) == ["Note", "Exit"]


def test_status_of_another_framework_with_the_same_task_id() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    foreign = ev.Reported(FrameworkId("f2"), TaskStatus(TaskId("t1"), S.FAILED, Source.EXECUTOR, 1), 1)
    assert told(machine.step(reports(foreign), 11)) == []
    assert machine.book.live_count == 1


def test_an_agent_that_has_left_starts_no_executor() -> None:
    machine = ready(agent())
    machine.step(ev.Leave("SIGUSR1"), 10)
    machine.step(ev.ExecutorDied("it ended"), 20)
    assert "StartExecutor" not in kinds(machine.step(Tick(), 100))
    assert kinds(heard(machine, 110)) == ["Exit"]
    assert "StartExecutor" not in kinds(machine.step(Tick(), 500))
    machine.step(ev.ExecutorDied("another"), 501)
    assert "StartExecutor" not in kinds(machine.step(Tick(), 60_000))


def test_an_agent_that_leaves_starts_an_executor_for_the_tasks_that_are_left() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    machine.step(ev.Leave("SIGUSR1"), 20)
    assert "StartExecutor" in kinds(machine.step(ev.ExecutorDied("crashed"), 30))


def test_a_group_with_an_id_twice_is_refused_once() -> None:
    machine = ready(agent())
    twins = [replace(task(name), group_id="g") for name in ("t1", "t1", "t2")]
    said = told(machine.step(run(*twins), 1))
    assert said == [("t1:1", S.ERROR), ("t2:1", S.ERROR)]
