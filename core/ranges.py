"""Sets of integers as sorted, disjoint, inclusive ranges: `((31000, 31999), (33000, 33000))`."""

from collections.abc import Iterable, Iterator

Ranges = tuple[tuple[int, int], ...]


def normalize(pairs: Iterable[tuple[int, int]]) -> Ranges:
    """Sort and merge; raise ValueError where a pair runs backwards."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(pairs):
        if low > high:
            raise ValueError(f"range {low}-{high} runs backwards")
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def of_numbers(numbers: Iterable[int]) -> Ranges:
    return normalize((number, number) for number in numbers)


def union(left: Ranges, right: Ranges) -> Ranges:
    return normalize((*left, *right)) if left and right else left or right


def subtract(left: Ranges, right: Ranges) -> Ranges:
    if not right:
        return left
    kept: list[tuple[int, int]] = []
    for low, high in left:
        for cut_low, cut_high in right:
            if cut_high < low or cut_low > high:
                continue
            if cut_low > low:
                kept.append((low, cut_low - 1))
            low = cut_high + 1
            if low > high:
                break
        if low <= high:
            kept.append((low, high))
    return tuple(kept)


def contains(left: Ranges, right: Ranges) -> bool:
    """Whether every number of `right` is in `left`."""
    return all(any(low <= r_low and r_high <= high for low, high in left) for r_low, r_high in right)


def overlaps(left: Ranges, right: Ranges) -> bool:
    return any(low <= r_high and r_low <= high for low, high in left for r_low, r_high in right)


def size(ranges: Ranges) -> int:
    return sum(high - low + 1 for low, high in ranges)


def numbers(ranges: Ranges) -> Iterator[int]:
    for low, high in ranges:
        yield from range(low, high + 1)


def first(ranges: Ranges, count: int) -> Ranges:
    """The lowest `count` numbers; raises ValueError when there are fewer."""
    taken: list[tuple[int, int]] = []
    for low, high in ranges:
        if count <= 0:
            break
        taken.append((low, min(high, low + count - 1)))
        count -= high - low + 1
    if count > 0:
        raise ValueError(f"{count} numbers short")
    return tuple(taken)


def render(ranges: Ranges) -> str:
    return ",".join(f"{low}-{high}" if low != high else str(low) for low, high in ranges)
