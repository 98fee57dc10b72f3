"""Demands: what is given, where, and when a pass looks again."""

from dataclasses import replace
from typing import Any

import pytest

from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.resources import parse_resources
from barter.master.allocator import AgentSlot, Allocator
from barter.master.allocator.nodes import Leaf
from barter.master.allocator.rooms import Rooms, Source
from barter.master.allocator.tree import Tree
from tests.master.allocator_kit import Told, demand, slot, wanting

F, WEB = FrameworkId("f"), DemandId("web")


def test_an_offer_for_a_demand_carries_only_what_its_tasks_need() -> None:
    told = Told(slot("a1"), wanting("f", demand("web", "cpus=0.5,mem=1GiB", 3, port_count=2)))
    (grant,) = told.grants()
    assert grant.resources == parse_resources("cpus=1.5,mem=3GiB,ports=31000-31005")
    assert (grant.tasks, grant.demand_id, grant.role) == (3, "web", "*")
    assert "demand web wants 3 more" in grant.reason


def test_free_ports_are_the_lowest_besides_the_named_one() -> None:
    told = Told(slot("a1"), wanting("f", demand("web", "cpus=1,ports=31000", 2, port_count=1)))
    (grant,) = told.grants()
    assert grant.resources.ports == ((31000, 31001),)
    assert grant.tasks == 1, "the named port is there once"


def test_tasks_are_spread_over_the_agents_with_the_fewest_and_then_the_most_room() -> None:
    told = Told(
        slot("a1", "cpus=2"), slot("a2", "cpus=8"), slot("a3", "cpus=4"), wanting("f", demand("web", "cpus=1", 4))
    )
    assert told.given() == {("f", "a2"): 2, ("f", "a3"): 1, ("f", "a1"): 1}


def test_instances_that_run_already_count_for_the_spread() -> None:
    told = Told(slot("a1"), slot("a2", "cpus=1"))
    told.allocator.placed(F, WEB, AgentId("a1"), 2)
    told.tell(wanting("f", demand("web", "cpus=1", 1)))
    assert told.given() == {("f", "a2"): 1}


def test_no_more_is_offered_than_wanted_while_offers_are_out() -> None:
    told = Told(slot("a1", "cpus=2"), wanting("f", demand("web", "cpus=1", 3)))
    assert told.given() == {("f", "a1"): 2}
    told.tell(slot("a2", "cpus=8"))
    assert told.given() == {("f", "a2"): 1}
    told.tell(slot("a3"))
    assert told.given() == {}


def test_an_answered_offer_opens_the_demand_for_agents_that_did_not_change() -> None:
    told = Told(slot("a1"), slot("a2"), wanting("f", demand("web", "cpus=1", 1)))
    (grant,) = told.grants()
    told.decline(grant, until_ms=5_000)
    assert told.given(1) == {("f", "a2"): 1}


def test_a_raised_count_is_served_by_agents_that_did_not_change() -> None:
    told = Told(slot("a1"), wanting("f", demand("web", "cpus=1", 1)))
    told.grants()
    told.tell(wanting("f", demand("web", "cpus=1", 2)))
    assert told.given() == {("f", "a1"): 1}


@pytest.mark.parametrize(
    ("constraint", "zones", "count", "given"),
    [
        ("zone UNIQUE", "aab", 3, {"a1": 1, "a3": 1}),
        ("zone MAX_PER 2", "aab", 9, {"a1": 1, "a2": 1, "a3": 2}),
        ("zone GROUP_BY", "aab", 4, {"a1": 1, "a2": 1, "a3": 2}),
        ("zone GROUP_BY 3", "aab", 4, {"a1": 1, "a3": 1}),
        ("zone CLUSTER", "aab", 4, {"a1": 2, "a2": 2}),
        ("zone CLUSTER b", "aab", 2, {"a3": 2}),
        ("zone IS b", "aab", 2, {"a3": 2}),
        ("zone LIKE [bc]", "abc", 2, {"a2": 1, "a3": 1}),
        ("zone UNLIKE [bc]", "abc", 2, {"a1": 2}),
        ("@hostname UNIQUE", "aaa", 4, {"a1": 1, "a2": 1, "a3": 1}),
    ],
)
def test_constraints_hold_over_the_tasks_of_one_pass(
    constraint: str, zones: str, count: int, given: dict[str, int]
) -> None:
    slots = [slot(f"a{number}", zone=zone) for number, zone in enumerate(zones, 1)]
    told = Told(*slots, wanting("f", demand("web", "cpus=1", count, constraint)))
    assert told.given() == {("f", agent): tasks for agent, tasks in given.items()}


def test_groups_that_were_behind_are_filled_before_others_go_on() -> None:
    told = Told(slot("a1", zone="a"), slot("a2", zone="a"), slot("a3", zone="b"))
    told.allocator.placed(F, WEB, AgentId("a1"), 2)
    told.tell(wanting("f", demand("web", "cpus=1", 3, "zone GROUP_BY")))
    assert told.given() == {("f", "a3"): 2, ("f", "a2"): 1}


def test_a_group_that_catches_up_lets_agents_that_did_not_change_go_on() -> None:
    told = Told(slot("a1", zone="a"), slot("b1", free="", zone="b"))
    told.tell(wanting("f", demand("web", "cpus=1", 9, "zone GROUP_BY")))
    assert told.given() == {("f", "a1"): 1}
    told.tell(slot("b1", free="cpus=1", zone="b"))
    assert told.given() == {("f", "b1"): 1, ("f", "a1"): 1}


def test_a_group_whose_agents_are_away_holds_the_others_back_no_more() -> None:
    told = Told(slot("a1", free="cpus=3", zone="a"), slot("b1", free="", zone="b"))
    told.tell(wanting("f", demand("web", "cpus=1", 9, "zone GROUP_BY")))
    assert told.given() == {("f", "a1"): 1}
    told.tell(slot("b1", free="", zone="b", active=False))
    assert told.given() == {("f", "a1"): 2}


def test_outstanding_offers_count_as_placed_until_they_are_answered() -> None:
    told = Told(slot("a1"), slot("a2"), wanting("f", demand("web", "cpus=1", 3, "@hostname UNIQUE")))
    first, _ = told.grants()
    told.decline(first)
    assert told.given() == {("f", first.agent_id): 1}


def test_the_end_of_a_task_lets_an_agent_take_another_where_only_one_may_run() -> None:
    told = Told(slot("a1"))
    told.allocator.placed(F, WEB, AgentId("a1"), 1)
    told.tell(wanting("f", demand("web", "cpus=1", 1, "@hostname UNIQUE")))
    assert told.given() == {}
    told.allocator.placed(F, WEB, AgentId("a1"), -1)
    assert told.given() == {("f", "a1"): 1}


@pytest.mark.parametrize("on_public", [False, True])
def test_public_agents_serve_what_is_wanted_on_public_and_nothing_else(on_public: bool) -> None:
    told = Told(slot("a1"), slot("p1", public=True), wanting("f", demand("web", "cpus=1", 9, on_public=on_public)))
    assert told.given() == {("f", "p1" if on_public else "a1"): 4}


def test_a_demand_goes_only_where_its_runtime_is() -> None:
    told = Told(slot("a1"), slot("a2", runtimes=("docker", "process")), wanting("f", demand(count=3, runtime="docker")))
    assert told.given() == {("f", "a2"): 3}


@pytest.mark.parametrize("state", [{"connected": False}, {"suppressed": frozenset({"*"})}])
def test_nothing_for_the_disconnected_and_the_suppressed_until_they_return(state: dict[str, Any]) -> None:
    there = wanting("f", demand())
    told = Told(slot("a1"), replace(there, **state))
    assert told.given() == {}
    told.tell(there)
    assert told.given() == {("f", "a1"): 1}


def test_nothing_in_a_role_the_framework_is_not_in() -> None:
    told = Told(slot("a1"), replace(wanting("f", demand(role="web")), roles=("*",)))
    assert told.given() == {}


def test_nothing_on_inactive_agents_until_they_return() -> None:
    told = Told(slot("a1", active=False), wanting("f", demand()))
    assert told.given() == {}
    told.tell(slot("a1"))
    assert told.given() == {("f", "a1"): 1}


def test_two_demands_share_what_is_free_in_turn() -> None:
    told = Told(
        slot("a1", "cpus=4"), wanting("f", demand("web", "cpus=1", 9)), wanting("g", demand("web", "cpus=1", 9))
    )
    assert told.given() == {("f", "a1"): 2, ("g", "a1"): 2}


def test_the_framework_with_the_lower_share_goes_first() -> None:
    told = Told(
        slot("a1", "cpus=8", free="cpus=1"),
        wanting("f", demand("web", "cpus=1", 9), used="cpus=4"),
        wanting("g", demand("web", "cpus=1", 9), used="cpus=3"),
    )
    assert told.given() == {("g", "a1"): 1}


def test_the_role_with_the_lower_share_goes_first_whatever_its_frameworks_have() -> None:
    told = Told(
        slot("a1", "cpus=9", free="cpus=1"),
        wanting("f1", demand("web", "cpus=1", 1, role="many"), used="cpus=1"),
        wanting("f2", demand("web", "cpus=1", 0, role="many"), used="cpus=4"),
        wanting("g", demand("web", "cpus=1", 1, role="one"), used="cpus=3"),
    )
    assert told.given() == {("g", "a1"): 1}


def test_the_demand_told_first_goes_first_within_a_framework() -> None:
    told = Told(slot("a1", "cpus=1"), wanting("f", demand("second", "cpus=1", 1), demand("first", "cpus=1", 1)))
    assert [grant.demand_id for grant in told.grants()] == ["second"]


def test_the_last_of_two_demands_with_one_id_counts() -> None:
    told = Told(slot("a1"), wanting("f", demand("web", "cpus=1", 3), demand("web", "cpus=2", 1)))
    (grant,) = told.grants()
    assert grant.resources == parse_resources("cpus=2")


def test_what_nobody_knows_is_ignored() -> None:
    allocator = Allocator()
    allocator.remove_agent(AgentId("a"))
    allocator.remove_seeker(F)
    allocator.clear_refusals(F)
    allocator.offered(F, WEB, AgentId("a"), -3)
    allocator.placed(F, WEB, AgentId("a"), -3)
    assert allocator.allocate(0) == []
    told = Told(slot("a"), wanting("f", demand(count=2)))
    assert told.given() == {("f", "a"): 2}, "counts never go below zero"


def test_the_cost_of_a_demand_does_not_grow_with_their_number(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Leaf | None] = []
    next_waiting = Tree.next_waiting

    def counting(self: Tree) -> Leaf | None:
        asked.append(next_waiting(self))
        return asked[-1]

    monkeypatch.setattr(Tree, "next_waiting", counting)
    demands = [demand(f"d{n}", "cpus=0.001") for n in range(500)]
    assert len(Told(slot("a1"), wanting("f", *demands)).grants()) == 500
    assert len(asked) == 501


@pytest.mark.parametrize("needs", ["cpus=1,disk=2TiB", "cpus=1,mem=1TiB", "cpus=5", "gpus=1"])
def test_that_no_agent_has_enough_is_known_without_a_look_at_one(monkeypatch: pytest.MonkeyPatch, needs: str) -> None:
    looked: list[AgentSlot] = []
    fit = Rooms.fit

    def counting(self: Rooms, slot: AgentSlot, source: Source) -> int:
        looked.append(slot)
        return fit(self, slot, source)

    monkeypatch.setattr(Rooms, "fit", counting)
    told = Told(*(slot(f"a{n}", "cpus=4,mem=8GiB,disk=1TiB", rack=f"r{n % 5}") for n in range(20)))
    told.tell(wanting("f", demand("d", needs, 3), demand("e", needs, 1, "rack IS r1")))
    assert told.grants() == []
    assert looked == []
    told.tell(slot("b", "cpus=8,mem=2TiB,disk=4TiB,gpus=1"))
    assert [each.agent_id for each in told.grants()] == ["b"]
    assert looked
