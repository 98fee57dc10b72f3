"""Telling a long list again as what is other than before: things with ids, whose order counts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Difference(Generic[T]):
    """First those of `removed` go, then those of `told` take the places of theirs, or come last in their order."""

    removed: tuple[str, ...]
    told: tuple[T, ...]


def difference(before: Mapping[str, T], after: Mapping[str, T]) -> Difference[T]:
    """What makes `after` of `before`; what moves backwards is removed and told again."""
    places = {key: place for place, key in enumerate(before)}
    last, kept = -1, set[str]()
    for key in after:
        place = places.get(key)
        if place is None or place < last:
            break
        last = place
        kept.add(key)
    told = tuple(thing for key, thing in after.items() if key not in kept or _other(before[key], thing))
    return Difference(tuple(key for key in before if key not in kept), told)


def apply(before: Mapping[str, T], removed: Iterable[str], told: Iterable[T], key: Callable[[T], str]) -> dict[str, T]:
    after = dict(before)
    for gone in removed:
        after.pop(gone, None)
    after.update((key(thing), thing) for thing in told)
    return after


def by_key(things: Sequence[T], key: Callable[[T], str]) -> dict[str, T] | None:
    """None where two have one id."""
    found = {key(thing): thing for thing in things}
    return found if len(found) == len(things) else None


def _other(one: object, another: object) -> bool:
    return one is not another and one != another
