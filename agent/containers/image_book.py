"""The images that were pulled for tasks: what of them is used, and what may go. What others brought is not in it."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field

from barter.agent.collect import Disk, Item, Policy, collect


@dataclass(frozen=True, slots=True)
class Present:
    """An image as the engine has it: all its names, and what it takes with the layers it shares with others."""

    image_id: str
    names: frozenset[str]
    size: int


@dataclass(slots=True)
class _Kept:
    names: set[str] = field(default_factory=set)
    used_ms: int = 0


@dataclass(frozen=True, slots=True)
class Discard:
    """Take these names of it away, or where it has none the image: the engine removes it with its last name."""

    image_id: str
    names: tuple[str, ...]
    reason: str


class ImageBook:
    """Images by id. A name that was pulled anew is the new image's."""

    def __init__(self) -> None:
        self._images: dict[str, _Kept] = {}

    def __contains__(self, image_id: str) -> bool:
        return image_id in self._images

    def pulled(self, image_id: str, name: str, now: int) -> None:
        for kept in self._images.values():
            kept.names.discard(name)
        kept = self._images.setdefault(image_id, _Kept())
        kept.names.add(name)
        kept.used_ms = max(kept.used_ms, now)

    def used(self, name: str, now: int) -> None:
        """A container was made of it."""
        for kept in self._images.values():
            if name in kept.names:
                kept.used_ms = max(kept.used_ms, now)

    def sweep(
        self, present: Collection[Present], in_use: Collection[str], disk: Disk, policy: Policy, now: int
    ) -> list[Discard]:
        """What is to go now. `in_use` are the ids of which there are containers, whoever's and however they are."""
        here = {each.image_id: each for each in present}
        for image_id in [each for each in self._images if each not in here]:
            del self._images[image_id]
        items: list[Item] = []
        for image_id, kept in self._images.items():
            # A name that somebody gave to another image since is not this one's any more.
            kept.names &= here[image_id].names
            if image_id in in_use:
                kept.used_ms = max(kept.used_ms, now)
            elif kept.names or not here[image_id].names:
                items.append(Item(image_id, here[image_id].size, kept.used_ms))
        return [
            Discard(each.item.name, tuple(sorted(self._images[each.item.name].names)), each.reason)
            for each in collect(items, disk, policy, now)
        ]

    def to_json(self) -> str:
        said = {name: {"names": sorted(kept.names), "used_ms": kept.used_ms} for name, kept in self._images.items()}
        return json.dumps(said, indent=1)

    @classmethod
    def from_json(cls, text: str) -> "ImageBook":
        """Raises ValueError on what `to_json` never wrote."""
        book, said = cls(), json.loads(text)
        if not isinstance(said, dict):
            raise ValueError("not a JSON object")
        for image_id, kept in said.items():
            book._images[image_id] = _read(kept)
        return book


def _read(kept: object) -> _Kept:
    match kept:
        case {"names": list(names), "used_ms": int(used_ms)} if all(isinstance(each, str) for each in names):
            return _Kept(set(names), used_ms)
    raise ValueError(f"{kept!r} is no record of an image")
