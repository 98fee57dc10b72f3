"""What guarantees lack stays free, however many offers are made of one agent."""

from barter.core.roles import RoleConfig
from tests.master.allocator_kit import Told, classic, slot

GUARANTEED = {"ops": RoleConfig("ops", guarantee={"cpus": 500})}


def test_a_second_classic_offer_of_an_agent_does_not_take_what_the_first_left_for_guarantees() -> None:
    told = Told(slot("a1"), classic("f", "eng", "lab"))
    told.allocator.set_roles(GUARANTEED)
    assert sum(each.resources.scalars.get("cpus", 0) for each in told.grants()) == 3_500
    assert told.grants() == []
