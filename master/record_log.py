"""The log of a master: a header, a snapshot, then what happened batch by batch, each in lines of JSON."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from barter.master.actions import Action
from barter.master.allocator.memory import Memory
from barter.master.events import Event
from barter.master.record_json import (
    ACTIONS,
    EVENTS,
    OtherFormat,
    Unreadable,
    encode,
    item,
    item_of,
    parse,
    part_kinds,
    tagged,
    untagged,
    value_of,
)
from barter.master.snapshot_records import Head, Snapshot

FORMAT = 1
LONGEST_LINE = 32 << 20
ITEMS_PER_LINE = 100
_HEADER, _SNAPSHOT, _PART, _ITEMS, _END, _GAP = "barter_master_log", "snapshot", "part", "items", "end", "gap"


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of every file of a log; `version` is of the code that ran when it was recorded."""

    version: str
    cluster_id: str
    epoch: int
    started_ms: int
    format: int = FORMAT


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """All events of one moment, and what the master did of them and of the time that had passed."""

    now_ms: int
    events: tuple[Event, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Batches are missing here: go on at the next snapshot."""

    reason: str


Entry = Header | Snapshot | BatchRecord | Gap


def header_line(header: Header) -> bytes:
    return encode({_HEADER: header}) + b"\n"


def snapshot_lines(snapshot: Snapshot) -> Iterator[bytes]:
    """Some of one kind a line, so that no line grows with the cluster."""
    yield encode({_SNAPSHOT: snapshot.head}) + b"\n"
    count = 0
    for name in part_kinds():
        items = _part(snapshot, name)
        count += len(items)
        for at in range(0, len(items), ITEMS_PER_LINE):
            some = [item(each) for each in items[at : at + ITEMS_PER_LINE]]
            yield encode({_PART: name, _ITEMS: some}) + b"\n"
    yield encode({_END: count}) + b"\n"


def batch_line(now: int, events: Sequence[Event], actions: Sequence[Action]) -> bytes:
    batch = {"now": now, "events": [tagged(event) for event in events], "actions": [tagged(each) for each in actions]}
    return encode(batch) + b"\n"


def gap_line(reason: str) -> bytes:
    return encode({_GAP: reason}) + b"\n"


class Reader:
    """Gives back what the lines of one file hold; `line` numbers the one that was read last.

    `cut` once the last line had no end: whoever wrote it was stopped there.
    """

    def __init__(self) -> None:
        self.line = 0
        self.cut = False
        self._kinds = part_kinds()
        self._now_ms: int | None = None
        self._head: Head | None = None
        self._parts: dict[str, list[Any]] = {}

    def read(self, lines: Iterable[bytes]) -> Iterator[Entry]:
        """Raises Unreadable; lines come with their ends."""
        for line in lines:
            self.line += 1
            if len(line) > LONGEST_LINE:
                raise Unreadable(f"it is longer than {LONGEST_LINE} bytes")
            if not line.endswith(b"\n"):
                self.cut = True
                return
            raw = parse(line)
            if not isinstance(raw, dict):
                raise Unreadable("it is no JSON object")
            if (entry := self._entry(raw)) is not None:
                yield entry

    def _entry(self, raw: dict[str, Any]) -> Entry | None:
        if self.line == 1 or _HEADER in raw:
            return self._header(raw)
        if self._head is not None:
            return self._more_of_snapshot(self._head, raw)
        match raw:
            case {"snapshot": head}:
                self._head, self._parts = value_of(Head, head), {name: [] for name in self._kinds}
                return None
            case {"now": int(now), "events": [*events], "actions": [*actions]}:
                self._go_on_to(now)
                found = tuple(untagged(each, EVENTS) for each in events)
                return BatchRecord(now, found, tuple(untagged(each, ACTIONS) for each in actions))
            case {"gap": str(reason)}:
                return Gap(reason)
        raise Unreadable("it is neither a snapshot nor a batch")

    def _go_on_to(self, now_ms: int) -> None:
        if self._now_ms is not None and now_ms < self._now_ms:
            raise Unreadable(f"its time, {now_ms} ms, is before that of the batch before it, {self._now_ms} ms")
        self._now_ms = now_ms

    def _header(self, raw: dict[str, Any]) -> Header:
        if self.line != 1 or _HEADER not in raw:
            raise Unreadable("a log begins with its header, and has one: was it made by `barter record`?")
        found = raw[_HEADER]
        if isinstance(found, dict) and found.get("format") != FORMAT:
            version = str(found.get("version"))[:40]
            raise OtherFormat(f"the log's format is not {FORMAT}: replay it with barter {version}")
        header: Header = value_of(Header, found)
        return header

    def _more_of_snapshot(self, head: Head, raw: dict[str, Any]) -> Snapshot | None:
        match raw:
            case {"part": str(name), "items": [*items]} if name in self._kinds:
                kind = self._kinds[name]
                self._parts[name] += [item_of(kind, each) for each in items]
                return None
            case {"end": int(count)} if count == sum(map(len, self._parts.values())):
                self._head = None
                return _snapshot(head, self._parts)
        raise Unreadable("the snapshot before it is not whole")


def _part(snapshot: Snapshot, name: str) -> tuple[Any, ...]:
    owner, _, field = name.rpartition(".")
    found: tuple[Any, ...] = getattr(snapshot.allocator if owner else snapshot, field)
    return found


def _snapshot(head: Head, parts: dict[str, list[Any]]) -> Snapshot:
    memory = Memory(**{field.name: tuple(parts[f"allocator.{field.name}"]) for field in fields(Memory)})
    own = {name: tuple(items) for name, items in parts.items() if "." not in name}
    return Snapshot(head, allocator=memory, **own)
