"""Which row is in which shard: as it is, and as a batch that is being planned would have it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from barter.core.znode_layout import REGISTRY
from barter.core.znodes import Create, Delete, Operation, SetData
from barter.master import registry_shards
from barter.master.registry import OF_AN_AGENT
from barter.master.registry_rows import Key, group_of

NOT_THERE = -1
TARGET = 32 << 10
"""Bytes, before compression, up to which rows are added to a shard."""
LARGE = 2 * TARGET
"""A row that grows moves to another shard rather than let its own grow beyond this."""
MOST = 512 << 10
"""Bytes, before compression, of a transaction with more than one subject in it."""


class Place(NamedTuple):
    kind: str
    number: int

    @property
    def path(self) -> str:
        return f"{REGISTRY}/{self.kind}/{self.number}"


@dataclass(slots=True)
class Shard:
    """`version` is the znode's, or NOT_THERE; one without entries is no znode."""

    entries: dict[str, bytes] = field(default_factory=dict)
    version: int = NOT_THERE
    size: int = 0

    def __post_init__(self) -> None:
        self.size = sum(registry_shards.size_of(*each) for each in self.entries.items())

    def set(self, name: str, body: bytes | None) -> None:
        if (old := self.entries.pop(name, None)) is not None:
            self.size -= registry_shards.size_of(name, old)
        if body is not None:
            self.entries[name] = body
            self.size += registry_shards.size_of(name, body)


@dataclass(frozen=True, slots=True)
class Cut:
    """Part of a draft: what it writes, and the shards as they are then."""

    operations: tuple[Operation, ...]
    shards: Mapping[Place, Shard]


class Mirror:
    """The shards as they are."""

    def __init__(self) -> None:
        self.shards: dict[Place, Shard] = {}
        self.where: dict[Key, Place] = {}
        self._groups: dict[Key, dict[str, None]] = {}

    def put(self, place: Place, shard: Shard) -> Key | None:
        """Returns a row of it that another shard has, too, if there is one."""
        before = self.shards.pop(place, None)
        for name in () if before is None else before.entries:
            if name not in shard.entries and self.where[place.kind, name] == place:
                del self.where[place.kind, name]
                self._ungroup(place.kind, name)
        twice = None
        if shard.entries:
            self.shards[place] = shard
        for name in shard.entries:
            if (key := (place.kind, name)) in self.where and self.where[key] != place:
                twice = key
            self.where[key] = place
            self._groups.setdefault((place.kind, group_of(*key)), {})[name] = None
        return twice

    def names_in(self, kind: str, group: str) -> tuple[str, ...]:
        return tuple(self._groups.get((kind, group), ()))

    def _ungroup(self, kind: str, name: str) -> None:
        key = (kind, group_of(kind, name))
        names = self._groups[key]
        del names[name]
        if not names:
            del self._groups[key]


class Draft:
    """On top of a mirror, which it leaves as it is."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._shards: dict[Place, Shard] = {}
        self._where: dict[Key, Place | None] = {}
        self._beside: dict[Key, Place] = {}
        """By kind and group: where a row of it was put last."""
        self._filling: dict[str, Place] = {}
        self._touched: dict[Place, Shard] = {}

    def fits(self, rows: Sequence[tuple[Key, bytes | None]]) -> bool:
        """Whether the present cut stays small with these, or is empty."""
        places = {self._place(key) or self._filling.get(key[0]) for key, _ in rows} - self._touched.keys()
        more = sum(TARGET if place is None else self._get(place).size for place in places)
        more += sum(registry_shards.size_of(key[1], body) for key, body in rows if body is not None)
        return not self._touched or more + sum(each.size for each in self._touched.values()) <= MOST

    def set(self, key: Key, body: bytes | None) -> None:
        kind, name = key
        place = self._place(key)
        if place is not None:
            shard = self._get(place)
            if body == shard.entries[name]:
                return
            grown = 0 if body is None else len(body) - len(shard.entries[name])
            alone = len(shard.entries) == 1
            if body is None or (not alone and grown > 0 and shard.size + grown > LARGE):
                self._touch(place).set(name, None)
                self._where[key] = place = None
        if body is not None:
            place = place or self._room_for(key, registry_shards.size_of(name, body))
            self._touch(place).set(name, body)
            self._where[key] = self._beside[kind, group_of(kind, name)] = place

    def cut(self) -> Cut:
        """What was set since the last cut."""
        touched, self._touched = self._touched, {}
        operations: list[Operation] = []
        after: dict[Place, Shard] = {}
        for place, shard in touched.items():
            there = shard.version != NOT_THERE
            if shard.entries:
                data = registry_shards.to_bytes(shard.entries)
                operations.append(SetData(place.path, data, shard.version) if there else Create(place.path, data))
                shard.version += 1
            elif there:
                operations.append(Delete(place.path, shard.version))
                shard.version = NOT_THERE
            else:
                continue
            after[place] = shard
        return Cut(tuple(operations), after)

    def _place(self, key: Key) -> Place | None:
        return self._where[key] if key in self._where else self._mirror.where.get(key)

    def _get(self, place: Place) -> Shard:
        return self._shards.get(place) or self._mirror.shards.get(place) or Shard()

    def _touch(self, place: Place) -> Shard:
        if place not in self._touched:
            before = self._get(place)
            self._touched[place] = self._shards[place] = Shard(dict(before.entries), before.version)
        return self._touched[place]

    def _room_for(self, key: Key, size: int) -> Place:
        """Beside others of its agent where there is room, else where this kind is being filled."""
        kind, name = key
        beside = self._last_of_group(kind, group_of(kind, name)) if kind in OF_AN_AGENT else None
        if beside is not None and self._get(beside).size + size <= LARGE:
            return beside
        filling = self._filling.get(kind)
        if filling is None or self._get(filling).size + size > TARGET:
            filling = self._filling[kind] = self._emptiest(kind, size)
        return filling

    def _last_of_group(self, kind: str, group: str) -> Place | None:
        if (place := self._beside.get((kind, group))) is not None:
            return place
        places = (self._place((kind, name)) for name in reversed(self._mirror.names_in(kind, group)))
        return next((place for place in places if place is not None), None)

    def _emptiest(self, kind: str, size: int) -> Place:
        """If there is room in it, else a new one."""
        places = [place for place in {**self._mirror.shards, **self._shards} if place.kind == kind]
        there = [place for place in places if self._get(place).entries]
        emptiest = min(there, key=lambda place: (self._get(place).size, place.number), default=None)
        if emptiest is not None and self._get(emptiest).size + size <= TARGET:
            return emptiest
        return Place(kind, max((place.number for place in places), default=-1) + 1)


def place_of(path: str) -> Place | None:
    """None for what is no shard's path."""
    _, kind, number = path.split("/")
    return Place(kind, int(number)) if number.isdecimal() and number.isascii() else None
