"""Accepting, updating, killing and reconciling."""

from dataclasses import replace

import pytest

from barter.core.cluster import Filters, FrameworkInfo
from barter.core.ids import FrameworkId, OfferId, TaskId
from barter.core.resources import resources
from barter.core.task_state import TaskState as S
from barter.core.tasks import (
    CheckKind,
    Command,
    Container,
    HealthCheck,
    Network,
    ReadinessCheck,
    Reason,
    Source,
    TaskInfo,
    TaskPort,
)
from barter.core.units import MIB
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import Recovered
from barter.master.validate import refusal
from tests.master.world import (
    A1,
    A2,
    AGENT,
    AGENT_TIMEOUT,
    FRAMEWORK,
    NEED,
    World,
    agent,
    image_task,
    status,
    task,
)


@pytest.fixture
def world() -> World:
    return World()


def offered(world: World) -> OfferId:
    world.subscribe()
    world.register()
    return world.offers()[0].offer_id


def test_an_accept_is_one_run_order_and_the_rest_stays_away_for_the_filter(world: World) -> None:
    offer_id = offered(world)
    world.do(ev.Accept(FRAMEWORK, (offer_id,), (task("t1"), task("t2")), Filters(5_000)))
    [run] = world.sent(msg.Run)
    assert [info.task_id for info in run.tasks] == ["t1", "t2"]
    assert world.offers() == []
    world.wait(5_000)
    [again] = world.offers()
    assert again.resources.scalars["cpus"] == 3_800


@pytest.mark.parametrize(
    ("bad", "reason", "said"),
    [
        (task("t9", resources(cpus=9_000)), Reason.INSUFFICIENT_RESOURCES, "cpus: 9 needed, 3.9 free"),
        (task("t9", resources(cpus=1, ports=((80, 80),))), Reason.INSUFFICIENT_RESOURCES, "ports: 80 not free"),
        (task("t9", ports=(TaskPort("web", 31_000),)), Reason.INVALID_TASK, "ports.web: 31000 is not among"),
        (image_task("t9"), Reason.RUNTIME_MISSING, "needs the docker runtime, the agent has: process"),
        (task("t1"), Reason.DUPLICATE_TASK_ID, "was used before"),
        (replace(task("t9"), resources=resources()), Reason.INVALID_TASK, "asks for nothing"),
        (replace(task("t9"), command=Command()), Reason.INVALID_TASK, "neither shell nor argv"),
        (replace(task("t9"), command=Command("a", ("b",))), Reason.INVALID_TASK, "both given"),
    ],
)
def test_a_bad_task_is_refused_alone(world: World, bad: TaskInfo, reason: Reason, said: str) -> None:
    world.accept(offered(world), task("t1"), bad, task("t2"))
    [run] = world.sent(msg.Run)
    assert [info.task_id for info in run.tasks] == ["t1", "t2"]
    [refused] = world.statuses()
    assert (refused.task_id, refused.state, refused.reason, refused.uuid) == (bad.task_id, S.ERROR, reason, "")
    assert said in refused.message
    assert world.cluster.agents[A1].used.value.scalars["cpus"] == 200


def test_a_task_that_cannot_be_read_is_refused_alone(world: World) -> None:
    malformed = ((TaskId("t2"), "task t2: kill_grace_ms -1 is negative"),)
    world.do(ev.Accept(FRAMEWORK, (offered(world),), (task("t1"),), malformed=malformed))
    assert [(told.task_id, told.state) for told in world.statuses()] == [("t2", S.ERROR)]
    assert len(world.sent(msg.Run)) == 1


def test_a_port_of_the_offer_can_be_used_once(world: World) -> None:
    need = resources(cpus=100, ports=((31_000, 31_000),))
    world.accept(offered(world), task("t1", need), task("t2", need))
    assert [told.task_id for told in world.statuses()] == ["t2"]
    assert world.cluster.agents[A1].used.value.ports == ((31_000, 31_000),)


def test_unusable_offers_drop_every_task_and_run_none(world: World) -> None:
    offer_id = offered(world)
    world.do(ev.Accept(FRAMEWORK, (offer_id, OfferId("O99")), (task("t1"), task("t2"))))
    assert [(told.state, told.reason) for told in world.statuses()] == [(S.DROPPED, Reason.INVALID_OFFERS)] * 2
    assert world.sent(msg.Run) == []
    assert world.cluster.agents[A1].used.value == resources()


def test_an_accept_that_is_refused_declines_its_offers_for_a_second_at_least(world: World) -> None:
    offer_id = offered(world)
    world.do(ev.Accept(FRAMEWORK, (offer_id, offer_id), (task("t1"),), Filters(0)))
    assert world.offers() == []
    world.wait(999)
    assert world.offers() == []
    world.wait(1)
    assert len(world.offers()) == 1


def test_an_offer_of_another_framework_cannot_be_used(world: World) -> None:
    offer_id = offered(world)
    world.subscribe("thief", 7)
    world.accept(offer_id, task("t1"), session=7)
    [dropped] = world.statuses(7)
    assert (dropped.state, dropped.reason) == (S.DROPPED, Reason.INVALID_OFFERS)
    assert "belongs to another framework" in dropped.message
    assert offer_id in world.cluster.offers


def test_an_offer_is_used_once(world: World) -> None:
    offer_id = offered(world)
    world.accept(offer_id, task("t1"))
    world.accept(offer_id, task("t2"))
    assert [told.state for told in world.statuses()] == [S.DROPPED]


def test_an_end_frees_resources_before_it_is_acknowledged(world: World) -> None:
    framework_id = world.running(task("t1"))
    world.update(framework_id, status("t1", S.FINISHED, 2))
    assert world.cluster.agents[A1].used.value == resources()
    assert [told.state for told in world.statuses()] == [S.FINISHED]
    world.do(ev.AcknowledgeUpdates(FRAMEWORK, ((framework_id, TaskId("t1"), "t1:2"),)))
    assert world.sent(msg.Acknowledge) == [msg.Acknowledge(((framework_id, TaskId("t1"), "t1:2"),))]


def test_what_the_table_forbids_is_acknowledged_to_the_agent_and_not_passed_on(world: World) -> None:
    framework_id = world.running(task("t1"))
    world.update(framework_id, status("t1", S.FINISHED, 2))
    world.update(framework_id, status("t1", S.RUNNING, 3))
    assert world.statuses() == []
    assert world.sent(msg.Acknowledge) == [msg.Acknowledge(((framework_id, TaskId("t1"), "t1:3"),))]
    assert world.cluster.history.last(1)[0].kind == "status_refused"


def test_an_update_that_comes_again_is_passed_on_once(world: World) -> None:
    framework_id = world.running(task("t1"))
    for _ in range(2):
        world.update(framework_id, status("t1", S.FINISHED, 2))
    assert world.statuses() == []


def test_another_agent_cannot_speak_of_a_task(world: World) -> None:
    framework_id = world.running(task("t1"))
    world.register(agent(A2), 9)
    world.update(framework_id, status("t1", S.FAILED, 7, agent_id=A2), session=9, agent_id=A2)
    assert world.statuses() == []
    assert world.cluster.frameworks[framework_id].tasks[TaskId("t1")].status.state is S.RUNNING


def test_acknowledging_what_is_not_open_changes_nothing(world: World) -> None:
    framework_id = world.running(task("t1"))
    world.do(ev.AcknowledgeUpdates(FRAMEWORK, ((framework_id, TaskId("t1"), "t1:77"),)))
    assert world.sent(msg.Acknowledge) == []


def test_kill_goes_to_the_agent_and_again_when_it_comes_back(world: World) -> None:
    framework_id = world.running(task("t1"))
    world.do(ev.KillTask(FRAMEWORK, TaskId("t1"), 500))
    [kill] = world.sent(msg.Kill)
    assert (kill.task_id, kill.grace_ms) == ("t1", 500)
    world.do(ev.AgentDisconnected(AGENT, A1))
    world.register(session=5, tasks=[(framework_id, task("t1"), status("t1", S.RUNNING))])
    assert world.sent(msg.Kill, 5) == [kill]


def test_killing_what_has_ended_tells_its_end(world: World) -> None:
    framework_id = world.running(task("t1"))
    world.update(framework_id, status("t1", S.FAILED, 2))
    world.do(ev.KillTask(FRAMEWORK, TaskId("t1")))
    [told] = world.statuses()
    assert (told.state, told.uuid) == (S.FAILED, "")


def test_reconciling_names_the_state_of_each_and_lost_where_nobody_has_it(world: World) -> None:
    world.running(task("t1"), task("t2"))
    world.do(ev.Reconcile(FRAMEWORK, (TaskId("t2"), TaskId("t9"))))
    told = {each.task_id: each for each in world.statuses()}
    assert {name: each.state for name, each in told.items()} == {"t2": S.RUNNING, "t9": S.LOST}
    assert told[TaskId("t9")].reason is Reason.RECONCILIATION
    world.do(ev.Reconcile(FRAMEWORK))
    assert [each.task_id for each in world.statuses()] == ["t1", "t2"]


def restarted(*agents: str) -> World:
    known = FrameworkInfo("f", FrameworkId("abc123-1-0001"))
    infos = tuple(agent(each) for each in (A1, A2) if each in agents)
    return World(Recovered("abc123", 2, infos, (known,)))


@pytest.mark.parametrize("ask", [ev.Reconcile(FRAMEWORK, (TaskId("t9"),)), ev.KillTask(FRAMEWORK, TaskId("t9"))])
def test_after_a_start_nothing_is_lost_before_all_agents_are_back(ask: ev.Reconcile | ev.KillTask) -> None:
    world = restarted(A1, A2)
    world.subscribe(framework_id="abc123-1-0001")
    world.register(agent(A1))
    world.do(ask)
    assert world.statuses() == []
    world.register(agent(A2), 9)
    assert [(told.task_id, told.state) for told in world.statuses()] == [("t9", S.LOST)]


def test_after_a_start_a_task_may_be_where_an_agent_did_not_come_back() -> None:
    """It was TASK_LOST at once: a strict app then had two, and the first ran on unseen when its agent came back."""
    world = restarted(A1, A2)
    framework_id = world.subscribe(framework_id="abc123-1-0001")
    world.do(ev.Reconcile(FRAMEWORK, (TaskId("t8"), TaskId("t9"))))
    assert world.statuses() == []
    world.wait(AGENT_TIMEOUT)
    assert [(told.task_id, told.state) for told in world.statuses()] == [("t8", S.UNREACHABLE), ("t9", S.UNREACHABLE)]
    world.register(agent(A1), tasks=[(framework_id, task("t8"), status("t8", S.RUNNING))])
    assert [(told.task_id, told.state) for told in world.statuses()] == [("t8", S.RUNNING), ("t9", S.UNREACHABLE)]
    world.register(agent(A2), 9)
    assert [(told.task_id, told.state) for told in world.statuses()] == [("t9", S.LOST)]
    world.register(agent(A2), 10)
    assert world.statuses() == []


def test_after_a_start_who_asked_for_all_hears_of_what_agents_bring_later() -> None:
    """A process without a list of its own never heard of tasks on agents that came back after it."""
    world = restarted(A1, A2)
    framework_id = world.subscribe(framework_id="abc123-1-0001")
    world.do(ev.Reconcile(FRAMEWORK))
    world.register(agent(A1), tasks=[(framework_id, task("t1"), status("t1", S.RUNNING))])
    assert world.statuses() == []
    world.wait(AGENT_TIMEOUT // 2)
    world.do(ev.AgentHeartbeat(AGENT, A1))
    world.wait(AGENT_TIMEOUT // 2)
    assert [(told.task_id, told.state) for told in world.statuses()] == [("t1", S.RUNNING)]
    world.register(agent(A2), 9, tasks=[(framework_id, task("t2"), status("t2", S.RUNNING))])
    assert [(told.task_id, told.state) for told in world.statuses()] == [("t2", S.RUNNING)]
    world.register(agent(A2), 10, tasks=[(framework_id, task("t2"), status("t2", S.RUNNING))])
    assert world.statuses() == []


def test_after_a_start_the_agents_tasks_are_taken_in() -> None:
    world = restarted(A1)
    framework_id = world.subscribe(framework_id="abc123-1-0001")
    untold = status("t2", S.FINISHED, 3)
    world.register(
        tasks=[(framework_id, task("t1"), status("t1", S.RUNNING)), (framework_id, task("t2"), untold)],
        updates=[(framework_id, status("t2", S.RUNNING, 2)), (framework_id, untold)],
    )
    assert [told.uuid for told in world.statuses()] == ["t2:2", "t2:3"]
    assert world.cluster.agents[A1].used.value == NEED
    world.do(ev.Reconcile(FRAMEWORK, (TaskId("t1"), TaskId("t2"))))
    assert [told.state for told in world.statuses()] == [S.RUNNING, S.FINISHED]


def test_a_healthy_port_is_an_endpoint_until_its_task_ends(world: World) -> None:
    check = HealthCheck(CheckKind.TCP, port=31_000)
    need = resources(cpus=100, mem=32 * MIB, ports=((31_000, 31_000),))
    info = replace(task("t1", need, ports=(TaskPort("http", 31_000, "tcp", "web"),)), health_checks=(check,))
    framework_id = world.running(info)
    assert world.cluster.endpoints.all() == ()
    seen = []
    for number, (state, healthy) in enumerate(
        [(S.RUNNING, True), (S.RUNNING, False), (S.RUNNING, True), (S.KILLING, None)]
    ):
        world.update(framework_id, status("t1", state, number + 2, healthy=healthy))
        views = world.cluster.endpoints.all()
        seen.append([(each.host, each.port, each.draining) for view in views for each in view.endpoints])
    assert seen == [[("10.0.0.1", 31_000, False)], [], [("10.0.0.1", 31_000, False)], [("10.0.0.1", 31_000, True)]]
    world.update(framework_id, status("t1", S.KILLED, 9))
    assert world.cluster.endpoints.all() == ()


def test_what_is_not_ready_is_no_endpoint_and_what_has_an_address_of_its_own_is_there(world: World) -> None:
    check = ReadinessCheck(CheckKind.TCP, port=31_000)
    need = resources(cpus=100, mem=32 * MIB, ports=((31_000, 31_000),))
    info = replace(task("t1", need, ports=(TaskPort("http", 31_000, "tcp", "web"),)), readiness_check=check)
    framework_id = world.running(info)
    world.update(framework_id, replace(status("t1", S.RUNNING, 2), ready=False, address="10.9.0.2"))
    assert world.cluster.endpoints.all() == ()
    world.update(framework_id, replace(status("t1", S.RUNNING, 3), ready=True, address="10.9.0.2"))
    [view] = world.cluster.endpoints.all()
    assert [(each.host, each.draining) for each in view.endpoints] == [("10.9.0.2", False)]
    world.update(framework_id, status("t1", S.KILLING, 4))
    [view] = world.cluster.endpoints.all()
    assert [(each.host, each.draining) for each in view.endpoints] == [("10.9.0.2", True)]


def test_a_container_with_an_address_of_its_own_names_ports_without_holding_them(world: World) -> None:
    own = Container("busybox", Network.OWN, network_name="lan")
    info = replace(task("t1", ports=(TaskPort("http", 80, "tcp", "web"),)), container=own)
    assert refusal(info, ("docker",)) is None
    assert refusal(replace(info, container=replace(own, network=Network.HOST)), ("docker",)) is not None
    framework_id = world.subscribe()
    world.register(tasks=[(framework_id, info, status("t1", S.RUNNING))])
    assert world.cluster.endpoints.all() == (), "nobody knows its address yet"
    world.update(framework_id, replace(status("t1", S.RUNNING, 2), address="10.9.0.2"))
    [view] = world.cluster.endpoints.all()
    assert [(each.host, each.port) for each in view.endpoints] == [("10.9.0.2", 80)]


def test_an_agent_that_has_less_than_was_offered_is_not_offered_again_at_once(world: World) -> None:
    """Of a framework that was removed its tasks may still be there."""
    offer_id = offered(world)
    all_there_is = resources(cpus=4_000, mem=256 * MIB)
    world.do(ev.Accept(FRAMEWORK, (offer_id,), (task("t1", all_there_is),), Filters(0)))
    short = replace(status("t1", S.DROPPED, 1), source=Source.AGENT, reason=Reason.INSUFFICIENT_RESOURCES)
    framework_id = next(iter(world.cluster.frameworks))
    world.do(ev.AgentUpdates(AGENT, A1, ((framework_id, short),)))
    assert world.offers() == []
    world.wait(1_000)
    [again] = world.offers()
    assert again.resources.scalars["cpus"] == 4_000
