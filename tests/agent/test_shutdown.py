"""An agent that was marked gone and comes back: it ends its tasks, forgets who it was, and says no goodbye."""

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.facts import Left
from barter.agent.machine import Agent
from barter.core.machine import Tick
from barter.core.task_state import TaskState
from tests.agent.agent_kit import agent, killed, kinds, opened, ready, report, reports, run, task

REASON = "marked gone by an operator"
SENT_AWAY = ev.MasterError(1, "agent a1 was marked gone by an operator", True)


def back() -> Agent:
    """With a task, on a new stream of a master that has not answered yet."""
    machine = ready(agent())
    machine.step(run(task("t1")), 10)
    machine.step(reports(report("t1", TaskState.RUNNING, 1)), 11)
    machine.step(ev.MasterGone(1, "it died"), 12)
    opened(machine, 1_000)
    return machine


def lefts(actions: list[act.Action]) -> int:
    return sum(isinstance(fact, Left) for each in actions if isinstance(each, act.Record) for fact in each.facts)


def exits(actions: list[act.Action]) -> list[act.Exit]:
    return [each for each in actions if isinstance(each, act.Exit)]


def test_its_tasks_end_and_then_it_forgets() -> None:
    machine = back()
    assert killed(machine.step(ev.Shutdown(1, REASON), 1_001)) == ["t1"]
    assert exits(machine.step(SENT_AWAY, 1_002)) == []
    machine.step(ev.MasterGone(2, "it ended"), 1_003)
    actions = machine.step(reports(report("t1", TaskState.KILLED, 2)), 1_100)
    assert lefts(actions) == 1
    assert "StopExecutor" in kinds(actions)
    assert list(machine.book.entries()) == []
    actions = machine.step(ev.ExecutorDied("told to"), 1_200)
    assert lefts(actions) == 0
    assert exits(actions) == [act.Exit(0, f"left the cluster: {REASON}")]


def test_it_dials_nobody_and_obeys_nobody_meanwhile() -> None:
    machine = back()
    machine.step(ev.Shutdown(1, REASON), 1_001)
    assert kinds(machine.step(run(task("t2")), 1_002)) == []
    machine.step(ev.MasterGone(2, "it ended"), 1_003)
    assert "ConnectMaster" not in kinds(machine.step(Tick(), 3_000))


def test_tasks_that_do_not_end_are_not_waited_for() -> None:
    machine = back()
    machine.step(ev.Shutdown(1, REASON), 1_001)
    actions = machine.step(Tick(), 10_000)
    assert lefts(actions) == 1
    assert "StopExecutor" in kinds(actions)


def test_a_master_of_before_cannot_send_it_away() -> None:
    machine = ready(agent())
    machine.step(ev.Registered(5, "c1", 1_000), 1)
    machine.step(ev.Shutdown(4, REASON), 2)
    assert not machine.leaving.started


def test_one_that_leaves_already_says_its_goodbye_no_more() -> None:
    machine = back()
    machine.step(ev.Leave("SIGUSR1"), 1_001)
    machine.step(ev.Shutdown(1, REASON), 1_002)
    actions = machine.step(reports(report("t1", TaskState.KILLED, 2)), 1_100)
    assert lefts(actions) == 1
    assert "SendUnregister" not in kinds(actions)
