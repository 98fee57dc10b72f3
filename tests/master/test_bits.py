"""Ranges as bits and back."""

from hypothesis import given
from hypothesis import strategies as st

from barter.core import ranges as rng
from barter.master.bits import to_bits, to_ranges


@given(st.lists(st.integers(0, 70_000), max_size=40))
def test_there_and_back(numbers: list[int]) -> None:
    ranges = rng.of_numbers(numbers)
    assert to_ranges(to_bits(ranges)) == ranges
