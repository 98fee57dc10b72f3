"""Silence is judged twice; updates seen are remembered."""

from barter.sdk.route import SUBSCRIBE_TIMEOUT_MS, Route
from barter.sdk.seen import GENERATION_MS, GENERATION_SIZE, Seen


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
