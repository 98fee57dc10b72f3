"""Amounts add and subtract exactly, and text becomes them only when it is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core import ranges as rng
from barter.core.resources import Resources, parse_resources, resources

PORT_SETS = st.frozensets(st.integers(31000, 31040), max_size=12)
AMOUNTS = st.builds(
    lambda cpus, mem, ports: resources(cpus=cpus, mem=mem, ports=rng.of_numbers(ports)),
    st.integers(0, 10**6),
    st.integers(0, 10**12),
    PORT_SETS,
)


@given(AMOUNTS, AMOUNTS)
def test_adding_then_subtracting_gives_the_first_back(left: Resources, right: Resources) -> None:
    right = Resources(right.scalars, {"ports": rest} if (rest := rng.subtract(right.ports, left.ports)) else {})
    assert (left + right) - right == left


@given(AMOUNTS, AMOUNTS)
def test_contained_means_no_shortfall(left: Resources, right: Resources) -> None:
    assert (right in left) == (not left.shortfalls(right))


@given(PORT_SETS, PORT_SETS)
def test_ranges_behave_like_sets(left: frozenset[int], right: frozenset[int]) -> None:
    a, b = rng.of_numbers(left), rng.of_numbers(right)
    assert set(rng.numbers(rng.union(a, b))) == left | right
    assert set(rng.numbers(rng.subtract(a, b))) == left - right
    assert rng.contains(a, b) == (left >= right)
    assert rng.overlaps(a, b) == bool(left & right)


@given(PORT_SETS, st.integers(0, 14))
def test_first_takes_the_lowest(ports: frozenset[int], count: int) -> None:
    if count > len(ports):
        with pytest.raises(ValueError, match="short"):
            rng.first(rng.of_numbers(ports), count)
    else:
        assert list(rng.numbers(rng.first(rng.of_numbers(ports), count))) == sorted(ports)[:count]


@given(AMOUNTS)
def test_text_of_exact_amounts_reads_back(value: Resources) -> None:
    whole = Resources({"cpus": value.scalars["cpus"]} if "cpus" in value.scalars else {}, value.ranges)
    assert parse_resources(str(whole) if whole else "") == whole


def test_the_same_port_cannot_be_added_twice() -> None:
    one = resources(ports=((31000, 31000),))
    with pytest.raises(ValueError, match="overlaps"):
        _ = one + one


def test_taking_more_than_there_is_says_what_is_short() -> None:
    with pytest.raises(ValueError, match=r"cpus: 2 needed, 1 free"):
        _ = resources(cpus=1000) - resources(cpus=2000)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("cpus=-1", "not a finite number"),
        ("cpus=nan", "not a finite number"),
        ("cpus=1e99", "not a finite number"),
        ("cpus=0.0001", "thousandth"),
        ("mem=512", "no unit"),
        ("mem=5parsecs", "unknown unit"),
        ("ports=31000-99999", "outside 1-65535"),
        ("ports=32000-31000", "backwards"),
        ("cpus=1,cpus=2", "twice"),
        ("cpus", "NAME=AMOUNT"),
    ],
)
def test_unusable_text_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_resources(text)
