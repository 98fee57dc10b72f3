"""Roles in a tree: weights, limits, guarantees and the headroom for them."""

from dataclasses import replace

import pytest

from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.resources import NOTHING, parse_resources
from barter.core.roles import RoleConfig
from tests.master.allocator_kit import Told, classic, demand, slot, wanting


def configured(told: Told, *configs: RoleConfig) -> Told:
    told.allocator.set_roles({each.role: each for each in configs})
    return told


def test_a_role_of_twice_the_weight_gets_twice_as_much() -> None:
    told = Told(*(slot(f"a{n}") for n in range(6)), classic("f", "eng"), classic("g", "ops"))
    owners = [grant.framework_id for grant in configured(told, RoleConfig("eng", 2_000)).grants()]
    assert sorted(owners) == ["f"] * 4 + ["g"] * 2


def test_shares_are_held_against_each_other_at_every_level() -> None:
    told = Told(
        *(slot(f"a{n}") for n in range(8)), classic("f", "eng/web"), classic("g", "eng/db"), classic("h", "ops")
    )
    owners = sorted(grant.framework_id for grant in told.grants())
    assert owners == ["f", "f", "g", "g", "h", "h", "h", "h"]


def test_a_roles_own_frameworks_are_one_child_of_it() -> None:
    told = Told(*(slot(f"a{n}") for n in range(4)), classic("f", "eng"), classic("g", "eng"), classic("h", "eng/web"))
    assert sorted(grant.framework_id for grant in told.grants()) == ["f", "g", "h", "h"]


def test_a_framework_in_two_roles_competes_in_both_with_what_it_uses_there() -> None:
    both = replace(classic("f", "eng", "ops"), used={"eng": parse_resources("cpus=4")})
    told = Told(slot("a1", "cpus=8", free="cpus=1"), both, classic("g", "eng", used="cpus=2"))
    assert [(grant.framework_id, grant.role) for grant in told.grants()] == [("f", "ops")]


def test_a_classic_offer_is_cut_to_what_the_limit_leaves() -> None:
    told = configured(
        Told(slot("a1", "cpus=8,mem=1GiB"), classic("f", "eng")), RoleConfig("eng", limit={"cpus": 3_000})
    )
    assert [grant.resources for grant in told.grants()] == [parse_resources("cpus=3,mem=1GiB")]
    assert told.allocator.consumption("eng")["cpus"] == 3_000


def test_a_limit_holds_for_all_roles_below() -> None:
    told = Told(slot("a1", "cpus=8"), wanting("f", demand("d", "cpus=1", 9, role="eng/web")))
    assert told.allocator.consumption("eng") == {}
    assert configured(told, RoleConfig("eng", limit={"cpus": 2_500})).given() == {("f", "a1"): 2}
    assert told.allocator.consumption("eng/web") == {"cpus": 2_000}


def test_what_a_limit_held_back_is_given_when_it_has_room() -> None:
    told = Told(slot("a1", "cpus=8"), wanting("f", demand("d", "cpus=1", 4, role="eng")), classic("g", "ops"))
    configured(told, RoleConfig("eng", limit={"cpus": 1_000}))
    assert told.given() == {("f", "a1"): 1, ("g", "a1"): 0}
    told.decline(told.last("g"))
    configured(told, RoleConfig("eng", limit={"cpus": 3_000}))
    assert told.given()["f", "a1"] == 2


@pytest.mark.parametrize("wants", [True, False])
def test_what_a_role_gives_back_under_its_limit_is_given_again(wants: bool) -> None:
    seeker = wanting("f", demand("d", "cpus=1", 4, role="eng")) if wants else classic("f", "eng")
    told = configured(
        Told(slot("a1", "cpus=8"), slot("a2", "cpus=8"), seeker), RoleConfig("eng", limit={"cpus": 1_000})
    )
    (grant,) = told.grants()
    assert told.grants() == []
    told.decline(grant, until_ms=5_000)
    (other,) = told.grants(1)
    assert (other.agent_id, other.resources) != (grant.agent_id, NOTHING)
    assert other.resources.scalars == {"cpus": 1_000}


def test_reservations_count_wholly_against_the_limit() -> None:
    told = Told(slot("a1", "cpus=8", reserved="eng:cpus=2"), wanting("f", demand("d", "cpus=1", 9, role="eng")))
    configured(told, RoleConfig("eng", limit={"cpus": 3_000}))
    (grant,) = told.grants()
    assert (grant.tasks, grant.reserved) == (3, {"r1": parse_resources("cpus=2")})
    assert told.allocator.consumption("eng") == {"cpus": 3_000}


def test_guarantees_come_first_whatever_the_shares() -> None:
    told = Told(slot("a1", "cpus=8", free="cpus=1"), classic("f", "eng", used="cpus=5"), classic("g", "ops"))
    assert [
        grant.framework_id for grant in configured(told, RoleConfig("eng", guarantee={"cpus": 6_000})).grants()
    ] == ["f"]


def test_a_demand_below_a_guarantee_goes_before_others_with_less() -> None:
    told = Told(
        slot("a1", "cpus=8", free="cpus=1"),
        wanting("f", demand("d", "cpus=1", 2, role="eng"), used="cpus=5"),
        wanting("g", demand("d", "cpus=1", 2, role="ops")),
    )
    assert configured(told, RoleConfig("eng", guarantee={"cpus": 6_000})).given() == {("f", "a1"): 1}


def test_enough_stays_free_for_a_guarantee_without_a_framework() -> None:
    told = Told(slot("a1", "cpus=8"), wanting("g", demand("d", "cpus=1", 9, role="ops")), classic("h", "ops"))
    configured(told, RoleConfig("eng", guarantee={"cpus": 6_000}))
    assert told.given() == {("g", "a1"): 2}
    assert told.allocator.headroom() == {"cpus": 6_000}


def test_nested_guarantees_are_not_asked_for_twice() -> None:
    told = Told(slot("a1", "cpus=8"), wanting("g", demand("d", "cpus=1", 9, role="ops")))
    configured(told, RoleConfig("eng", guarantee={"cpus": 4_000}), RoleConfig("eng/web", guarantee={"cpus": 3_000}))
    assert told.allocator.headroom() == {"cpus": 4_000}
    assert told.given() == {("g", "a1"): 4}


def test_a_role_may_use_what_is_kept_for_it() -> None:
    told = Told(slot("a1", "cpus=4"), wanting("f", demand("d", "cpus=1", 9, role="eng/web")))
    assert configured(told, RoleConfig("eng", guarantee={"cpus": 6_000})).given() == {("f", "a1"): 4}


def test_roles_with_a_limit_wait_until_their_use_is_known() -> None:
    told = Told(slot("a1", "cpus=4"), wanting("f", demand("d", "cpus=1", 1, role="eng")), classic("g", "eng/web"))
    configured(told, RoleConfig("eng", limit={"cpus": 4_000}))
    told.allocator.await_agents(1)
    assert told.given() == {}
    told.allocator.await_agents(0)
    assert told.given() == {("f", "a1"): 1, ("g", "a1"): 0}


def test_suppression_is_by_role() -> None:
    told = Told(slot("a1"), replace(classic("f", "eng", "ops"), suppressed=frozenset({"eng"})))
    assert [grant.role for grant in told.grants()] == ["ops"]


def test_an_offer_holds_at_least_one_of_the_minimums() -> None:
    told = Told(slot("a1", free="cpus=0.5"), slot("a2", free="cpus=0.5,mem=1GiB"), classic("f"))
    told.allocator.set_minimums((parse_resources("cpus=1"), parse_resources("cpus=0.1,mem=64MiB")))
    assert told.given() == {("f", "a2"): 0}


def test_roles_say_how_they_stand() -> None:
    told = Told(slot("a1", "cpus=4"), classic("f", "eng/web", used="cpus=1"))
    configured(told, RoleConfig("eng", 2_000, limit={"cpus": 3_000}))
    standing = {each.role: each for each in told.allocator.roles()}
    assert list(standing) == ["eng", "eng/web"]
    assert (standing["eng"].share, standing["eng"].weight_milli) == (0.25, 2_000)
    assert standing["eng"].consumption == {"cpus": 1_000}
    assert standing["eng/web"].frameworks == ("f",)


def test_what_is_known_of_unknown_roles_is_nothing() -> None:
    told = Told()
    assert told.allocator.consumption("nobody") == {}
    assert not told.allocator.keeps("nobody", "*")
    told.allocator.offered(FrameworkId("f"), DemandId("d"), AgentId("a"), 1)
    assert told.grants() == []


def test_what_is_within_a_guarantee_is_kept_against_others_only() -> None:
    told = Told(slot("a1", "cpus=4"), classic("f", "eng/web", used="cpus=1"))
    configured(told, RoleConfig("eng", guarantee={"cpus": 1_000}))
    assert told.allocator.keeps("eng/web", "ops")
    assert not told.allocator.keeps("eng/web", "eng/db")
    told.tell(classic("f", "eng/web", used="cpus=2"))
    assert not told.allocator.keeps("eng/web", "ops")


def test_a_guarantee_met_by_a_reservation_on_an_agent_that_is_away_keeps_nothing_free() -> None:
    told = Told(slot("a", "cpus=4"), slot("b", "cpus=4", active=False), classic("f"))
    configured(told, RoleConfig("eng", guarantee={"cpus": 3_000}))
    assert [grant.resources for grant in told.grants()] == [parse_resources("cpus=1")]
    told.tell(slot("b", "cpus=4", active=False, reserved="eng:cpus=3"))
    assert [grant.resources for grant in told.grants()] == [parse_resources("cpus=3")]
