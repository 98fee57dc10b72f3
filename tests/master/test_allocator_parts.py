"""Reservations, volumes, revocable resources, strategies and announced maintenance."""

from dataclasses import replace

import pytest

from barter.core.cluster import Strategy
from barter.core.ids import VolumeId
from barter.core.resources import NOTHING, parse_resources
from tests.master.allocator_kit import Told, classic, demand, slot, wanting


def test_a_classic_offer_holds_what_is_reserved_for_the_role_and_above() -> None:
    there = slot("a1", "cpus=8", free="cpus=2", reserved="eng:cpus=3 ops:cpus=3")
    told = Told(there, classic("f", "eng/web"))
    (grant,) = told.grants()
    assert grant.resources == parse_resources("cpus=5")
    assert grant.reserved == {"r1": parse_resources("cpus=3")}


def test_what_is_reserved_alone_is_worth_an_offer() -> None:
    told = Told(slot("a1", "cpus=8", free="", reserved="eng:cpus=3"), classic("f", "ops"), classic("g", "eng"))
    assert [(grant.framework_id, grant.resources) for grant in told.grants()] == [("g", parse_resources("cpus=3"))]


def test_a_demand_is_served_from_the_reservation_first_then_from_what_is_plain() -> None:
    told = Told(
        slot("a1", "cpus=8,ports=31000-31009", free="cpus=2,ports=31000-31009", reserved="eng:cpus=1"),
        wanting("f", demand("d", "cpus=1", 3, role="eng/web", port_count=1)),
    )
    (grant,) = told.grants()
    assert grant.tasks == 3
    assert grant.reserved == {"r1": parse_resources("cpus=1")}
    assert grant.resources == parse_resources("cpus=3,ports=31000-31002")


def test_an_agent_with_a_reservation_for_it_is_taken_before_one_with_more_room() -> None:
    told = Told(
        slot("a1", "cpus=8"),
        slot("a2", "cpus=4", free="cpus=1", reserved="eng:cpus=2"),
        wanting("f", demand("d", "cpus=1", 1, role="eng")),
    )
    assert told.given() == {("f", "a2"): 1}


def test_a_reservation_is_of_no_use_to_another_role() -> None:
    told = Told(slot("a1", free="", reserved="eng:cpus=3"), wanting("f", demand("d", "cpus=1", 1, role="engine")))
    assert told.given() == {}


def test_a_reservation_that_is_made_opens_the_agent_for_what_was_stuck() -> None:
    told = Told(slot("a1", free="cpus=1"), wanting("f", demand("d", "cpus=2", 1, role="eng")))
    assert told.given() == {}
    told.tell(slot("a1", free="", reserved="eng:cpus=2"))
    assert told.given() == {("f", "a1"): 1}


def test_a_volume_binds_the_demand_and_its_disk_is_not_the_tasks() -> None:
    kept = slot("a2", free="cpus=1", reserved="eng:cpus=1,disk=1GiB")
    kept = replace(kept, reserved=(replace(kept.reserved[0], volumes=(VolumeId("data"),)),))
    wanted = replace(demand("d", "cpus=1,disk=9GiB", 2, role="eng"), volume=VolumeId("data"))
    told = Told(slot("a1"), kept, wanting("f", wanted))
    (grant,) = told.grants()
    assert (grant.agent_id, grant.tasks, grant.volumes) == ("a2", 1, ("data",))
    assert grant.resources == parse_resources("cpus=1")
    told.tell(replace(kept, reserved=(replace(kept.reserved[0], volumes=()),)))
    assert told.given() == {}


def test_a_volume_of_another_role_is_of_no_use() -> None:
    kept = slot("a2", reserved="ops:cpus=1")
    kept = replace(kept, reserved=(replace(kept.reserved[0], volumes=(VolumeId("data"),)),))
    wanted = replace(demand("d", "cpus=1", 1, role="eng"), volume=VolumeId("data"))
    assert Told(kept, wanting("f", wanted)).given() == {}


def test_cpus_of_revocable_demands_come_from_what_is_lent() -> None:
    lends = replace(slot("a1", "cpus=4,mem=4GiB", free="mem=4GiB"), revocable=parse_resources("cpus=2"))
    wanted = replace(demand("d", "cpus=1,mem=1GiB", 3), revocable=True)
    (grant,) = Told(slot("a2"), lends, wanting("f", wanted)).grants()
    assert (grant.agent_id, grant.tasks) == ("a1", 2)
    assert grant.resources == parse_resources("cpus=2,mem=2GiB")
    assert grant.revocable == parse_resources("cpus=2")


@pytest.mark.parametrize("takes", [True, False])
def test_revocable_resources_go_to_classic_frameworks_that_want_them(takes: bool) -> None:
    lends = replace(slot("a1", "cpus=4", free="cpus=1"), revocable=parse_resources("cpus=2"))
    told = Told(lends, replace(classic("f"), revocable=takes))
    (grant,) = told.grants()
    assert grant.revocable == (parse_resources("cpus=2") if takes else NOTHING)
    assert grant.resources == parse_resources("cpus=3" if takes else "cpus=1")


def test_pack_takes_the_fullest_agent_that_fits_until_it_is_full() -> None:
    wanted = replace(demand("d", "cpus=1", 4), strategy=Strategy.PACK)
    told = Told(slot("a1", "cpus=8"), slot("a2", free="cpus=0.5"), slot("a3", free="cpus=3"), wanting("f", wanted))
    assert told.given() == {("f", "a3"): 3, ("f", "a1"): 1}


@pytest.mark.parametrize("strategy", Strategy)
def test_agents_with_announced_maintenance_are_taken_last(strategy: Strategy) -> None:
    leaving = replace(slot("a1", "cpus=16" if strategy is Strategy.SPREAD else "cpus=3"), unavailable_from_ms=5_000)
    wanted = replace(demand("d", "cpus=1", 5), strategy=strategy)
    assert Told(leaving, slot("a2", "cpus=4"), wanting("f", wanted)).given() == {("f", "a2"): 4, ("f", "a1"): 1}


def test_room_is_what_the_task_needs_most_of() -> None:
    told = Told(
        slot("a1", "cpus=8,mem=16GiB", free="cpus=8,mem=2GiB"),
        slot("a2", "cpus=8,mem=16GiB", free="cpus=2,mem=16GiB"),
        wanting("f", demand("d", "cpus=0.1,mem=2GiB", 1)),
    )
    assert told.given() == {("f", "a2"): 1}
