"""Silence is judged twice."""

from barter.core.route import ANSWER_MS, Route


def test_silence_is_judged_twice() -> None:
    route = Route(["a:1"])
    route.set_out(0)
    assert route.deadline == ANSWER_MS
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
