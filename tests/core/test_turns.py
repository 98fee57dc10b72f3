"""Masters are tried in turn, the leader first; delays grow."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from barter.core.turns import FOLLOWED_MOST, LONGEST_DELAY_MS, SPREAD_MS, Turns


def test_masters_in_turn() -> None:
    turns = Turns(["a:1", "b:1"])
    tried = []
    for _ in range(3):
        tried.append(turns.next())
        turns.lost("", 0)
    assert tried == ["a:1", "b:1", "a:1"]


def test_the_leader_comes_first_even_when_not_listed() -> None:
    turns = Turns(["a:1", "b:1"])
    turns.next()
    turns.lost("c:1", 0)
    assert [turns.next(), turns.next()] == ["c:1", "b:1"]


def test_the_last_good_master_is_tried_first() -> None:
    turns = Turns(["a:1", "b:1"])
    turns.next()
    turns.next()
    turns.arrived()
    turns.lost("", 0)
    assert [turns.next(), turns.next()] == ["b:1", "a:1"]


def test_a_silent_master_is_tried_after_the_others() -> None:
    turns = Turns(["a:1", "b:1"])
    turns.next()
    turns.arrived()
    turns.shun()
    turns.lost("", 0)
    assert [turns.next(), turns.next()] == ["b:1", "a:1"]


def test_it_is_known_who_was_named_by_another() -> None:
    turns = Turns(["a:1", "b:1"])
    turns.next()
    assert not turns.redirected
    turns.lost("b:1", 0)
    turns.next()
    assert turns.redirected


def test_who_should_lead_and_does_not_answer_is_told_to_the_others() -> None:
    turns = Turns(["a:1", "b:1", "c:1"])
    assert (turns.next(), turns.lost("b:1", 999)) == ("a:1", SPREAD_MS * 999 // 1000)
    assert (turns.next(), turns.unreachable) == ("b:1", "")
    assert 50 <= turns.lost("", 0) <= 100
    assert (turns.next(), turns.unreachable) == ("c:1", "b:1")
    turns.arrived()
    assert turns.unreachable == ""


def test_who_answers_with_another_leader_is_silent_no_more() -> None:
    turns = Turns(["old:1", "new:1"])
    turns.next()
    turns.arrived()
    for _ in range(2):
        turns.lost("", 0)
        turns.next()
    assert (turns.address, turns.unreachable) == ("new:1", "old:1")
    turns.lost("old:1", 0)
    turns.next()
    turns.lost("new:1", 0)
    assert (turns.next(), turns.unreachable) == ("new:1", "")


def test_a_master_that_was_lost_is_unreachable_when_it_does_not_answer_again() -> None:
    turns = Turns(["a:1", "b:1"])
    turns.next()
    turns.arrived()
    turns.lost("", 0)
    assert (turns.next(), turns.unreachable) == ("a:1", "")
    turns.lost("", 0)
    assert (turns.next(), turns.unreachable) == ("b:1", "a:1")


def test_an_ordinary_master_that_does_not_answer_is_no_news_to_the_others() -> None:
    turns = Turns(["a:1", "b:1"])
    turns.next()
    turns.lost("", 0)
    assert (turns.next(), turns.unreachable) == ("b:1", "")


def test_other_masters_are_told_of() -> None:
    turns = Turns([])
    assert turns.none_known
    assert not turns.replace([], "", 0)
    assert turns.none_known
    assert turns.replace(["b:1", "a:1"], "b:1", 4)
    assert not turns.replace(["b:1", "a:1"], "b:1", 4)
    assert (turns.next(), turns.redirected) == ("b:1", True)
    turns.arrived()
    turns.replace(["c:1", "d:1"], "", 0)
    assert turns.lost("", 0) >= 50
    assert [turns.next(), turns.next()] == ["b:1", "c:1"]
    assert turns.replace(["b:1", "d:1"], "b:1", 5)


@given(st.lists(st.integers(0, 999), min_size=1, max_size=30))
def test_delays_stay_between_50_ms_and_2_s(jitters: list[int]) -> None:
    turns = Turns(["a:1"])
    delays = [turns.lost("", jitter) for jitter in jitters]
    assert 50 <= delays[0] <= 100
    assert all(50 <= delay <= LONGEST_DELAY_MS for delay in delays)
    assert all(delay >= LONGEST_DELAY_MS // 2 for delay in delays[5:])


ANSWERS = st.sampled_from(["", "a:1", "b:1", "c:1", "elsewhere:1"])


@given(st.lists(st.tuples(ANSWERS, st.integers(0, 999)), min_size=30, max_size=80))
def test_whatever_masters_name_each_is_tried_in_time_and_never_in_a_spin(answers: list[tuple[str, int]]) -> None:
    """Also when they name each other for ever: each round of redirects ends in a wait, and with another master."""
    turns = Turns(["a:1", "b:1", "c:1"])
    tried, delays = [], []
    for leader, jitter in answers:
        tried.append(turns.next())
        delays.append(turns.lost(leader, jitter))
    most = (FOLLOWED_MOST + 1) * 3 + 1
    for begin in range(len(tried) - most + 1):
        assert {"a:1", "b:1", "c:1"} <= set(tried[begin : begin + most])
    waits = [position for position, delay in enumerate(delays) if delay >= 50]
    assert waits[0] <= FOLLOWED_MOST
    assert all(later - earlier <= FOLLOWED_MOST + 1 for earlier, later in pairwise(waits))


@given(st.lists(st.tuples(ANSWERS, st.booleans(), st.integers(0, 999)), max_size=40), st.integers(0, 999))
def test_the_leader_that_is_told_is_next(before: list[tuple[str, bool, int]], jitter: int) -> None:
    turns = Turns(["a:1", "b:1", "c:1"])
    for leader, arrives, chance in before:
        turns.next()
        if arrives:
            turns.arrived()
        turns.lost(leader, chance)
    assert turns.replace(["a:1", "d:1"], "d:1", 7)
    assert turns.next() == "d:1"
    turns.arrived()
    assert turns.lost("e:1", jitter) < SPREAD_MS
    assert turns.next() == "e:1"


def test_an_arrival_resets_the_delay() -> None:
    turns = Turns(["a:1"])
    for _ in range(9):
        turns.lost("", 999)
    turns.next()
    turns.arrived()
    assert turns.lost("", 999) <= 100
