"""What agents lend: offered to those who want it, counted apart, and taken back when it shrinks."""

from dataclasses import replace

import pytest

from barter.core.cluster import Demand, FrameworkInfo
from barter.core.ids import DemandId, FrameworkId, TaskId
from barter.core.resources import NOTHING, Resources, resources
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, TaskInfo
from barter.core.units import MIB
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.cluster import Timing
from barter.master.facts import Recovered
from barter.master.machine import Master
from barter.master.snapshot import restore, take
from tests.master.world import A1, AGENT, FRAMEWORK, World, agent, status, task

GUEST = resources(cpus=1_000, mem=64 * MIB)


def lend(world: World, cpus: int) -> None:
    world.do(ev.AgentSlack(AGENT, A1, resources(cpus=cpus)))


def revocable(count: int) -> Demand:
    return Demand(DemandId("guests"), GUEST, count, revocable=True)


def full() -> World:
    """All cpus of an agent are in use, and two of them are lent."""
    world = World()
    world.running(task("owner", resources(cpus=4_000, mem=64 * MIB)))
    world.do(ev.Suppress(FRAMEWORK, ()))
    lend(world, 2_000)
    return world


def guests(world: World, *names: str, session: int = 3) -> FrameworkId:
    """A framework whose revocable tasks run on what is lent, launched one after the other."""
    framework_id = world.subscribe("guests", session, demands_only=True)
    for name in names:
        world.do(ev.SetDemands(session, (revocable(1),)))
        [offer] = world.offers(session)
        world.accept(offer.offer_id, task(name, GUEST, demand="guests"), session=session)
        world.update(framework_id, status(name, TaskState.RUNNING, 1))
    return framework_id


def kills(world: World) -> list[TaskId]:
    assert all(each.cause is Reason.PREEMPTED for each in world.sent(msg.Kill, AGENT))
    return [each.task_id for each in world.sent(msg.Kill, AGENT)]


def free(world: World) -> tuple[Resources, Resources]:
    one = world.cluster.agents[A1]
    return one.free, one.revocable


def test_a_demand_for_it_takes_only_cpus_from_what_is_lent() -> None:
    world = full()
    world.subscribe("guests", 3, demands_only=True)
    world.do(ev.SetDemands(3, (revocable(1),)))
    [offer] = world.offers(3)
    assert offer.revocable == resources(cpus=1_000)
    assert offer.resources.scalars == GUEST.scalars


def test_classic_offers_hold_it_for_those_only_who_want_it() -> None:
    world = full()
    world.subscribe("plain", 4)
    assert [offer.resources.scalars.get("cpus") for offer in world.offers(4)] == [None]
    world.do(ev.Suppress(4, ()))
    world.do(ev.Decline(4, tuple(world.cluster.offers)))
    world.do(ev.Subscribe(5, FrameworkInfo("classic", revocable=True), False))
    assert [offer.revocable for offer in world.offers(5)] == [resources(cpus=2_000)]


def test_a_task_on_it_is_counted_apart() -> None:
    world = full()
    plain, lent = free(world)
    guests(world, "g1")
    [info] = [each.info for each in world.cluster.agents[A1].tasks.values() if each.info.task_id == "g1"]
    assert info.revocable == resources(cpus=1_000)
    assert free(world) == (plain.without(resources(mem=64 * MIB)), lent.without(resources(cpus=1_000)))


def test_the_agent_is_told_what_of_a_task_is_revocable() -> None:
    world = full()
    world.subscribe("guests", 3, demands_only=True)
    world.do(ev.SetDemands(3, (revocable(1),)))
    world.accept(world.offers(3)[0].offer_id, task("g1", GUEST, demand="guests"), session=3)
    [run] = world.sent(msg.Run, AGENT)
    assert [each.revocable for each in run.tasks] == [resources(cpus=1_000)]


def test_when_less_is_lent_offers_go_first() -> None:
    world = full()
    guests(world, "g1")
    world.do(ev.SetDemands(3, (revocable(1),)))
    [offer] = world.offers(3)
    lend(world, 1_000)
    [rescind] = world.sent(msg.Rescind, 3)
    assert rescind.offer_ids == (offer.offer_id,)
    assert "host-a1 lends 1 cpus now" in rescind.reason
    assert kills(world) == []


def test_then_the_newest_tasks_until_the_rest_fits() -> None:
    world = full()
    guests(world, "g1", "g2")
    lend(world, 1_500)
    assert kills(world) == ["g2"]
    lend(world, 1_000)
    assert kills(world) == [], "what is being killed comes back by itself"
    lend(world, 900)
    assert kills(world) == ["g1"]
    lend(world, 0)
    assert kills(world) == []


def test_it_says_why() -> None:
    world = full()
    guests(world, "g1")
    lend(world, 0)
    [kill] = world.sent(msg.Kill, AGENT)
    assert kill.reason == "preempted: host-a1 lends 0 cpus now, its own tasks use the rest"
    assert kill.grace_ms == -1
    assert [each.reason for each in world.cluster.history.of("g1") if each.kind == "task_preempted"] == [kill.reason]


def test_the_operator_may_set_the_grace() -> None:
    world = full()
    world.cluster.timing = Timing(preemption_grace_ms=7_000)
    guests(world, "g1")
    lend(world, 0)
    assert [each.grace_ms for each in world.sent(msg.Kill, AGENT)] == [7_000]


def test_what_ended_is_lent_again() -> None:
    world = full()
    framework_id = guests(world, "g1", "g2")
    assert free(world)[1] == NOTHING
    world.update(framework_id, status("g2", TaskState.FINISHED, 2))
    assert free(world)[1] == resources(cpus=1_000)


@pytest.mark.parametrize(("lent", "killed"), [(1_000, []), (999, ["g1"]), (0, ["g1"])])
def test_a_master_that_starts_anew_learns_of_it_with_the_agent(lent: int, killed: list[str]) -> None:
    world = full()
    framework_id = guests(world, "g1")
    tasks: list[TaskInfo] = [each.info for each in world.cluster.agents[A1].tasks.values()]
    later = World(Recovered("abc123", 2, (agent(),), (FrameworkInfo("guests", framework_id),)))
    told = tuple((framework_id, each, status(each.task_id, TaskState.RUNNING)) for each in tasks)
    later.do(ev.AgentRegister(AGENT, agent(), told, slack=resources(cpus=lent)))
    assert kills(later) == killed
    assert later.cluster.agents[A1].used.value.scalars["cpus"] == 4_000


def test_a_snapshot_keeps_it() -> None:
    world = full()
    guests(world, "g1")
    again: Master = restore(take(world.master, world.now), world.cluster.timing, world.now)
    assert again.cluster.agents[A1].revocable == resources(cpus=1_000)


def test_a_framework_cannot_call_more_revocable_than_it_was_offered() -> None:
    world = World()
    world.subscribe()
    world.register()
    info = replace(task("t"), revocable=resources(cpus=100))
    world.accept(world.offers()[0].offer_id, info)
    [run] = world.sent(msg.Run, AGENT)
    assert [each.revocable for each in run.tasks] == [NOTHING]
