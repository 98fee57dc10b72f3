"""The registry as znodes: what a batch of facts writes, as transactions, beside a mirror of what is there.

Rows fill shards of some 32 KiB in the order they come, so that a thousand new agents write a few znodes, and an agent
that changes one. The mirror knows which shard has which row. docs/decisions/registry-znodes.md says why.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from barter.core.znode_layout import REGISTRY
from barter.core.znodes import Check, Create, Node, Operation, SetData, Transaction
from barter.master import registry_rows, registry_shards
from barter.master.facts import Fact, Recovered
from barter.master.registry import UnusableRegistry
from barter.master.registry_draft import Cut, Draft, Mirror, Place, Shard, place_of
from barter.master.registry_format import FORMAT, check_format, upgraded
from barter.master.registry_rows import KINDS, BodyOf, Key, Row, Undecodable, ValueOf

ROOT = REGISTRY


@dataclass(frozen=True, slots=True)
class Step:
    """One transaction of a batch, and what it makes of the shards it writes."""

    transaction: Transaction
    shards: Mapping[Place, Shard]
    format: int


class Meta(NamedTuple):
    """What the node `registry` says. While `restoring`, what is below it is not whole."""

    format: int
    cluster_id: str
    restoring: bool = False

    def to_bytes(self) -> bytes:
        said: dict[str, object] = {"format": self.format, "cluster": self.cluster_id}
        return json.dumps({**said, "restoring": True} if self.restoring else said).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Meta":
        """Raises UnusableRegistry."""
        try:
            said = json.loads(data)
            return cls(int(said["format"]), str(said["cluster"]), bool(said.get("restoring", False)))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise UnusableRegistry(
                f"{ROOT} does not say what it is: {data[:60]!r}; nothing was changed: "
                "restore a backup under another path (`barter restore`)"
            ) from None


class ZnodeRegistry:
    """Of one leader, whose `fence` every transaction checks. Begins with `found` or `load`.

    The mirror changes with `happened`: steps are carried out in order, each at most once, or planned anew.
    """

    def __init__(self, fence: Check, body_of: BodyOf, value_of: ValueOf) -> None:
        self.cluster_id = ""
        self.version = 0
        """Of the node `registry`: each step that happens raises it by one."""
        self._format, self._restoring = FORMAT, False
        self._fence, self._body_of, self._value_of = fence, body_of, value_of
        self._mirror = Mirror()

    def found(self, cluster_id: str, *, restoring: bool = False) -> Transaction:
        """What makes an empty registry where there is none; it counts as happened. `restoring`: until `refill` is done
        nobody can use it."""
        self.cluster_id, self.version, self._format, self._mirror = cluster_id, 0, FORMAT, Mirror()
        self._restoring = restoring
        meta = Meta(FORMAT, cluster_id, restoring).to_bytes()
        made: tuple[Operation, ...] = tuple(Create(f"{ROOT}/{kind}") for kind in KINDS)
        return Transaction(self._fence, (Create(ROOT, meta), *made))

    def refill(self, rows: Iterable[Row]) -> tuple[Step, ...]:
        """The rows of a backup, of this version's format."""
        return self._steps([[((row.kind, row.name), row.body)] for row in rows], even_empty=True)

    def load(self, meta: Node, shards: Mapping[str, Node]) -> None:
        """`shards` by path. Raises UnusableRegistry, which names the node."""
        said = Meta.from_bytes(meta.data)
        check_format(ROOT, said.format)
        if said.restoring:
            raise UnusableRegistry(f"{ROOT}: a restore did not come to its end: run `barter restore` again")
        self.cluster_id, self.version, self._mirror = said.cluster_id, meta.version, Mirror()
        self._format = said.format
        for path, read in sorted(shards.items()):
            place = place_of(path)
            if place is None or place.kind not in KINDS:
                raise UnusableRegistry(f"{path} is no part of a registry: remove it, or choose another path")
            shard = Shard(registry_shards.from_bytes(path, read.data), read.version)
            if (twice := self._mirror.put(place, shard)) is not None:
                raise UnusableRegistry(f"{path} has {' '.join(twice)}, which another shard has, too: restore a backup")

    def migrate(self) -> tuple[Step, ...]:
        """What brings an older format to this version's; after an end in the middle it may be begun again."""
        if self._format == FORMAT:
            return ()
        changed = upgraded(self.rows(), self._format, self._body_of, self._value_of)
        return self._steps([[each] for each in changed], even_empty=True)

    def recovered(self, epoch: int) -> Recovered:
        """Raises UnusableRegistry, naming the node."""
        try:
            return registry_rows.recovered(self.cluster_id, epoch, self.rows(), self._value_of)
        except Undecodable as error:
            node = self._mirror.where[error.kind, error.name].path
            raise UnusableRegistry(f"{node} is damaged: {error}; nothing was changed: restore a backup") from error

    @property
    def format(self) -> int:
        return self._format

    def rows(self) -> Iterator[Row]:
        for place, shard in self._mirror.shards.items():
            yield from (Row(place.kind, name, body) for name, body in shard.entries.items())

    def plan(self, facts: Sequence[Fact]) -> tuple[Step, ...]:
        """All that the facts say of one subject is in one step; none where nothing changes."""
        wanted = registry_rows.changes(facts, self._mirror.names_in)
        return self._steps([[(key, self._body(key, value)) for key, value in rows.items()] for rows in wanted.values()])

    def happened(self, step: Step) -> None:
        self.version += 1
        self._format = step.format
        for place, shard in step.shards.items():
            self._mirror.put(place, shard)

    def _steps(
        self, subjects: Iterable[Sequence[tuple[Key, bytes | None]]], even_empty: bool = False
    ) -> tuple[Step, ...]:
        draft, cuts = Draft(self._mirror), list[Cut]()
        for rows in subjects:
            if not draft.fits(rows):
                cuts.append(draft.cut())
            for key, body in rows:
                draft.set(key, body)
        cuts.append(draft.cut())
        whole = [cut for cut in cuts if cut.operations] or ([Cut((), {})] if even_empty else [])
        return tuple(self._step(cut, at, last=at == len(whole) - 1) for at, cut in enumerate(whole))

    def _step(self, cut: Cut, at: int, *, last: bool) -> Step:
        said = Meta(FORMAT if last else self._format, self.cluster_id, self._restoring and not last)
        meta = SetData(ROOT, said.to_bytes(), self.version + at)
        return Step(Transaction(self._fence, (meta, *cut.operations)), cut.shards, said.format)

    def _body(self, key: Key, value: object | None) -> bytes | None:
        return None if value is None else self._body_of(key[0], value)
