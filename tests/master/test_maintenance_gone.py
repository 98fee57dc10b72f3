"""Agents marked gone."""

from barter.core.ids import TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import AgentGone, AgentLeft, Fact
from barter.master.registry import MemoryFacts
from tests.master.world import A1, AGENT, FRAMEWORK, World, agent, task

REASON = "marked gone by an operator: it burned"
SESSION = 9


def gone(world: World) -> str:
    [answer] = [each for each in world.do(ev.MarkGone(1, A1, "it burned")) if isinstance(each, act.Answer)]
    return answer.refusal


def test_one_that_works_is_not_taken_for_gone() -> None:
    world = World()
    world.running(task("t1"))
    assert "is active, with 1 tasks: drain it first (`barter drain a1`)" in gone(world)
    assert A1 in world.cluster.agents


def test_one_that_is_away_is_gone_with_its_tasks() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    world.do(ev.AgentDisconnected(AGENT, A1))
    assert gone(world) == ""
    [told] = world.statuses()
    assert (told.task_id, told.state, told.reason, told.message) == (
        "t1",
        TaskState.GONE_BY_OPERATOR,
        Reason.AGENT_GONE,
        REASON,
    )
    assert [each.reason for each in world.sent(msg.Failure)] == [REASON]
    assert world.facts[-2:] == [AgentGone(A1, REASON), AgentLeft(A1)]
    assert not world.cluster.agents
    assert world.cluster.frameworks[framework_id].tasks == {}
    assert "was marked gone" in gone(world)


def test_one_that_is_there_is_told_to_go() -> None:
    world = World()
    world.running(task("t1"))
    world.do(ev.Deactivate(1, A1))
    assert gone(world) == ""
    assert world.sent(msg.Shutdown, AGENT) == [msg.Shutdown(REASON)]
    assert world.closed()[AGENT].fatal


def test_one_that_comes_back_is_sent_away_by_every_master() -> None:
    world = World()
    world.running(task("t1"))
    world.do(ev.AgentDisconnected(AGENT, A1))
    gone(world)
    registry = MemoryFacts()
    registry.start("abc123")
    registry.commit([fact for fact in world.facts if isinstance(fact, Fact)])
    for each in (world, World(registry.start(""))):
        each.do(ev.AgentRegister(SESSION, agent()))
        assert each.sent(msg.Shutdown, SESSION) == [msg.Shutdown(REASON)]
        assert each.closed()[SESSION].fatal
        assert not each.sent(msg.Registered)
        assert not each.cluster.agents


def test_one_that_was_awaited_since_the_start_is_awaited_no_more() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    registry = MemoryFacts()
    registry.start("abc123")
    registry.commit([fact for fact in world.facts if isinstance(fact, Fact)])
    world = World(registry.start(""))
    world.subscribe(framework_id=framework_id)
    world.do(ev.Reconcile(FRAMEWORK, (TaskId("t1"),)))
    assert world.statuses() == []
    assert gone(world) == ""
    assert [each.state for each in world.statuses()] == [TaskState.LOST]
    assert not world.cluster.expected_agents
