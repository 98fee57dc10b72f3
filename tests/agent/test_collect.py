"""What is kept in case it is wanted again, and what of it goes."""

from hypothesis import given
from hypothesis import strategies as st

from barter.agent.collect import Disk, Item, Policy, collect

HOUR = 3_600_000
KEEP = Policy(keep_ms=24 * HOUR, least_free=10)
ROOMY = Disk(1000, 500)

ITEMS = st.lists(
    st.builds(Item, st.text("abc", min_size=1), st.integers(0, 500), st.integers(0, 100 * HOUR)),
    unique_by=lambda item: item.name,
)
POLICIES = st.builds(Policy, st.integers(0, 200 * HOUR), st.integers(0, 100), st.integers(0, HOUR))
DISKS = st.integers(0, 1000).flatmap(lambda total: st.builds(Disk, st.just(total), st.integers(0, total)))


def names(items: list[Item], disk: Disk, now: int = 100 * HOUR, policy: Policy = KEEP) -> list[str]:
    return [each.item.name for each in collect(items, disk, policy, now)]


def test_what_is_old_goes_and_says_why() -> None:
    old, new = Item("old", 1, 75 * HOUR), Item("new", 1, 77 * HOUR)
    [removal] = collect([new, old], ROOMY, KEEP, 100 * HOUR)
    assert (removal.item, removal.reason) == (old, "not used for 1d 1h, kept for 1d")


def test_a_disk_running_full_takes_the_longest_unused_until_there_is_room() -> None:
    items = [Item("c", 30, 97 * HOUR), Item("a", 30, 95 * HOUR), Item("b", 30, 96 * HOUR)]
    assert names(items, Disk(1000, 50)) == ["a", "b"]
    [first, _] = collect(items, Disk(1000, 50), KEEP, 100 * HOUR)
    assert first.reason == "50B of 1000B free, less than 10%; not used for 5h"
    assert names(items, ROOMY) == []


def test_what_was_used_just_now_stays_on_a_full_disk() -> None:
    assert names([Item("a", 30, 100 * HOUR - 1000)], Disk(1000, 0)) == []


def test_a_clock_that_went_back_makes_nothing_old() -> None:
    assert names([Item("a", 30, 200 * HOUR)], Disk(1000, 0)) == []


@given(ITEMS, DISKS, POLICIES, st.integers(0, 200 * HOUR))
def test_the_newest_stay(items: list[Item], disk: Disk, policy: Policy, now: int) -> None:
    gone = [each.item for each in collect(items, disk, policy, now)]
    kept = [item for item in items if item not in gone]
    assert all(one.used_ms <= other.used_ms for one in gone for other in kept)
    assert all(now - item.used_ms < policy.keep_ms for item in kept)


@given(ITEMS, DISKS, POLICIES, st.integers(0, 200 * HOUR))
def test_nothing_goes_without_need(items: list[Item], disk: Disk, policy: Policy, now: int) -> None:
    free = disk.free
    for each in collect(items, disk, policy, now):
        age = now - each.item.used_ms
        short = free < disk.total * policy.least_free // 100
        assert age >= policy.keep_ms or (short and age >= policy.young_ms)
        free += each.item.size
