"""A framework's state as znodes: which transactions, one after the other, make an update; all or nothing.

Below its place there is one znode a key, and parts of what does not fit in one. An update that fits is one transaction.
Parts come before the transaction that switches to them and drops those before. An update of more than a transaction
takes is written as a journal first; once the head names that, it holds, and who finds it carries it out.
"""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from barter.core.znodes import Create, Delete, Operation, SetData
from barter.sdk import znode_values as form
from barter.sdk.store import StoreRefused

FORMAT = 1
PART_BYTES = (512 << 10) - 64
"""With its first line it fits in a node."""
TRANSACTION_BYTES = 880 << 10
"""With the fence and the head it fits in a transaction."""
OPERATION_BYTES = 200
"""What an operation takes besides its path and data: its header and an access control list."""

Writes = Mapping[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Change:
    """One transaction: `head` is what the place's own znode holds from then on, different each time."""

    head: bytes
    operations: tuple[Operation, ...]


class ZnodeState:
    """`values` is what is kept. The changes that its generators yield must be committed before they are resumed."""

    def __init__(
        self, place: str, writer: int, *, part_bytes: int = PART_BYTES, transaction_bytes: int = TRANSACTION_BYTES
    ) -> None:
        """`writer` is the epoch of the leader that writes."""
        self.values: dict[str, bytes] = {}
        self._place, self._writer = place, writer
        self._part_bytes, self._transaction_bytes = part_bytes, transaction_bytes
        self._writes = 0
        self._there: set[str] = set()
        self._parts: dict[str, tuple[str, ...]] = {}
        self._journal: tuple[str, ...] = ()
        self._unapplied: Writes = {}

    def load(self, head: bytes, nodes: Mapping[str, bytes]) -> None:
        """Take up what is there: the place's own data, and its children's. Raises StoreRefused."""
        self._writes, self._journal = _parse_head(self._place, head)
        self._there = set(nodes)
        if strange := [name for name in nodes if not name.startswith((form.KEY, form.PART))]:
            raise StoreRefused(self._path(min(strange)), "it is no node of this store")
        if self._journal:
            self._unapplied = self._read_journal(nodes)
        after = {name: data for name, data in {**nodes, **self._unapplied}.items() if data is not None}
        for name in after:
            if name.startswith(form.KEY):
                self._read(name, after)

    def repairs(self) -> Iterator[Change]:
        """What a process before has left undone: its journal, and parts that nothing leads to."""
        if self._journal:
            yield from self._carry_out(self._unapplied)
        used = {name for names in self._parts.values() for name in names}
        garbage = [name for name in self._there if name.startswith(form.PART) and name not in used]
        yield from self._write(dict.fromkeys(sorted(garbage)))

    def update(self, values: Mapping[str, bytes | None]) -> Iterator[Change]:
        """Set or delete keys; `values` has them when the last change is committed."""
        writes: dict[str, bytes | None] = {}
        parts: dict[str, bytes] = {}
        parted: dict[str, tuple[str, ...]] = {}
        for key, value in values.items():
            node = form.node_of(key)
            writes.update(dict.fromkeys(self._parts.get(key, ())))
            if value is None:
                writes.update({node: None} if key in self.values else {})
                continue
            stored, packed = form.pack(bytes(value))
            if len(stored) <= self._part_bytes:
                writes[node] = form.inline(stored, packed=packed)
                continue
            names = self._cut(stored, parts)
            parted[key], writes[node] = names, form.parted(form.Parted(names, packed))
        yield from self._write(parts)
        if self._size(writes) <= self._transaction_bytes:
            yield from self._write(writes)
        elif writes:
            yield from self._by_journal(writes)
        for key, value in values.items():
            self._parts.pop(key, None)
            self.values.pop(key, None)
            if value is not None:
                self.values[key] = bytes(value)
        self._parts.update(parted)

    def _by_journal(self, writes: Writes) -> Iterator[Change]:
        written = [[name, None if data is None else base64.b85encode(data).decode()] for name, data in writes.items()]
        parts: dict[str, bytes] = {}
        names = self._cut(json.dumps(written).encode(), parts)
        yield from self._write(parts)
        self._journal = names
        yield self._change([])
        yield from self._carry_out(writes)

    def _carry_out(self, writes: Writes) -> Iterator[Change]:
        yield from self._write(writes)
        done, self._journal = self._journal, ()
        yield self._change([Delete(self._path(name)) for name in done])
        self._there.difference_update(done)

    def _write(self, writes: Writes) -> Iterator[Change]:
        """In as few transactions as it takes."""
        for batch in self._batches(writes):
            yield self._change([operation for name in batch for operation in self._operations(name, writes[name])])
            self._there.difference_update(name for name in batch if writes[name] is None)
            self._there.update(name for name in batch if writes[name] is not None)

    def _operations(self, name: str, data: bytes | None) -> Iterable[Operation]:
        path = self._path(name)
        if data is None:
            return [Delete(path)] if name in self._there else []
        return [SetData(path, data) if name in self._there else Create(path, data)]

    def _batches(self, writes: Writes) -> Iterator[list[str]]:
        batch: list[str] = []
        size = 0
        for name, data in writes.items():
            more = self._size({name: data})
            if batch and size + more > self._transaction_bytes:
                yield batch
                batch, size = [], 0
            batch.append(name)
            size += more
        if batch:
            yield batch

    def _size(self, writes: Writes) -> int:
        return sum(len(self._path(name)) + len(data or b"") + OPERATION_BYTES for name, data in writes.items())

    def _change(self, operations: list[Operation]) -> Change:
        self._writes += 1
        said = {"format": FORMAT, "writer": self._writer, "writes": self._writes}
        journal = {"journal": self._journal} if self._journal else {}
        return Change(json.dumps({**said, **journal}).encode(), tuple(operations))

    def _cut(self, stored: bytes, parts: dict[str, bytes]) -> tuple[str, ...]:
        """Add its parts, under names that no process before has used."""
        names: list[str] = []
        for start in range(0, len(stored), self._part_bytes):
            names.append(form.part_name(self._writes + 1, len(parts)))
            parts[names[-1]] = form.part(stored[start : start + self._part_bytes])
        return tuple(names)

    def _read(self, name: str, nodes: Mapping[str, bytes]) -> None:
        path, key = self._path(name), form.key_of(name)
        kind, stored = form.opened(path, nodes[name])
        where = form.names_in(path, kind, stored)
        if where is not None:
            self._parts[key], packed = where.names, where.packed
            stored = form.together(path, where.names, nodes)
        elif kind in ("plain", "packed"):
            packed = kind == "packed"
        else:
            raise StoreRefused(path, f"it is no value, but {kind}")
        self.values[key] = form.unpacked(path, stored, packed=packed)

    def _read_journal(self, nodes: Mapping[str, bytes]) -> Writes:
        written = form.together(f"{self._place}/(its journal)", self._journal, nodes)
        try:
            return {name: None if text is None else base64.b85decode(text) for name, text in json.loads(written)}
        except (ValueError, TypeError) as error:
            raise StoreRefused(self._place, f"its journal is damaged: {error}") from None

    def _path(self, name: str) -> str:
        return f"{self._place}/{name}"


def _parse_head(place: str, head: bytes) -> tuple[int, tuple[str, ...]]:
    try:
        said = json.loads(head)
        number, writes, journal = int(said["format"]), int(said["writes"]), tuple(map(str, said.get("journal", ())))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StoreRefused(place, f"it is no head of a store: {error!r}") from None
    if number > FORMAT:
        raise StoreRefused(place, f"it has format {number}, and this version reads up to {FORMAT}")
    return writes, journal
