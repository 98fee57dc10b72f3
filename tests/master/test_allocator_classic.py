"""Classic offers, refusals and their end."""

from dataclasses import replace
from typing import Any

import pytest

from barter.core.ids import AgentId, FrameworkId
from barter.core.resources import parse_resources
from tests.master.allocator_kit import Told, classic, demand, slot, wanting

F = FrameworkId("f")


def test_a_classic_offer_is_all_that_is_free() -> None:
    told = Told(slot("a1", free="cpus=1,ports=31005"), classic("f"))
    (grant,) = told.grants()
    assert grant.resources == parse_resources("cpus=1,ports=31005")
    assert (grant.tasks, grant.demand_id) == (0, "")
    assert told.grants() == []


@pytest.mark.parametrize(
    ("free", "offered"),
    [("cpus=0.01", True), ("mem=32MiB", True), ("cpus=0.009,mem=31MiB,disk=1TiB", False), ("ports=31000", False)],
)
def test_too_little_is_not_worth_an_offer(free: str, offered: bool) -> None:
    assert bool(Told(slot("a1", free=free), classic("f")).grants()) is offered


def test_agents_are_dealt_out_by_share() -> None:
    slots = [slot(f"a{number}") for number in range(6)]
    told = Told(*slots, classic("f"), classic("g"), classic("h", used="cpus=12"))
    owners = [grant.framework_id for grant in told.grants()]
    assert owners == ["f", "g", "f", "g", "f", "g"]


def test_roles_share_before_frameworks_do() -> None:
    slots = [slot(f"a{number}") for number in range(4)]
    told = Told(*slots, classic("f1", "many"), classic("f2", "many"), classic("g", "one"))
    assert [grant.framework_id for grant in told.grants()] == ["f1", "g", "f2", "g"]


def test_demands_go_before_classic_offers_which_get_the_rest() -> None:
    told = Told(slot("a1", "cpus=4"), classic("c"), wanting("f", demand("web", "cpus=1", 1), used="cpus=2"))
    by_framework = {grant.framework_id: grant.resources for grant in told.grants()}
    assert by_framework == {"f": parse_resources("cpus=1"), "c": parse_resources("cpus=3")}


@pytest.mark.parametrize(
    ("roles", "private_as", "public_as"),
    [
        (("*",), "*", None),
        (("slave_public",), "slave_public", "slave_public"),
        (("web", "slave_public"), "web", "slave_public"),
    ],
)
def test_public_agents_belong_to_their_role(
    roles: tuple[str, ...], private_as: str | None, public_as: str | None
) -> None:
    told = Told(slot("a1"), slot("p1", public=True), classic("f", *roles))
    as_role = {str(grant.agent_id): grant.role for grant in told.grants()}
    assert (as_role.get("a1"), as_role.get("p1")) == (private_as, public_as)


def test_a_refused_agent_goes_to_the_next_in_line() -> None:
    told = Told(slot("a1"), classic("f"), classic("g"))
    (grant,) = told.grants()
    told.decline(grant, until_ms=5_000)
    assert told.given(1) == {("g", "a1"): 0}


def test_a_refusal_covers_no_more_than_was_refused() -> None:
    told = Told(slot("a1", free="cpus=2"), classic("f"))
    (grant,) = told.grants()
    told.decline(grant, until_ms=5_000)
    told.tell(slot("a1", free="cpus=1"))
    assert told.given(1) == {}
    told.tell(slot("a1", free="cpus=3"))
    assert told.given(1) == {("f", "a1"): 0}


def test_the_end_of_a_refusal_wakes_the_allocator_and_not_a_moment_before() -> None:
    told = Told(slot("a1"), classic("f"))
    (grant,) = told.grants()
    told.decline(grant, until_ms=5_000)
    assert told.given(1) == {}
    assert told.allocator.next_wakeup() == 5_000
    assert told.given(4_999) == {}
    assert told.given(5_000) == {("f", "a1"): 0}
    assert told.allocator.next_wakeup() is None


def test_the_end_of_a_refusal_opens_a_demand_that_was_stuck() -> None:
    told = Told(slot("a1"), wanting("f", demand("web", "cpus=1", 1)))
    (grant,) = told.grants()
    told.decline(grant, until_ms=5_000)
    assert told.given(1) == {}
    assert told.given(5_000) == {("f", "a1"): 1}


def test_a_later_refusal_of_more_replaces_an_earlier_one() -> None:
    told = Told(slot("a1", free="cpus=1"), classic("f"))
    told.allocator.refuse(F, AgentId("a1"), parse_resources("cpus=1"), 1_000)
    told.allocator.refuse(F, AgentId("a1"), parse_resources("cpus=2"), 3_000)
    assert told.allocator.next_wakeup() == 3_000
    told.allocator.refuse(F, AgentId("a1"), parse_resources("cpus=2"), 2_000)
    assert told.allocator.next_wakeup() == 3_000
    assert told.given(2_000) == {}
    assert told.given(3_000) == {("f", "a1"): 0}


def test_revive_opens_what_was_refused() -> None:
    told = Told(slot("a1"), slot("a2"), classic("f"))
    for grant in told.grants():
        told.decline(grant, until_ms=5_000)
    assert told.given(1) == {}
    told.allocator.clear_refusals(F)
    assert told.given(1) == {("f", "a1"): 0, ("f", "a2"): 0}
    assert told.allocator.next_wakeup() is None


@pytest.mark.parametrize("state", [{"connected": False}, {"suppressed": frozenset({"*"})}])
def test_nobody_is_woken_for_a_framework_that_may_be_offered_nothing(state: dict[str, Any]) -> None:
    told = Told(slot("a1"), classic("f"))
    told.allocator.refuse(F, AgentId("a1"), parse_resources("cpus=4"), 5_000)
    assert told.allocator.next_wakeup() == 5_000
    told.tell(replace(classic("f"), **state))
    assert told.allocator.next_wakeup() is None


def test_refusals_go_with_the_agent_and_with_the_framework() -> None:
    told = Told(slot("a1"), slot("a2"), classic("f"))
    told.allocator.refuse(F, AgentId("a1"), parse_resources("cpus=4"), 5_000)
    told.allocator.remove_agent(AgentId("a1"))
    assert told.allocator.next_wakeup() is None
    told.allocator.refuse(F, AgentId("a2"), parse_resources("cpus=4"), 5_000)
    told.allocator.remove_seeker(F)
    told.tell(classic("f"))
    assert told.allocator.next_wakeup() is None


def test_refusing_nothing_refuses_nothing() -> None:
    told = Told(slot("a1"), classic("f"))
    told.allocator.refuse(F, AgentId("a1"), parse_resources(""), 5_000)
    assert told.allocator.next_wakeup() is None
    assert told.given() == {("f", "a1"): 0}
