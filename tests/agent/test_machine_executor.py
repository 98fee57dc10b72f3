"""The agent's core and what executors tell it: what the next one is given, and what an earlier one had begun."""

from dataclasses import replace

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.facts import HandedOver
from barter.core.ids import TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from tests.agent.agent_kit import (
    F,
    agent,
    facts,
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


def test_what_the_executor_does_not_know() -> None:
    machine = ready(agent())
    record = facts(machine.step(run(task("t1"), task("t2")), 10))
    same = agent(replayed(record))
    actions = same.step(ev.ExecutorHello("e1", (report("t1", S.RUNNING, 1),)), 20)
    assert launched(actions) == ["t2"]
    other = agent(replayed(record))
    opened(other, 19)
    actions = other.step(ev.ExecutorHello("e2", (report("t1", S.RUNNING, 0),)), 20)
    assert launched(actions) == []
    assert refusals(actions) == [("t1", S.RUNNING, Reason.NONE), ("t2", S.LOST, Reason.EXECUTOR_LOST)]


def after_executor(*statuses: ev.Reported, grouped: str = "", executor: str = "8-2-boot1") -> list[act.Action]:
    """What an agent does at the Hello of the next executor, with t1 and t2 handed to the one before."""
    machine = ready(agent(), "7-1-boot1")
    tasks = [replace(task(name), group_id=grouped) for name in ("t1", "t2")]
    record = facts(machine.step(run(*tasks), 10))
    record += facts(machine.step(reports(*statuses, executor="7-1-boot1"), 11))
    again = agent(replayed(record))
    opened(again, 19)
    held = tuple(report(each.status.task_id, each.status.state, 0) for each in statuses)
    return again.step(ev.ExecutorHello(executor, held), 20)


def test_what_a_dead_executor_never_began_is_launched_by_the_next() -> None:
    actions = after_executor(report("t1", S.RUNNING, 1))
    assert launched(actions) == ["t2"]
    assert HandedOver("8-2-boot1", ((F, TaskId("t2")),)) in facts(actions)


def test_so_is_one_whose_image_it_was_pulling() -> None:
    machine = ready(agent(), "7-1-boot1")
    record = facts(machine.step(run(task("t1")), 10))
    record += facts(machine.step(reports(report("t1", S.STARTING, 1), executor="7-1-boot1"), 11))
    again = agent(replayed(record))
    opened(again, 19)
    assert launched(again.step(ev.ExecutorHello("8-2-boot1"), 20)) == ["t1"]


def test_it_is_lost_where_the_machine_was_started_anew_or_something_was_heard_of_it() -> None:
    assert launched(after_executor(report("t1", S.RUNNING, 1), executor="8-2-boot2")) == []
    machine = ready(agent(), "7-1-boot1")
    record = facts(machine.step(run(task("t1")), 10))
    record += facts(machine.step(reports(report("t1", S.RUNNING, 1), executor="7-1-boot1"), 11))
    again = agent(replayed(record))
    opened(again, 19)
    actions = again.step(ev.ExecutorHello("8-2-boot1"), 20)
    assert launched(actions) == []
    assert ("t1", S.LOST, Reason.EXECUTOR_LOST) in refusals(actions)


def test_of_a_group_all_are_launched_again_or_none() -> None:
    assert launched(after_executor(grouped="g")) == ["t1", "t2"]
    assert launched(after_executor(report("t1", S.RUNNING, 1), grouped="g")) == []


def test_an_orphan_is_killed() -> None:
    machine = agent()
    actions = machine.step(ev.ExecutorHello("e1", (report("ghost", S.RUNNING, 1), report("gone", S.FAILED, 2))), 10)
    assert killed(actions) == ["ghost"]
    assert "the ledger does not know it" in str(actions)


def test_statuses_sent_again_are_recorded_once() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    unhealthy, healthy = report("t1", S.RUNNING, 1, healthy=False), report("t1", S.RUNNING, 2, healthy=True)
    machine.step(reports(unhealthy, healthy), 11)
    actions = machine.step(ev.ExecutorHello("e1", (healthy,), (unhealthy, healthy)), 12)
    assert kinds(actions) == ["SendRecorded", "MeasureTasks"]


def test_a_new_executor_that_found_a_task_does_not_take_its_health() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    machine.step(reports(report("t1", S.RUNNING, 1, healthy=True)), 11)
    actions = machine.step(ev.ExecutorHello("e2", (report("t1", S.RUNNING, 0),)), 12)
    assert told(actions) == []
    assert machine.book.find(F, TaskId("t1")) is not None


def test_reports_of_a_task_that_ended_change_nothing() -> None:
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    machine.step(reports(report("t1", S.FINISHED, 1)), 11)
    assert told(machine.step(reports(report("t1", S.RUNNING, 2), report("t1", S.FAILED, 3)), 12)) == []
