"""Sets of port numbers as one integer, a bit a number: cheap to join, cut and compare however scattered they are."""

import re
from functools import lru_cache

from barter.core.ranges import Ranges

_ONES = re.compile("1+")
# Many agents have the same ports, and most of what happens to one moves none of them.
_REMEMBERED = 512


@lru_cache(_REMEMBERED)
def to_bits(ranges: Ranges) -> int:
    bits = 0
    for low, high in ranges:
        bits |= ((1 << (high - low + 1)) - 1) << low
    return bits


@lru_cache(_REMEMBERED)
def to_ranges(bits: int) -> Ranges:
    if not bits:
        return ()
    lowest = (bits & -bits).bit_length() - 1
    text = f"{bits >> lowest:b}"[::-1]
    return tuple((lowest + run.start(), lowest + run.end() - 1) for run in _ONES.finditer(text))
