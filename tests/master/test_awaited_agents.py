"""After a master's start, constraints that count instances wait for the agents that may have some."""

from dataclasses import replace

from barter.core.cluster import AgentInfo, Demand, FrameworkInfo
from barter.core.constraints import Constraint, Operator
from barter.core.ids import AgentId, DemandId, FrameworkId, ReservationId
from barter.core.operations import Reserve
from barter.core.resources import resources
from barter.core.roles import RoleConfig
from barter.core.task_state import TaskState
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import Recovered
from barter.master.why import why
from tests.master.world import A1, A2, AGENT_TIMEOUT, FRAMEWORK, NEED, World, agent, status, task

F = FrameworkId("abc123-1-0001")


def in_zone_b(agent_id: AgentId) -> AgentInfo:
    return replace(agent(agent_id), attributes={"zone": "b"})


def started(constraint: Constraint) -> World:
    """A master that knows two agents and a framework of old; the framework and a2 are back."""
    world = World(Recovered("abc123", 2, (in_zone_b(A1), in_zone_b(A2)), (FrameworkInfo("f", F),)))
    world.subscribe(framework_id=F, demands_only=True)
    world.do(ev.SetDemands(FRAMEWORK, (Demand(DemandId("d"), NEED, 1, constraints=(constraint,)),)))
    world.register(in_zone_b(A2), session=7)
    return world


def test_what_runs_on_an_agent_that_comes_back_counts() -> None:
    world = started(Constraint("zone", Operator.UNIQUE))
    assert world.offers() == []
    told = why(world.cluster, "d", world.now)
    assert told is not None
    assert "1 agent is not back" in told.summary
    assert "wait until the agents are back" in told.explanation.changes[0].text
    there = task("t1", demand="d")
    world.register(in_zone_b(A1), session=8, tasks=((F, there, status("t1", TaskState.RUNNING)),))
    assert world.offers() == []
    told = why(world.cluster, "d", world.now)
    assert told is not None
    assert "none of 2 agents fits" in told.summary


def test_agents_that_are_given_up_hold_up_nothing() -> None:
    world = started(Constraint("zone", Operator.UNIQUE))
    world.wait(AGENT_TIMEOUT // 2)
    world.do(ev.AgentHeartbeat(7, A2))
    assert world.offers() == []
    world.wait(AGENT_TIMEOUT // 2 + 10)
    assert [offer.agent_id for offer in world.offers()] == [A2]


def test_a_constraint_on_the_host_alone_waits_for_nobody() -> None:
    assert [offer.agent_id for offer in started(Constraint("hostname", Operator.UNIQUE)).offers()] == [A2]


def test_what_a_late_agent_tells_takes_offers_back_that_are_over_a_limit_with_it() -> None:
    eng = FrameworkInfo("f", F, roles=("eng",))
    limit = RoleConfig("eng", limit={"cpus": 3_000})
    world = World(Recovered("abc123", 2, (agent(A1), agent(A2)), (eng,), (limit,)))
    world.do(ev.Subscribe(FRAMEWORK, eng))
    world.register(agent(A2), session=7)
    world.wait(AGENT_TIMEOUT - 100)
    world.do(ev.AgentHeartbeat(7, A2))
    world.wait(200)
    [offer] = world.offers()
    assert offer.resources.scalars["cpus"] == 3_000
    there = replace(task("t1", resources(cpus=2_000)), role="eng")
    world.register(agent(A1), session=8, tasks=((F, there, status("t1", TaskState.RUNNING)),))
    [rescinded] = world.sent(msg.Rescind)
    assert rescinded == msg.Rescind((offer.offer_id,), "role eng is limited to 3 cpus, and has 5 cpus with its offers")
    assert world.cluster.allocator.consumption("eng")["cpus"] <= 3_000


def test_nothing_is_reserved_for_a_limited_role_before_agents_are_back() -> None:
    limit = RoleConfig("eng", limit={"cpus": 3_000})
    world = World(Recovered("abc123", 2, (agent(A1), agent(A2)), roles=(limit,)))
    world.register(agent(A2), session=7)

    def refusal(role: str) -> str:
        world.do(ev.Operate(1, A2, "ops", Reserve(ReservationId(f"for-{role[:3]}"), NEED, role)))
        [answer] = [each for each in world.last if isinstance(each, act.Answer)]
        return answer.refusal

    assert "role eng is limited, and 1 agent is not back" in refusal("eng/web")
    assert refusal("ops") == ""
    world.register(agent(A1), session=8)
    assert refusal("eng/web") == ""


def test_a_task_that_is_told_of_is_as_old_as_its_status_says() -> None:
    world = started(Constraint("zone", Operator.UNIQUE))
    running = replace(status("t1", TaskState.RUNNING), timestamp_ms=7)
    by_a_fast_clock = replace(status("t2", TaskState.RUNNING), timestamp_ms=world.now + 60_000)
    world.register(in_zone_b(A1), session=8, tasks=((F, task("t1"), running), (F, task("t2"), by_a_fast_clock)))
    launched = [each.launched_ms for each in world.cluster.agents[A1].tasks.values()]
    assert launched[0] == 7
    assert launched[1] <= world.now
