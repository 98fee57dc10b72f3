"""Masters are tried in turn, the leader first; delays grow; silence is judged twice."""

from hypothesis import given
from hypothesis import strategies as st

from barter.sdk.route import LONGEST_DELAY_MS, SUBSCRIBE_TIMEOUT_MS, Route
from barter.sdk.seen import GENERATION_MS, GENERATION_SIZE, Seen


def test_masters_in_turn() -> None:
    route = Route(["a:1", "b:1"])
    tried = []
    for _ in range(3):
        tried.append(route.set_out(0))
        route.lost("", 0)
    assert tried == ["a:1", "b:1", "a:1"]


def test_the_leader_comes_first_even_when_not_listed() -> None:
    route = Route(["a:1", "b:1"])
    route.set_out(0)
    route.lost("c:1", 0)
    assert [route.set_out(0), route.set_out(0)] == ["c:1", "b:1"]


def test_the_last_good_master_is_tried_first() -> None:
    route = Route(["a:1", "b:1"])
    route.set_out(0)
    route.set_out(0)
    route.arrived(1000, 0)
    route.lost("", 0)
    assert [route.set_out(0), route.set_out(0)] == ["b:1", "a:1"]


@given(st.lists(st.integers(0, 999), min_size=1, max_size=30))
def test_delays_stay_between_50_ms_and_2_s(jitters: list[int]) -> None:
    route = Route(["a:1"])
    delays = [route.lost("", jitter) for jitter in jitters]
    assert 50 <= delays[0] <= 100
    assert all(50 <= delay <= LONGEST_DELAY_MS for delay in delays)
    assert all(delay >= LONGEST_DELAY_MS // 2 for delay in delays[5:])


def test_a_registration_resets_the_delay() -> None:
    route = Route(["a:1"])
    for _ in range(9):
        route.lost("", 999)
    route.set_out(0)
    route.arrived(1000, 0)
    assert route.lost("", 999) <= 100


def test_silence_is_judged_twice() -> None:
    route = Route(["a:1"])
    route.set_out(0)
    assert route.deadline == SUBSCRIBE_TIMEOUT_MS
    route.arrived(1000, 0)
    assert route.deadline == 3000
    assert not route.is_silent(2999)
    assert not route.is_silent(3000)
    assert route.deadline == 4000
    assert route.is_silent(4000)


def test_a_word_between_the_two_looks_clears_the_suspicion() -> None:
    route = Route(["a:1"])
    route.set_out(0)
    route.arrived(1000, 0)
    assert not route.is_silent(60_000)
    route.heard(60_001)
    assert not route.is_silent(61_000)
    assert route.deadline == 63_001


def test_seen_remembers_as_long_as_needed_and_no_longer() -> None:
    seen = Seen()
    seen.restart(0)
    assert seen.add("u1", 0)
    assert not seen.add("u1", 10 * GENERATION_MS)
    assert seen.add("u2", GENERATION_MS)
    assert not seen.add("u1", GENERATION_MS)
    assert seen.add("u3", 2 * GENERATION_MS)
    assert seen.add("u1", 2 * GENERATION_MS)


def test_seen_is_bounded() -> None:
    seen = Seen()
    for number in range(5 * GENERATION_SIZE):
        assert seen.add(f"u{number}", 0)
    assert len(seen) <= 2 * GENERATION_SIZE
    assert not seen.add(f"u{4 * GENERATION_SIZE}", 0)
