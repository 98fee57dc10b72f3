"""Agents with announced maintenance come last; demands outside their framework's roles are served no more."""

from dataclasses import replace

import pytest

from barter.core.cluster import Strategy
from barter.core.ids import FrameworkId
from barter.master.allocator import AgentSlot
from tests.master.allocator_kit import Told, classic, demand, slot, wanting


def announced(name: str) -> AgentSlot:
    return replace(slot(name), unavailable_from_ms=60_000)


def test_announced_agents_are_dealt_out_last() -> None:
    told = Told(announced("a1"), announced("a2"), slot("a3"), slot("a4"), classic("f"), classic("g"))
    assert [each.agent_id for each in told.grants()] == ["a3", "a4", "a1", "a2"]


def test_the_one_whose_maintenance_is_called_off_is_dealt_out_in_its_turn() -> None:
    told = Told(announced("a1"), slot("a2"))
    told.grants()
    told.tell(slot("a1"), classic("f"))
    assert [each.agent_id for each in told.grants()] == ["a1", "a2"]


@pytest.mark.parametrize("strategy", list(Strategy))
def test_a_demand_gets_announced_agents_when_the_others_are_full(strategy: Strategy) -> None:
    wanted = replace(demand("d", "cpus=3", 2), strategy=strategy)
    told = Told(announced("a1"), slot("a2"), wanting("f", wanted))
    assert told.given() == {("f", "a2"): 1, ("f", "a1"): 1}


def test_a_demand_moved_out_of_its_frameworks_roles_is_served_no_more() -> None:
    big = demand("d", "cpus=5", role="eng")
    told = Told(slot("a1"), replace(wanting("f", big), roles=("eng",)))
    assert told.grants() == []
    assert [each.framework_id for each in told.allocator.waiting()] == ["f"]
    told.tell(replace(told.seekers[FrameworkId("f")], demands=(replace(big, role="ops"),)))
    told.tell(slot("a2", "cpus=8"))
    assert told.grants() == []
    assert not list(told.allocator.waiting())
