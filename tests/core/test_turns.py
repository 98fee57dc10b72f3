"""Masters are tried in turn, the leader first; delays grow."""

from hypothesis import given
from hypothesis import strategies as st

from barter.core.turns import LONGEST_DELAY_MS, Turns


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


@given(st.lists(st.integers(0, 999), min_size=1, max_size=30), st.booleans())
def test_delays_stay_between_50_ms_and_2_s(jitters: list[int], redirected: bool) -> None:
    """Also when masters name each other as the leader for ever."""
    turns = Turns(["a:1"])
    delays = [turns.lost("b:1" if redirected else "", jitter) for jitter in jitters]
    assert 50 <= delays[0] <= 100
    assert all(50 <= delay <= LONGEST_DELAY_MS for delay in delays)
    assert all(delay >= LONGEST_DELAY_MS // 2 for delay in delays[5:])


def test_an_arrival_resets_the_delay() -> None:
    turns = Turns(["a:1"])
    for _ in range(9):
        turns.lost("", 999)
    turns.next()
    turns.arrived()
    assert turns.lost("", 999) <= 100
