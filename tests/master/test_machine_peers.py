"""Agents and frameworks that come, go, come back, and wish for things."""

from dataclasses import replace

import pytest

from barter.core.cluster import Endpoint, Filters, FrameworkInfo, Service, ServicePort
from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.task_state import TaskState as S
from barter.core.tasks import Reason, TaskPort
from barter.core.units import MIB
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import AgentAdmitted, AgentLeft, FrameworkAdmitted, FrameworkRemoved, Recovered
from barter.master.why import why
from tests.master.world import (
    A1,
    A2,
    AGENT,
    AGENT_TIMEOUT,
    FRAMEWORK,
    OFFER_TIMEOUT,
    World,
    agent,
    demand,
    status,
    task,
)

WEB = Service("web", (ServicePort("http", vhosts=("web.localhost",)),))


@pytest.fixture
def world() -> World:
    return World()


def test_a_new_framework_is_durable_before_it_hears_its_id(world: World) -> None:
    framework_id = world.subscribe()
    assert framework_id == "abc123-1-0001"
    kinds = [type(action) for action in world.last]
    assert kinds.index(act.Persist) < kinds.index(act.SendToFramework)
    assert [type(fact) for fact in world.facts] == [FrameworkAdmitted]


def test_the_same_agent_again_is_not_persisted_again(world: World) -> None:
    world.register()
    world.register(session=5)
    assert [type(fact) for fact in world.facts] == [AgentAdmitted]
    assert world.closed()[AGENT].fatal
    world.register(agent(cpus=8_000), 6)
    assert len(world.facts) == 2


def test_an_agent_under_the_id_of_a_connected_one_is_refused(world: World) -> None:
    mine, copied = (replace(agent(), node_address=f"10.0.0.{n}:5060") for n in (1, 2))
    framework_id = world.subscribe()
    world.register(mine)
    world.accept(world.offers()[0].offer_id, task("t1"))
    world.update(framework_id, status("t1", S.RUNNING, 1))
    world.register(copied, session=5)
    assert "answers at 10.0.0.1:5060, not at 10.0.0.2:5060" in world.closed()[5].reason
    assert AGENT not in world.closed()
    assert [each.status.state for each in world.cluster.frameworks[framework_id].tasks.values()] == [S.RUNNING]
    world.do(ev.AgentDisconnected(AGENT, A1))
    world.register(copied, session=6)
    assert world.cluster.agents[A1].info == copied


def test_events_of_an_older_stream_change_nothing(world: World) -> None:
    framework_id = world.running(task("t1"))
    world.register(session=5, tasks=[(framework_id, task("t1"), status("t1", S.RUNNING))])
    world.update(framework_id, status("t1", S.FAILED, 2))
    world.do(ev.AgentDisconnected(AGENT, A1))
    world.do(ev.AgentUnregister(AGENT, A1, "gone"))
    assert world.cluster.agents[A1].session == 5
    assert [each.status.state for each in world.cluster.agents[A1].tasks.values()] == [S.RUNNING]
    world.subscribe(session=8, framework_id=framework_id)
    world.do(ev.Teardown(FRAMEWORK), ev.FrameworkDisconnected(FRAMEWORK))
    assert world.cluster.frameworks[framework_id].session == 8


def test_a_task_the_agent_forgot_is_lost(world: World) -> None:
    world.running(task("t1"))
    world.do(ev.AgentDisconnected(AGENT, A1))
    world.register(session=5)
    assert [(told.state, told.reason) for told in world.statuses()] == [(S.LOST, Reason.AGENT_FORGOT)]
    assert world.cluster.agents[A1].used.value == resources()


def test_a_lost_task_that_comes_back_is_killed(world: World) -> None:
    framework_id = world.running(task("t1"))
    world.register(session=5)
    world.register(session=6, tasks=[(framework_id, task("t1"), status("t1", S.RUNNING))])
    assert [kill.task_id for kill in world.sent(msg.Kill, 6)] == ["t1"]
    assert world.statuses() == []


def test_heartbeats_keep_an_agent_and_silence_makes_it_unreachable(world: World) -> None:
    framework_id = world.running(task("t1"))
    for _ in range(4):
        world.wait(AGENT_TIMEOUT - 1_000)
        world.do(ev.AgentHeartbeat(AGENT, A1))
    assert not world.cluster.agents[A1].unreachable
    world.wait(AGENT_TIMEOUT)
    assert [told.state for told in world.statuses()] == [S.UNREACHABLE]
    assert [failure.agent_id for failure in world.sent(msg.Failure)] == [A1]
    assert not world.closed()[AGENT].fatal
    world.register(session=5, tasks=[(framework_id, task("t1"), status("t1", S.RUNNING))])
    assert [told.state for told in world.statuses()] == [S.RUNNING]


def test_a_task_in_reach_again_is_told_even_where_its_agent_repeats_an_update(world: World) -> None:
    """The framework had it and acknowledged, the agent never heard: a framework takes that update for no news."""
    framework_id = world.running(task("t1"))
    world.wait(AGENT_TIMEOUT)
    assert [told.state for told in world.statuses()] == [S.UNREACHABLE]
    again = (framework_id, status("t1", S.RUNNING, 1))
    world.register(session=5, tasks=[(framework_id, task("t1"), again[1])], updates=[again])
    assert [(told.state, told.uuid) for told in world.statuses()] == [(S.RUNNING, "t1:1"), (S.RUNNING, "")]


def test_a_task_in_reach_again_is_told_with_its_health(world: World) -> None:
    """A new process of the framework took a healthy task for one that is not, and ended it in an upgrade."""
    framework_id = world.running(task("t1"))
    world.wait(AGENT_TIMEOUT)
    world.statuses()
    healthy = replace(status("t1", S.RUNNING, 1), healthy=True)
    world.register(session=5, tasks=[(framework_id, task("t1"), healthy)])
    assert [(told.state, told.healthy) for told in world.statuses()] == [(S.RUNNING, True)]


def test_an_agent_that_leaves_takes_what_is_left_with_it(world: World) -> None:
    world.running(task("t1"))
    world.do(ev.AgentUnregister(AGENT, A1, "SIGUSR1"))
    assert [told.state for told in world.statuses()] == [S.GONE]
    assert world.facts[-1] == AgentLeft(A1)
    assert world.closed()[AGENT].fatal
    world.do(ev.AgentDisconnected(AGENT, A1))
    assert A1 not in world.cluster.agents
    assert world.cluster.total.value == resources()


def test_an_agents_offers_are_rescinded_when_its_stream_is_lost(world: World) -> None:
    world.subscribe()
    world.register()
    [offer] = world.offers()
    world.do(ev.AgentDisconnected(AGENT, A1))
    assert [rescind.offer_ids for rescind in world.sent(msg.Rescind)] == [(offer.offer_id,)]
    assert world.cluster.offers == {}


def test_an_offer_nobody_answers_expires(world: World) -> None:
    world.subscribe()
    world.register()
    [offer] = world.offers()
    world.do(ev.AgentHeartbeat(AGENT, A1))
    world.wait(OFFER_TIMEOUT)
    assert offer.offer_id in world.sent(msg.Rescind)[0].offer_ids


def test_declined_stays_away_until_revived(world: World) -> None:
    world.subscribe()
    world.register()
    world.do(ev.Decline(FRAMEWORK, (world.offers()[0].offer_id,), Filters(60_000)))
    assert world.offers() == []
    world.do(ev.Revive(FRAMEWORK))
    assert len(world.offers()) == 1


def test_a_demand_for_a_role_of_others_waits_and_its_framework_is_told(world: World) -> None:
    world.register()
    world.subscribe(demands_only=True)
    world.do(ev.SetDemands(FRAMEWORK, (replace(demand("d", 1), role="eng"), demand("e", 1))))
    [error] = world.sent(msg.Error)
    assert error.message == (
        "demands: the framework is not subscribed to eng, only to *: what is wanted for others is not offered"
    )
    assert not error.fatal
    assert [offer.demand_id for offer in world.offers()] == ["e"]


def test_suppressed_gets_no_offers(world: World) -> None:
    world.subscribe()
    world.do(ev.Suppress(FRAMEWORK))
    world.register()
    assert world.offers() == []
    world.do(ev.Revive(FRAMEWORK))
    assert len(world.offers()) == 1


def test_unacknowledged_updates_come_again_to_who_takes_over(world: World) -> None:
    framework_id = world.running(task("t1"))
    world.update(framework_id, status("t1", S.FINISHED, 2))
    world.subscribe(session=8, framework_id=framework_id)
    assert world.closed()[FRAMEWORK].fatal
    assert [told.uuid for told in world.statuses(8)] == ["t1:2"]


def test_a_disconnected_framework_keeps_its_tasks_until_its_failover_timeout(world: World) -> None:
    framework_id = world.running(task("t1"))
    world.do(ev.FrameworkDisconnected(FRAMEWORK))
    world.wait(99_000)
    world.do(ev.AgentHeartbeat(AGENT, A1))
    assert framework_id in world.cluster.frameworks
    world.wait(1_500)
    assert framework_id not in world.cluster.frameworks
    assert FrameworkRemoved(framework_id) in [act_.fact for act_ in world.last if isinstance(act_, act.Persist)]


def test_a_framework_that_is_back_is_not_removed_by_an_old_timer(world: World) -> None:
    framework_id = world.subscribe()
    world.do(ev.FrameworkDisconnected(FRAMEWORK))
    world.wait(50_000)
    world.subscribe(session=8, framework_id=framework_id)
    world.wait(60_000)
    world.do(ev.FrameworkDisconnected(8))
    world.wait(60_000)
    assert framework_id in world.cluster.frameworks
    world.wait(50_000)
    assert framework_id not in world.cluster.frameworks


@pytest.mark.parametrize("by_operator", [False, True])
def test_teardown_kills_the_tasks_and_the_id_is_spent(world: World, by_operator: bool) -> None:
    framework_id = world.running(task("t1"))
    world.do(ev.TeardownByOperator(framework_id) if by_operator else ev.Teardown(FRAMEWORK))
    assert [order.framework_id for order in world.sent(msg.KillFramework)] == [framework_id]
    assert (world.closed()[FRAMEWORK].reason != "") == by_operator
    assert world.facts[-1] == FrameworkRemoved(framework_id)
    world.update(framework_id, status("t1", S.KILLED, 2))
    assert world.sent(msg.Acknowledge) == [msg.Acknowledge(((framework_id, TaskId("t1"), "t1:2"),))]
    world.do(ev.Subscribe(8, FrameworkInfo("f", framework_id)))
    assert world.closed()[8].fatal
    assert "was removed" in world.closed()[8].reason


def test_a_teardown_by_an_operator_is_answered_with_its_fact(world: World) -> None:
    framework_id = world.subscribe()
    world.do(ev.TeardownByOperator(framework_id, 7))
    kinds = [each for each in world.last if isinstance(each, act.Persist | act.Answer)]
    assert [each.fact for each in kinds if isinstance(each, act.Persist)] == [FrameworkRemoved(framework_id)]
    assert [(each.call, each.refusal) for each in kinds if isinstance(each, act.Answer)] == [(7, "")]
    world.do(ev.TeardownByOperator(framework_id, 8))
    [answer] = [each for each in world.last if isinstance(each, act.Answer)]
    assert answer.call == 8
    assert "knows no framework" in answer.refusal


def test_an_agent_that_returns_with_a_removed_frameworks_tasks_is_told_to_kill_them(world: World) -> None:
    framework_id = world.running(task("t1"), task("t2"))
    world.do(ev.AgentDisconnected(AGENT, A1))
    world.do(ev.Teardown(FRAMEWORK))
    told = [(framework_id, task(name), status(name, S.RUNNING)) for name in ("t1", "t2")]
    world.register(session=5, tasks=told)
    assert [order.framework_id for order in world.sent(msg.KillFramework, 5)] == [framework_id]
    assert world.cluster.agents[A1].used.value == resources()


def test_a_framework_of_a_lost_registry_is_taken_in(world: World) -> None:
    lost = FrameworkId("zzz999-4-0001")
    world.register(tasks=[(lost, task("t1"), status("t1", S.RUNNING))])
    assert not world.sent(msg.KillFramework)
    assert world.subscribe(framework_id=lost) == lost
    world.do(ev.Reconcile(FRAMEWORK))
    assert [told.task_id for told in world.statuses()] == ["t1"]


@pytest.mark.parametrize(("framework_id", "is_removed"), [("abc123-7-0002", False), ("abc123-1000009-0002", True)])
def test_a_framework_that_a_restored_registry_is_too_old_to_know_is_taken_in(
    framework_id: str, is_removed: bool
) -> None:
    world = World(Recovered("abc123", 1_000_012))
    world.register(tasks=[(FrameworkId(framework_id), task("t1"), status("t1", S.RUNNING))])
    assert bool(world.sent(msg.KillFramework)) == is_removed
    world.do(ev.Subscribe(FRAMEWORK, FrameworkInfo("f", FrameworkId(framework_id), roles=("*",))))
    assert bool(world.closed()) == is_removed


def test_a_second_subscribe_on_a_stream_is_refused(world: World) -> None:
    world.subscribe()
    world.do(ev.Subscribe(FRAMEWORK, FrameworkInfo("other")))
    assert [error.fatal for error in world.sent(msg.Error)] == [False]
    assert len(world.cluster.frameworks) == 1


def test_a_demand_is_answered_lowered_by_what_it_launches_and_offers_for_it_end_with_it(world: World) -> None:
    framework_id = world.subscribe(demands_only=True)
    world.register()
    assert world.offers() == []
    world.do(ev.SetDemands(FRAMEWORK, (demand("web", 3),)))
    [offer] = world.offers()
    assert (offer.demand_id, offer.resources.scalars["cpus"]) == ("web", 300)
    two = (task("t1", demand="web"), task("t2", demand="web"))
    world.do(ev.Accept(FRAMEWORK, (offer.offer_id,), two, Filters(0)))
    assert [each.count for each in world.cluster.frameworks[framework_id].demands.values()] == [1]
    [offer] = world.offers()
    assert offer.resources.scalars["cpus"] == 100
    world.do(ev.SetDemands(FRAMEWORK, ()))
    assert [rescind.offer_ids for rescind in world.sent(msg.Rescind)] == [(offer.offer_id,)]


def test_a_demand_named_twice_is_refused_whole(world: World) -> None:
    framework_id = world.subscribe()
    world.do(ev.SetDemands(FRAMEWORK, (demand("web", 3), demand("web", 1))))
    assert ["web is named twice" in error.message for error in world.sent(msg.Error)] == [True]
    assert world.cluster.frameworks[framework_id].demands == {}


def test_a_service_of_another_connected_framework_cannot_be_told(world: World) -> None:
    first = world.subscribe()
    second = world.subscribe("other", 7)
    world.do(ev.SetServices(FRAMEWORK, (WEB,)))
    world.do(ev.SetServices(7, (WEB, Service("own"))))
    assert [f"web belongs to framework {first}" in error.message for error in world.sent(msg.Error, 7)] == [True]
    told = [view.service.service_id for view in world.cluster.endpoints.all()]
    assert {name: world.cluster.endpoints.owner(name) for name in told} == {"web": first, "own": second}
    world.do(ev.FrameworkDisconnected(FRAMEWORK))
    world.do(ev.SetServices(7, (WEB,)))
    assert world.cluster.endpoints.owner("web") != first


def test_watchers_hear_whole_services_and_settled_once_all_are_back() -> None:
    known = FrameworkInfo("f", FrameworkId("abc123-1-0001"))
    world = World(Recovered("abc123", 2, (agent(),), (known,)))
    framework_id = world.subscribe(framework_id=known.framework_id)
    need = resources(cpus=1, mem=MIB, ports=((31_000, 31_000),))
    info = task("t1", need, ports=(TaskPort("http", 31_000, "tcp", "web"),))
    world.register(tasks=[(framework_id, info, status("t1", S.RUNNING))])
    endpoint = Endpoint("web", "http", "t1", framework_id, A1, "10.0.0.1", 31_000)
    assert _changes(world) == [(((Service("web"), (endpoint,)),), (), False)]
    world.do(ev.SetServices(FRAMEWORK, (WEB,)))
    assert _changes(world) == [(((WEB, (endpoint,)),), (), True)]
    world.update(framework_id, status("t1", S.FAILED, 1))
    assert _changes(world) == [(((WEB, ()),), (), True)]
    world.do(ev.SetServices(FRAMEWORK, ()))
    assert _changes(world) == [((), ("web",), True)]


def _changes(world: World) -> list[object]:
    return [
        (tuple((view.service, view.endpoints) for view in change.services), change.removed, change.settled)
        for change in world.last
        if isinstance(change, act.EndpointsChanged)
    ]


def test_why_tells_of_demands_tasks_and_those_never_placed(world: World) -> None:
    framework_id = world.running(task("t1"))
    world.register(agent(A2), 9)
    world.do(ev.SetDemands(FRAMEWORK, (demand("big", 1, resources(cpus=64_000)),)))
    about = why(world.cluster, "big", world.now)
    assert about is not None
    assert (about.kind, about.framework_id) == ("demand", framework_id)
    assert about.summary.startswith("1 more wanted; none of 2 agents fits: ")
    assert len(about.explanation.agents) == 2
    assert about.explanation.changes
    about = why(world.cluster, "t1", world.now)
    assert about is not None
    assert about.summary.startswith("TASK_RUNNING on host-a1; placed there because role * has share")
    assert [entry.kind for entry in about.history] == ["task_launched", "task_status"]
    world.accept(next(iter(world.cluster.offers)), replace(task("t7"), resources=resources()))
    about = why(world.cluster, "t7", world.now)
    assert about is not None
    assert "never placed: INVALID_TASK" in about.summary
    assert why(world.cluster, "nobody", world.now) is None


def test_an_unknown_agents_word_changes_nothing(world: World) -> None:
    world.do(ev.AgentHeartbeat(3, AgentId("a9")), ev.AgentUpdates(3, AgentId("a9"), ()))
    assert world.last == []


def test_tasks_of_another_framework_get_none_of_a_services_requests(world: World) -> None:
    port = TaskPort("http", 31_000, "tcp", "web")
    thief = task("thief", resources(cpus=100, mem=32 * MIB, ports=((31_000, 31_000),)), ports=(port,))
    world.running(thief)
    world.subscribe(session=8, name="owner")
    world.do(ev.SetServices(8, (WEB,)))
    assert [(view.service, view.endpoints) for view in world.cluster.endpoints.all()] == [(WEB, ())]


def test_history_keeps_no_more_of_a_peers_words_than_it_can_hold(world: World) -> None:
    world.subscribe()
    world.do(ev.Reconcile(FRAMEWORK, (TaskId("x" * 1_000_000),)))
    world.do(ev.SetDemands(FRAMEWORK, tuple(demand(f"d{n}", 1) for n in range(1_000))))
    assert max(len(entry.subject) + len(entry.reason) for entry in world.cluster.history.last(0)) <= 1_255
