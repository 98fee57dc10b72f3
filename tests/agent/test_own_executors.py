"""The executors that frameworks bring, in the agent's core: what runs by whom, and what follows from an end."""

from dataclasses import replace

import pytest

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.machine import Agent
from barter.agent.own_executors import IDLE_MS, LAST_WORDS_MS, REGISTER_MS
from barter.core.ids import ExecutorId, TaskId
from barter.core.machine import Tick
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import Command, ExecutorInfo, Reason, TaskInfo, TaskStatus
from tests.agent.agent_kit import F, agent, killed, launched, ready, replayed, report, reports, run, task, told

S = TaskState
OWN = ExecutorInfo(ExecutorId("x"), Command("x"), resources(cpus=50), TaskId("x.t1"))
HOME = (F, TaskId("x.t1"))


def executor_task() -> TaskInfo:
    return TaskInfo(OWN.task_id, "x", OWN.resources, OWN.command, executor=OWN)


def of_own(name: str, cpus: int = 100) -> TaskInfo:
    return replace(task(name, cpus=cpus), executor=OWN)


def own_reports(*each: ev.Reported) -> ev.ExecutorReports:
    return ev.ExecutorReports(OWN.task_id, each, HOME)


def running(*names: str) -> Agent:
    """With the executor connected and these tasks handed to it."""
    machine = ready(agent())
    machine.step(run(executor_task(), *(of_own(name) for name in names)), 1)
    machine.step(reports(report("x.t1", S.RUNNING, 1)), 2)
    machine.step(ev.ExecutorHello(OWN.task_id, home=HOME), 3)
    return machine


def launches(actions: list[act.Action]) -> list[tuple[list[str], object]]:
    return [([each.task_id for _, each in a.tasks], a.home) for a in actions if isinstance(a, act.LaunchTasks)]


def statuses(actions: list[act.Action]) -> dict[str, TaskStatus]:
    return {
        status.task_id: status
        for action in actions
        if isinstance(action, act.SendUpdates)
        for _, status in action.updates
    }


def test_the_executor_is_a_task_and_its_tasks_go_to_it_once_it_is_there() -> None:
    machine = ready(agent())
    assert launches(machine.step(run(executor_task(), of_own("t1")), 1)) == [(["x.t1"], None)]
    hello = machine.step(ev.ExecutorHello(OWN.task_id, home=HOME), 5)
    assert launches(hello) == [(["t1"], HOME)]
    assert launches(machine.step(run(of_own("t2")), 6)) == [(["t2"], HOME)]
    done = machine.step(own_reports(report("t1", S.RUNNING, 1)), 7)
    assert told(done) == [("t1:1", S.RUNNING)]
    assert act.SendRecorded(1, HOME) in done
    kill = machine.step(ev.KillTask(1, F, TaskId("t2"), 5), 8)
    assert [a.home for a in kill if isinstance(a, act.KillAtExecutor)] == [HOME]


def test_what_an_executor_uses_counts() -> None:
    machine = ready(agent())
    machine.step(run(executor_task(), of_own("t1", cpus=3900)), 1)
    refused = statuses(machine.step(run(task("t2", cpus=60)), 2))["t2"]
    assert refused.reason is Reason.INSUFFICIENT_RESOURCES
    assert told(machine.step(run(task("t3", cpus=50)), 3)) == []


@pytest.mark.parametrize(
    ("end", "state", "reason"),
    [
        (S.FAILED, S.FAILED, Reason.EXECUTOR_FAILED),
        (S.FINISHED, S.FAILED, Reason.EXECUTOR_FAILED),
        (S.LOST, S.LOST, Reason.EXECUTOR_LOST),
        (S.KILLED, S.KILLED, Reason.NONE),
    ],
)
def test_its_end_is_the_end_of_its_tasks_once_it_has_no_more_to_say(end: S, state: S, reason: Reason) -> None:
    machine = running("t1", "t2")
    machine.step(own_reports(report("t1", S.RUNNING, 1), report("t2", S.RUNNING, 2)), 10)
    assert told(machine.step(reports(report("x.t1", end, 2)), 20)) == [("x.t1:2", end)]
    assert told(machine.step(own_reports(report("t1", S.FINISHED, 3)), 21)) == [("t1:2", S.FINISHED)]
    ended = statuses(machine.step(ev.ExecutorDisconnected(OWN.task_id, HOME), 22))
    assert {name: (each.state, each.reason) for name, each in ended.items()} == {"t2": (state, reason)}
    assert machine.book.live_count == 0


def test_its_tasks_end_also_when_its_stream_hangs() -> None:
    machine = running("t1")
    machine.step(reports(report("x.t1", S.FAILED, 2)), 20)
    assert machine.next_wakeup() == 1000, "the heartbeat comes before"
    assert told(machine.step(Tick(), 20 + LAST_WORDS_MS - 1)) == []
    assert told(machine.step(Tick(), 20 + LAST_WORDS_MS)) == [("t1:1", S.FAILED)]


def test_one_that_never_connects_is_given_up() -> None:
    machine = ready(agent())
    machine.step(run(executor_task(), of_own("t1")), 1)
    machine.step(reports(report("x.t1", S.RUNNING, 1)), 2)
    assert killed(machine.step(Tick(), 1 + REGISTER_MS)) == []
    assert killed(machine.step(Tick(), 2 + REGISTER_MS)) == ["x.t1"]
    ended = statuses(machine.step(reports(report("x.t1", S.KILLED, 2)), 3 + REGISTER_MS))
    assert ended["x.t1"].reason is Reason.EXECUTOR_FAILED
    assert (ended["t1"].state, ended["t1"].reason) == (S.FAILED, Reason.EXECUTOR_FAILED)


def test_one_with_nothing_to_do_ends_after_a_while() -> None:
    machine = running("t1")
    machine.step(own_reports(report("t1", S.FINISHED, 1)), 10)
    assert killed(machine.step(Tick(), 9 + IDLE_MS)) == []
    ended = machine.step(Tick(), 10 + IDLE_MS)
    assert killed(ended) == ["x.t1"]
    assert statuses(ended)["x.t1"].reason is Reason.EXECUTOR_IDLE
    refused = statuses(machine.step(run(of_own("t2")), 11 + IDLE_MS))["t2"]
    assert (refused.state, refused.reason) == (S.DROPPED, Reason.EXECUTOR_FAILED)


def test_it_speaks_of_its_own_tasks_only() -> None:
    machine = running("t1")
    machine.step(run(task("other")), 5)
    machine.step(reports(report("other", S.RUNNING, 2)), 6)
    heard = machine.step(own_reports(report("other", S.FINISHED, 1), report("t1", S.UNREACHABLE, 2)), 7)
    assert told(heard) == []
    assert told(machine.step(reports(report("t1", S.FINISHED, 3)), 8)) == []


def test_after_a_restart_it_says_what_it_holds_and_what_was_missed() -> None:
    facts: list[object] = []
    machine = ready(agent())

    def step(event: ev.Event, now: int) -> None:
        facts.extend(fact for a in machine.step(event, now) if isinstance(a, act.Record) for fact in a.facts)

    step(run(executor_task(), of_own("t1"), of_own("t2"), of_own("t3")), 1)
    step(ev.ExecutorHello(OWN.task_id, home=HOME), 2)
    step(own_reports(report("t1", S.RUNNING, 1), report("t2", S.RUNNING, 2)), 3)
    again = ready(agent(replayed(facts)), "e1")
    hello = ev.ExecutorHello(
        OWN.task_id, (report("t1", S.RUNNING, 1), report("ghost", S.RUNNING, 0)), (report("t2", S.FAILED, 3),), HOME
    )
    done = again.step(hello, 10)
    assert told(done) == [("t2:2", S.FAILED)]
    assert killed(done) == ["ghost"]
    assert launches(done) == [(["t3"], HOME)], "the same process does not have it: the order did not arrive"
    assert act.SendRecorded(3, HOME) in done


def test_messages_go_both_ways_while_both_are_there() -> None:
    machine = running("t1")
    down = machine.step(ev.SchedulerMessage(1, F, OWN.executor_id, b"go"), 5)
    assert act.SendToExecutor(HOME, b"go") in down
    up = machine.step(ev.ExecutorMessage(HOME, b"gone"), 6)
    assert up == [act.SendToScheduler(F, OWN.executor_id, b"gone")]
    machine.step(ev.ExecutorDisconnected(OWN.task_id, HOME), 7)
    away = machine.step(ev.SchedulerMessage(1, F, OWN.executor_id, b"go"), 8)
    assert [type(a) for a in away] == [act.Note]
    machine.step(ev.MasterGone(1, "gone"), 9)
    assert machine.step(ev.ExecutorMessage(HOME, b"gone"), 10) == []


def test_the_removal_of_its_framework_ends_both() -> None:
    machine = running("t1")
    done = machine.step(ev.KillFramework(1, F), 5)
    assert sorted(killed(done)) == ["t1", "x.t1"]
    machine.step(reports(report("x.t1", S.KILLED, 2)), 6)
    machine.step(ev.ExecutorDisconnected(OWN.task_id, HOME), 7)
    assert not list(machine.book.entries())


def test_a_task_without_its_executor_is_not_taken() -> None:
    machine = ready(agent())
    refused = machine.step(run(of_own("t1")), 1)
    assert launched(refused) == []
    assert statuses(refused)["t1"].reason is Reason.EXECUTOR_FAILED
    unfilled = replace(task("t2"), executor=replace(OWN, task_id=TaskId("")))
    assert statuses(machine.step(run(unfilled), 2))["t2"].reason is Reason.INVALID_TASK
