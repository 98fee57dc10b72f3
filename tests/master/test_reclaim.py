"""Offers that nobody answered do not keep a demand waiting that fits with what they hold."""

from barter.core.ids import DemandId
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.units import MIB
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.allocator import Allocator
from tests.master import allocator_kit as kit
from tests.master.world import A1, A2, World, agent, demand, status, task

HOARDER, SERVICE = 2, 3


def world_with_hoarder() -> World:
    world = World()
    world.subscribe("hoarder", HOARDER)
    world.register()
    assert [offer.agent_id for offer in world.offers(HOARDER)] == [A1]
    world.subscribe("service", SERVICE, demands_only=True)
    return world


def test_a_demand_takes_back_the_offer_that_stands_in_its_way() -> None:
    world = world_with_hoarder()
    world.do(ev.SetDemands(SERVICE, (demand("web", 2),)))
    [rescind] = world.sent(msg.Rescind, HOARDER)
    assert "demand web of service waits" in rescind.reason
    [offer] = world.offers(SERVICE)
    assert offer.demand_id == DemandId("web")
    assert offer.resources.scalars == resources(cpus=200, mem=64 * MIB).scalars
    [rest] = world.offers(HOARDER)
    assert rest.resources == agent().resources.without(offer.resources)


def test_an_offer_that_would_not_help_stays() -> None:
    world = world_with_hoarder()
    world.do(ev.SetDemands(SERVICE, (demand("web", 1, resources(cpus=64_000)),)))
    assert not world.sent(msg.Rescind)
    assert not world.offers(SERVICE)


def test_only_as_many_offers_are_taken_back_as_are_needed() -> None:
    world = world_with_hoarder()
    world.do(ev.AgentRegister(9, agent(A2)))
    world.do(ev.SetDemands(SERVICE, (demand("web", 1),)))
    assert [len(rescind.offer_ids) for rescind in world.sent(msg.Rescind, HOARDER)] == [1]


def test_offers_for_demands_are_not_taken_back() -> None:
    world = World()
    world.register()
    world.subscribe("first", HOARDER, demands_only=True)
    world.do(ev.SetDemands(HOARDER, (demand("big", 40),)))
    assert world.offers(HOARDER)
    world.subscribe("service", SERVICE, demands_only=True)
    world.do(ev.SetDemands(SERVICE, (demand("web", 1),)))
    assert not world.sent(msg.Rescind)


def test_what_becomes_free_beside_an_older_offer_does_for_a_demand_that_waits() -> None:
    world = World()
    world.register()
    world.subscribe("first", HOARDER)
    [whole] = world.offers(HOARDER)
    half = resources(cpus=whole.resources.scalars["cpus"] // 2)
    world.accept(whole.offer_id, task("t1", half), session=HOARDER)
    world.wait(5_000)
    assert world.offers(HOARDER)[-1].resources.scalars["cpus"] == half.scalars["cpus"]
    world.subscribe("service", SERVICE, demands_only=True)
    world.do(ev.SetDemands(SERVICE, (demand("web", 1, resources(cpus=2 * half.scalars["cpus"])),)))
    world.wait(10)
    assert not world.offers(SERVICE)
    world.update(whole.framework_id, status("t1", TaskState.FINISHED, 1))
    assert [offer.demand_id for offer in world.offers(SERVICE)] == ["web"]


def test_a_demand_that_goes_on_waiting_is_told_once_until_it_changes() -> None:
    allocator = Allocator()
    allocator.set_agent(kit.slot("a1", free="cpus=0.5"))
    allocator.set_seeker(kit.wanting("f1", kit.demand(needs="cpus=1")))
    allocator.allocate(1)
    assert [each.tasks for each in allocator.take_unmet()] == [1]
    allocator.set_agent(kit.slot("a1", free="cpus=0.75"))
    allocator.allocate(2)
    assert allocator.take_unmet() == ()
    allocator.set_seeker(kit.wanting("f1", kit.demand(needs="cpus=1", count=2)))
    allocator.allocate(3)
    assert [each.tasks for each in allocator.take_unmet()] == [2]
