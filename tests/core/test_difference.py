"""A difference makes the one list of the other, in order, and says no more than it must where little has changed."""

from hypothesis import given
from hypothesis import strategies as st

from barter.core.difference import apply, by_key, difference

LISTS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.integers(0, 2)), max_size=8, unique_by=lambda each: each[0])


def key(thing: tuple[str, int]) -> str:
    return thing[0]


@given(LISTS, LISTS)
def test_it_makes_the_one_of_the_other(before: list[tuple[str, int]], after: list[tuple[str, int]]) -> None:
    known, wanted = by_key(before, key), by_key(after, key)
    assert known is not None
    assert wanted is not None
    found = difference(known, wanted)
    assert list(apply(known, found.removed, found.told, key).values()) == after


def test_what_stays_as_it_is_is_not_told() -> None:
    before = {name: (name, 0) for name in "abcd"}
    assert difference(before, {**before, "b": ("b", 1), "e": ("e", 0)}).told == (("b", 1), ("e", 0))
    last = {"b": ("b", 0), "c": ("c", 0), "d": ("d", 0), "a": ("a", 0)}
    assert difference(before, last).removed == ("a",)
    assert difference(before, last).told == (("a", 0),)
    assert difference(before, dict(before)) == difference({}, {})


def test_two_of_one_id_have_no_difference() -> None:
    assert by_key([("a", 0), ("a", 1)], key) is None
