"""Nobody keeps another's demand waiting for more than one allocation, whatever he does with his own offers."""

from collections.abc import Callable

from barter.core.cluster import Demand, Filters, FrameworkInfo
from barter.core.ids import DemandId, ReservationId
from barter.core.operations import Reserve, Unreserve
from barter.core.resources import Resources, resources
from barter.core.units import MIB
from barter.master import events as ev
from barter.master import messages as msg
from tests.master.world import OFFER_TIMEOUT, World, agent, demand, task

FIRST_SESSION, VICTIM = 100, 50
WHOLE = resources(cpus=4_000)


def world_of(attackers: int, *, demands_only: bool = True) -> World:
    world = World()
    for number in range(attackers):
        world.subscribe(f"a{number}", FIRST_SESSION + number, demands_only=demands_only)
    return world


def wants(world: World, session: int, *demands: Demand) -> None:
    world.do(ev.SetDemands(session, demands))


def served(world: World, session: int = VICTIM) -> bool:
    framework_id = world.cluster.sessions[session]
    return bool(world.cluster.frameworks[framework_id].offers)


def waited(world: World, most_ms: int, meanwhile: Callable[[], None] = lambda: None) -> int:
    """How long it takes until the victim has an offer."""
    began = world.now
    while not served(world):
        assert world.now - began <= most_ms
        meanwhile()
        world.wait(100)
        world.do(ev.AgentHeartbeat(1, agent().agent_id))
    return world.now - began


def test_a_demand_told_anew_for_ever_holds_its_agent_once() -> None:
    world = world_of(1)
    wants(world, FIRST_SESSION, demand("d0", 1, WHOLE))
    world.register()
    world.subscribe("victim", VICTIM, demands_only=True)
    wants(world, VICTIM, demand("web", 1, WHOLE))
    assert not served(world)
    wants(world, FIRST_SESSION, demand("d1", 1, WHOLE))
    assert served(world)


def test_each_of_many_who_sit_on_their_offers_has_one_allocation_before_those_with_less() -> None:
    attackers = 3
    world = world_of(attackers)
    for number in range(attackers):
        wants(world, FIRST_SESSION + number, demand("d", 1, WHOLE))
    world.register()
    world.subscribe("victim", VICTIM, demands_only=True)
    wants(world, VICTIM, demand("web", 1, WHOLE))
    first = waited(world, attackers * (OFFER_TIMEOUT + 1_000))
    assert first > OFFER_TIMEOUT
    [offer_id] = world.cluster.frameworks[world.cluster.sessions[VICTIM]].offers
    world.do(ev.Decline(VICTIM, (offer_id,), Filters(0)))
    world.do(ev.Revive(VICTIM, ()))
    world.subscribe("another", VICTIM + 1, demands_only=True)
    wants(world, VICTIM + 1, demand("web", 1, WHOLE))
    assert served(world, VICTIM + 1), "from who left an offer unused before it is taken back at once"


def test_who_revives_whenever_his_offer_ends_is_behind_all_the_same() -> None:
    world = world_of(1)
    wants(world, FIRST_SESSION, demand("d", 1, WHOLE))
    world.register()
    world.subscribe("victim", VICTIM, demands_only=True)
    wants(world, VICTIM, demand("web", 1, WHOLE))

    def revive() -> None:
        world.do(ev.Revive(FIRST_SESSION, ()))

    waited(world, OFFER_TIMEOUT + 1_000, revive)


def test_who_comes_again_and_again_as_a_new_framework_is_behind_all_the_same() -> None:
    """Although the victim uses something, and each newcomer nothing."""
    world, most = world_of(0), resources(cpus=3_000)
    world.register()
    world.subscribe("victim", VICTIM, demands_only=True)
    wants(world, VICTIM, demand("small", 1))
    [offer] = world.offers(VICTIM)
    world.accept(offer.offer_id, task("small", demand="small"), session=VICTIM)
    world.subscribe("a", FIRST_SESSION, demands_only=True)
    wants(world, FIRST_SESSION, demand("d", 1, most))
    wants(world, VICTIM, demand("web", 1, most))
    assert not served(world)
    world.do(
        ev.FrameworkDisconnected(FIRST_SESSION),
        ev.Subscribe(FIRST_SESSION + 1, FrameworkInfo("a"), demands_only=True),
        ev.SetDemands(FIRST_SESSION + 1, (demand("d", 1, most),)),
    )
    assert served(world)


def test_who_uses_an_offer_is_no_longer_behind() -> None:
    world = world_of(1)
    wants(world, FIRST_SESSION, demand("d", 1, WHOLE))
    world.register()
    framework = world.cluster.frameworks[world.cluster.sessions[FIRST_SESSION]]
    [offer_id] = framework.offers
    world.do(ev.Decline(FIRST_SESSION, (offer_id,), Filters(0)))
    assert framework.behind
    world.wait(2_000)
    [offer_id] = framework.offers
    world.accept(offer_id, task("t", WHOLE, demand="d"), session=FIRST_SESSION)
    assert framework.tasks
    assert not framework.behind


def test_reserving_and_unreserving_in_turn_is_declining() -> None:
    world = world_of(0)
    world.do(ev.Subscribe(FIRST_SESSION, FrameworkInfo("a", roles=("eng",), principal="a")))
    world.register()
    world.do(ev.Subscribe(VICTIM, FrameworkInfo("victim", roles=("eng",), principal="b")))
    name = ReservationId("r")
    back_and_forth = (Reserve(name, resources(cpus=100)), Unreserve(name))
    attacker = world.cluster.frameworks[world.cluster.sessions[FIRST_SESSION]]
    [offer_id] = attacker.offers
    world.do(ev.Accept(FIRST_SESSION, (offer_id,), (), Filters(0), (), back_and_forth))
    assert served(world)
    assert not attacker.offers


def test_a_demand_for_nothing_is_refused_and_the_others_are_taken() -> None:
    world = world_of(1)
    world.register()
    wants(world, FIRST_SESSION, Demand(DemandId("void"), Resources(), 1 << 62), demand("web", 1))
    [error] = world.sent(msg.Error)
    assert "void asks for nothing" in error.message
    assert [offer.demand_id for offer in world.offers(FIRST_SESSION)] == [DemandId("web")]


def test_counts_beyond_all_bounds_are_not_placed_one_by_one() -> None:
    """Two compete, so that neither is given all there is at once."""
    world = world_of(2)
    tiny = Resources({"cpus": 1})
    for number in range(2):
        wants(world, FIRST_SESSION + number, demand("d", 1 << 62, tiny))
    huge = agent(cpus=1 << 40)
    world.register(huge)
    offers = world.offers(FIRST_SESSION) + world.offers(FIRST_SESSION + 1)
    assert sum(offer.resources.scalars["cpus"] for offer in offers) == huge.resources.scalars["cpus"]


def test_an_ordinary_count_is_shared_task_by_task() -> None:
    world = world_of(2)
    for number in range(2):
        wants(world, FIRST_SESSION + number, demand("d", 100, resources(cpus=100, mem=MIB)))
    world.register()
    assert [len(world.offers(FIRST_SESSION + number)) for number in range(2)] == [1, 1]
    held = [world.offers(FIRST_SESSION + number)[0].resources.scalars["cpus"] for number in range(2)]
    assert held == [2_000, 2_000]
