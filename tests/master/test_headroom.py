"""What guarantees lack stays free, however many offers are made of one agent."""

from barter.core.roles import RoleConfig
from tests.master.allocator_kit import Told, classic, demand, slot, wanting

GUARANTEED = {"ops": RoleConfig("ops", guarantee={"cpus": 500})}


def test_a_second_classic_offer_of_an_agent_does_not_take_what_the_first_left_for_guarantees() -> None:
    told = Told(slot("a1"), classic("f", "eng", "lab"))
    told.allocator.set_roles(GUARANTEED)
    assert sum(each.resources.scalars.get("cpus", 0) for each in told.grants()) == 3_500
    assert told.grants() == []


def test_what_public_agents_have_free_is_no_headroom_and_needs_none() -> None:
    told = Told(
        slot("p", public=True),
        slot("a1"),
        classic("f", "eng"),
        wanting("g", demand(needs="cpus=1", role="lab", on_public=True)),
    )
    told.allocator.set_roles(GUARANTEED)
    found = {(each.agent_id, each.resources.scalars["cpus"]) for each in told.grants()}
    assert found == {("a1", 3_500), ("p", 1_000)}


def test_demands_leave_what_guarantees_lack_on_private_agents() -> None:
    told = Told(slot("p", public=True), slot("a1"), wanting("f", demand(needs="cpus=0.5", count=100, role="eng")))
    told.allocator.set_roles(GUARANTEED)
    assert told.given() == {("f", "a1"): 7}
