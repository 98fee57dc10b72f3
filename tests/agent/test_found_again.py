"""What a new executor says of tasks it has found, and has yet to check."""

from dataclasses import replace

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.machine import Agent
from barter.core.task_state import TaskState as S
from barter.core.tasks import CheckKind, CheckResult, Reason, TaskStatus
from tests.agent import agent_kit as kit


def said(name: str, sequence: int, **found: object) -> ev.Reported:
    report = kit.report(name, S.RUNNING, sequence)
    return replace(report, status=replace(report.status, **found))  # type: ignore[arg-type]


def told(actions: list[act.Action]) -> list[TaskStatus]:
    return [status for each in actions if isinstance(each, act.SendUpdates) for _, status in each.updates]


def serving() -> Agent:
    """Healthy, ready, at an address of its own."""
    machine = kit.ready(kit.agent())
    machine.step(kit.run(kit.task("t1")), 1)
    machine.step(kit.reports(said("t1", 1, healthy=True, ready=True, address="10.9.0.2")), 2)
    return machine


def test_until_then_it_is_as_healthy_and_ready_as_it_was() -> None:
    machine = serving()
    machine.step(ev.ExecutorDied("kill -9"), 3)
    found = said("t1", 0, address="10.9.0.2")
    assert told(machine.step(ev.ExecutorHello("e2", (found,)), 4)) == []
    [status] = told(machine.step(kit.reports(said("t1", 1, healthy=False), executor="e2"), 5))
    assert (status.healthy, status.ready, status.address) == (False, True, "10.9.0.2")
    [status] = told(machine.step(kit.reports(said("t1", 2, healthy=True, ready=True), executor="e2"), 6))
    assert (status.healthy, status.ready) == (True, True)


def test_the_same_found_anew_is_no_news() -> None:
    machine = serving()
    machine.step(ev.ExecutorDied("kill -9"), 3)
    machine.step(ev.ExecutorHello("e2", (said("t1", 0),)), 4)
    assert told(machine.step(kit.reports(said("t1", 1, healthy=True), executor="e2"), 5)) == []


def test_what_a_status_check_finds_is_news_and_kept() -> None:
    machine = kit.ready(kit.agent())
    machine.step(kit.run(kit.task("t1")), 1)
    machine.step(kit.reports(said("t1", 1)), 2)
    result = CheckResult(CheckKind.COMMAND, 3)
    [status] = told(machine.step(kit.reports(said("t1", 2, check=result, reason=Reason.STATUS_CHECK)), 3))
    assert status.check == result
    machine.step(ev.ExecutorDied("kill -9"), 4)
    machine.step(ev.ExecutorHello("e2", (said("t1", 0),)), 5)
    [status] = told(machine.step(kit.reports(said("t1", 1, healthy=True), executor="e2"), 6))
    assert status.check == result


def test_readiness_is_news() -> None:
    machine = kit.ready(kit.agent())
    machine.step(kit.run(kit.task("t1")), 1)
    machine.step(kit.reports(said("t1", 1, ready=False)), 2)
    [status] = told(machine.step(kit.reports(said("t1", 2, ready=True, reason=Reason.READINESS_CHECK)), 3))
    assert (status.ready, status.reason) == (True, Reason.READINESS_CHECK)
