"""Agents drained, deactivated and activated, as their tasks, their frameworks and later masters see it."""

from dataclasses import replace

import pytest

from barter.core.cluster import InverseOffer
from barter.core.ids import FrameworkId, TaskId
from barter.core.maintenance import Maintenance, Mode
from barter.core.roles import RoleConfig
from barter.core.task_state import TaskState
from barter.core.tasks import Reason
from barter.master import actions as act
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import Fact, MaintenanceSet
from barter.master.maintenance_view import maintenance
from barter.master.registry import MemoryFacts
from barter.master.views import agents, summary
from tests.master.world import A1, A2, AGENT, FRAMEWORK, World, agent, demand, status, task

GRACE = 10_000
SESSION = 9


def drain(world: World, *, start_ms: int = 0, grace_ms: int = GRACE, reason: str = "") -> str:
    return asked(world, ev.Drain(1, A1, start_ms, grace_ms, reason))


def asked(world: World, event: ev.OperatorCall) -> str:
    """What the operator is answered."""
    [answer] = [each for each in world.do(event) if isinstance(each, act.Answer)]
    return answer.refusal


def inverse(world: World, session: int = FRAMEWORK) -> list[InverseOffer]:
    return [each for message in world.sent(msg.InverseOffers, session) for each in message.inverse_offers]


def kills(world: World) -> dict[str, Reason]:
    return {each.task_id: each.cause for each in world.sent(msg.Kill)}


def mode(world: World) -> Mode:
    return world.cluster.agents[A1].mode


def released(world: World, *names: str) -> None:
    world.do(ev.Release(FRAMEWORK, tuple(map(TaskId, names))))


def again(world: World, *facts: object) -> World:
    """A master that starts on what an earlier one has made durable."""
    registry = MemoryFacts()
    registry.start("abc123")
    registry.commit([fact for fact in (*world.facts, *facts) if isinstance(fact, Fact)])
    later = World(registry.start(""))
    later.now = world.now
    later.do()
    return later


def back(world: World, framework_id: FrameworkId, *names: str, state: TaskState = TaskState.RUNNING) -> None:
    """The agent registers with these tasks."""
    told = [(framework_id, task(name), status(name, state, 1)) for name in names]
    world.register(session=SESSION, tasks=told)


def test_from_its_start_on_an_agent_is_offered_to_nobody() -> None:
    world = World()
    world.running(task("t1"))
    world.wait(6_000)
    assert world.cluster.offers
    assert drain(world, reason="new disks") == ""
    [rescinded] = world.sent(msg.Rescind)
    assert rescinded.reason == "agent a1 is draining: new disks"
    assert world.facts[-1] == MaintenanceSet(Maintenance(A1, Mode.DRAINING, world.now, world.now + GRACE, "new disks"))
    world.wait(GRACE // 2)
    assert not world.cluster.offers


def test_its_frameworks_are_told_of_their_tasks() -> None:
    world = World()
    framework_id = world.running(task("t1"), task("t2"))
    drain(world, reason="new disks")
    [offer] = inverse(world)
    assert (offer.agent_id, offer.framework_id, offer.hostname) == (A1, framework_id, "host-a1")
    assert offer.tasks == ("t1", "t2")
    assert (offer.deadline_ms - offer.start_ms, offer.reason) == (GRACE, "new disks")
    world.do(ev.FrameworkDisconnected(FRAMEWORK))
    world.subscribe(session=7, framework_id=framework_id)
    assert inverse(world, 7) == [offer]


def test_a_task_is_killed_when_its_framework_releases_it() -> None:
    world = World()
    framework_id = world.running(task("t1"), task("t2"))
    drain(world)
    assert kills(world) == {}
    released(world, "t1")
    assert kills(world) == {"t1": Reason.AGENT_DRAINING}
    assert [each.grace_ms for each in world.sent(msg.Kill)] == [-1]
    released(world, "t1", "t3")
    assert kills(world) == {}
    assert not world.sent(msg.Error)
    world.update(framework_id, status("t1", TaskState.KILLED, 2))
    assert mode(world) is Mode.DRAINING


def test_without_tasks_it_is_drained() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    drain(world)
    released(world, "t1")
    world.update(framework_id, status("t1", TaskState.KILLED, 2))
    assert mode(world) is Mode.DRAINED
    assert mode(again(world)) is Mode.DRAINED
    assert world.offers() == []
    kinds = [entry.kind for entry in world.cluster.history.of(A1)]
    assert kinds[-2:] == ["agent_draining", "agent_drained"]


def test_it_is_drained_also_where_its_last_task_ends_beside_a_change_of_roles() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    drain(world)
    released(world, "t1")
    ended = ev.AgentUpdates(AGENT, A1, ((framework_id, status("t1", TaskState.KILLED, 2)),))
    world.do(ended, ev.SetRoles(1, (RoleConfig("eng", 2_000),)))
    assert mode(world) is Mode.DRAINED


def test_one_without_tasks_is_drained_at_once() -> None:
    world = World()
    world.register()
    drain(world)
    assert mode(world) is Mode.DRAINED


def test_at_the_deadline_the_rest_is_killed_and_not_before() -> None:
    world = World()
    world.running(task("t1"), task("t2"))
    drain(world)
    released(world, "t1")
    world.wait(GRACE - 2)
    assert kills(world) == {}
    world.wait(10)
    assert kills(world) == {"t2": Reason.AGENT_DRAINING}
    world.wait(GRACE)
    assert kills(world) == {}


def test_what_a_framework_has_killed_slowly_is_hurried_at_the_deadline() -> None:
    world = World()
    world.running(task("t1"))
    drain(world)
    world.do(ev.KillTask(FRAMEWORK, TaskId("t1"), 10 * GRACE))
    world.wait(GRACE + 10)
    assert [(each.grace_ms, each.cause) for each in world.sent(msg.Kill)] == [(-1, Reason.AGENT_DRAINING)]


def test_a_task_on_an_agent_that_stays_cannot_be_released() -> None:
    world = World()
    world.running(task("t1"))
    released(world, "t1")
    [error] = world.sent(msg.Error)
    assert "task t1 is on agent a1, which stays" in error.message
    assert kills(world) == {}


def test_announced_it_is_offered_until_its_drain_begins() -> None:
    world = World()
    world.running(task("t1"))
    world.wait(6_000)
    start = world.now + 8_000
    assert drain(world, start_ms=start) == ""
    assert mode(world) is Mode.ACTIVE
    [offer] = inverse(world)
    assert (offer.start_ms, offer.deadline_ms) == (start, start + GRACE)
    assert [each.unavailable_from_ms for each in world.offers()] == [start]
    world.accept(world.offers()[0].offer_id, task("t2"))
    assert [each.tasks for each in inverse(world)] == [("t1", "t2")]
    world.wait(start - world.now)
    assert mode(world) is Mode.DRAINING
    assert not world.cluster.offers
    assert kills(world) == {}
    world.wait(GRACE)
    assert set(kills(world)) == {"t1", "t2"}


def test_a_task_moves_off_an_announced_agent_early() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    start = world.now + 8_000
    drain(world, start_ms=start)
    released(world, "t1")
    assert kills(world) == {"t1": Reason.AGENT_DRAINING}
    world.update(framework_id, status("t1", TaskState.KILLED, 2))
    assert mode(world) is Mode.ACTIVE
    world.wait(start - world.now)
    assert mode(world) is Mode.DRAINED


def test_it_goes_on_over_a_master() -> None:
    world = World()
    framework_id = world.running(task("t1"), task("t2"))
    drain(world)
    [offer] = inverse(world)
    world = again(world)
    assert mode(world) is Mode.DRAINING
    world.subscribe(session=7, framework_id=framework_id)
    assert inverse(world, 7) == []
    back(world, framework_id, "t1", "t2")
    assert inverse(world, 7) == [offer]
    assert world.offers(7) == []


def test_a_deadline_that_passed_without_a_master_is_kept_when_the_agent_is_back() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    drain(world, grace_ms=10)
    world = again(world)
    world.wait(1_000)
    assert mode(world) is Mode.DRAINING
    back(world, framework_id, "t1")
    assert kills(world) == {"t1": Reason.AGENT_DRAINING}


def test_an_agent_out_of_reach_is_told_when_it_is_back() -> None:
    world = World()
    framework_id = world.running(task("t1"), task("t2"))
    drain(world)
    world.do(ev.AgentDisconnected(AGENT, A1))
    released(world, "t1")
    world.wait(GRACE + 10)
    assert kills(world) == {}
    assert mode(world) is Mode.DRAINING
    back(world, framework_id, "t1", "t2")
    assert set(kills(world)) == {"t1", "t2"}
    assert mode(world) is Mode.DRAINING


def test_one_that_tells_of_a_task_after_all_is_draining_again() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    drain(world)
    world = again(world, MaintenanceSet(Maintenance(A1, Mode.DRAINED, world.now, world.now + GRACE)))
    assert mode(world) is Mode.DRAINED
    back(world, framework_id, "t1")
    assert mode(world) is Mode.DRAINING


def test_draining_twice_replaces_the_deadline() -> None:
    world = World()
    world.running(task("t1"))
    drain(world)
    start = world.cluster.agents[A1].maintenance
    assert drain(world, grace_ms=2 * GRACE) == ""
    assert start is not None
    assert [each.start_ms for each in inverse(world)] == [start.start_ms]
    world.wait(GRACE + 10)
    assert kills(world) == {}
    world.wait(GRACE)
    assert set(kills(world)) == {"t1"}
    assert (
        "replaces what was to be over in"
        in [entry.reason for entry in world.cluster.history.of(A1) if entry.kind == "agent_draining"][-1]
    )


def test_activate_ends_it_and_says_so() -> None:
    world = World()
    world.running(task("t1"))
    drain(world)
    [offer] = inverse(world)
    world.wait(6_000)
    assert asked(world, ev.Activate(2, A1)) == ""
    assert [each.inverse_offer_ids for each in world.sent(msg.RescindInverse)] == [(offer.inverse_offer_id,)]
    assert [each.agent_id for each in world.offers()] == [A1]
    world.wait(2 * GRACE)
    assert kills(world) == {}
    assert mode(again(world)) is Mode.ACTIVE
    assert "is active already" in asked(world, ev.Activate(3, A1))


def test_offers_of_an_announced_agent_are_made_anew_without_the_announcement() -> None:
    world = World()
    world.subscribe()
    world.register()
    drain(world, start_ms=world.now + 8_000)
    asked(world, ev.Activate(2, A1))
    assert [each.unavailable_from_ms for each in world.offers()] == [0]


def test_deactivated_its_tasks_go_on() -> None:
    world = World()
    world.running(task("t1"))
    world.wait(6_000)
    assert asked(world, ev.Deactivate(1, A1, "a suspicion")) == ""
    assert not world.cluster.offers
    world.wait(20_000)
    assert kills(world) == {}
    assert inverse(world) == []
    assert "deactivated already" in asked(world, ev.Deactivate(2, A1))
    assert drain(world) == ""
    assert mode(world) is Mode.DRAINING


def test_deactivating_ends_a_drain() -> None:
    world = World()
    world.running(task("t1"))
    drain(world)
    asked(world, ev.Deactivate(2, A1))
    assert world.sent(msg.RescindInverse)
    released(world, "t1")
    assert world.sent(msg.Error)
    world.wait(2 * GRACE)
    assert kills(world) == {}


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (ev.Drain(1, A2, 0, GRACE), "agent a2 is not known here"),
        (ev.Drain(1, A1, 0, -1), "has to be from 0 to 30d"),
        (ev.Drain(1, A1, 0, 31 * 24 * 3_600_000), "a grace of 31d: it has to be from 0 to 30d"),
        (ev.Drain(1, A1, 900, GRACE), "the start is 102ms in the past"),
        (ev.Drain(1, A1, 400 * 24 * 3_600_000, GRACE), "more than 366d ahead"),
    ],
)
def test_what_cannot_be_is_refused(event: ev.Drain, why: str) -> None:
    world = World()
    world.register()
    assert why in asked(world, event)
    assert mode(world) is Mode.ACTIVE
    assert [each for each in world.facts if isinstance(each, MaintenanceSet)] == []


def test_one_that_is_drained_or_draining_is_not_announced() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    drain(world)
    assert "is draining, which a later start would end" in drain(world, start_ms=world.now + 10_000)
    world.update(framework_id, status("t1", TaskState.FINISHED, 2))
    assert "is drained already" in drain(world)


def test_a_restarted_agent_is_still_drained() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    drain(world)
    back(world, framework_id, "t1")
    assert mode(world) is Mode.DRAINING
    assert world.offers() == []
    world.register(agent(A2), session=20)
    assert [each.agent_id for each in world.offers()] == [A2]


def test_operators_see_how_far_it_is() -> None:
    world = World()
    framework_id = world.running(task("t1"), task("t2"))
    world.register(agent(A2), session=20)
    drain(world, reason="new disks")
    released(world, "t1")
    [seen] = maintenance(world.cluster)
    assert (seen.hostname, seen.state, seen.tasks, seen.released) == ("host-a1", "draining", 2, 1)
    assert [each.state for each in agents(world.cluster)] == ["draining", "active"]
    assert summary(world.cluster).agents_unreachable == 0
    killing = replace(status("t1", TaskState.KILLING, 2), reason=Reason.AGENT_DRAINING)
    world = again(world)
    world.register(session=SESSION, tasks=[(framework_id, task("t1"), killing)])
    assert [each.released for each in maintenance(world.cluster)] == [1]


def test_a_demand_is_placed_on_an_announced_agent_last() -> None:
    world = World()
    world.register()
    world.register(agent(A2, cpus=1_000), session=20)
    drain(world, start_ms=world.now + 8_000)
    world.subscribe(demands_only=True)
    world.do(ev.SetDemands(FRAMEWORK, (demand("d", 12),)))
    assert {each.agent_id: each.resources.scalars["cpus"] for each in world.offers()} == {A1: 200, A2: 1_000}


def test_what_ends_within_the_same_batch_is_not_told() -> None:
    world = World()
    world.running(task("t1"))
    world.do(ev.Drain(1, A1, 0, GRACE), ev.Deactivate(2, A1))
    assert inverse(world) == []
    assert mode(world) is Mode.DEACTIVATED
