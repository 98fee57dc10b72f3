"""From a failing run's faults to few of them that still make it fail: Zeller and Hildebrandt's ddmin (TSE 2002)."""

from collections.abc import Callable, Sequence
from typing import TypeVar

ItemT = TypeVar("ItemT")


def shrink(items: Sequence[ItemT], fails: Callable[[Sequence[ItemT]], bool], most_tries: int) -> list[ItemT]:
    """`items` fail; what is returned fails too, and after enough tries none of it can be left out alone."""
    kept, parts, tries = list(items), 2, 0
    while len(kept) >= 2 and tries < most_tries:
        size = -(-len(kept) // parts)
        for start in range(0, len(kept), size):
            rest = kept[:start] + kept[start + size :]
            tries += 1
            if fails(rest):
                kept, parts = rest, max(parts - 1, 2)
                break
            if tries >= most_tries:
                return kept
        else:
            if size == 1:
                break
            parts = min(parts * 2, len(kept))
    if len(kept) == 1 and tries < most_tries and fails([]):
        return []
    return kept
