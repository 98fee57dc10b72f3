"""Recordings of a live master: each gets a snapshot, then every batch, and is broken off when it does not keep up."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from barter.master.actions import Action, SendToAgent, SendToFramework
from barter.master.events import Accept, AgentRegister, AgentUpdates, Event, SetDemands
from barter.master.joining import size
from barter.master.machine import Master
from barter.master.record_log import LONGEST_LINE, Header, batch_line, gap_line, snapshot_lines
from barter.master.snapshot import take
from barter.master.snapshot_records import Snapshot
from barter.shell.runner import Runner

MOST_RECORDINGS = 4
WAITING_MOST = 200_000
SNAPSHOT_EVERY_MS = 60_000
LEAST_SNAPSHOT_BYTES, MOST_SNAPSHOT_BYTES = 64 << 10, 1 << 30
CHUNK_BYTES = 256 << 10
Batch = tuple[int, Sequence[Event], Sequence[Action]]


class TooMany(Exception):
    """As many recordings as may be run already."""


class TooSlow(Exception):
    """More was waiting than may."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines; `snapshot` where one begins with them."""

    data: bytes
    snapshot: bool = False


class Recording:
    """What waits for one reader: immutable values, made lines of only when they are taken.

    A snapshot is taken again after `snapshot_bytes` of batches or after a minute, but not before there are as many
    bytes of batches as the last snapshot had.
    """

    def __init__(self, master: Master, now: int, snapshot_bytes: int) -> None:
        self._master = master
        self._snapshot_bytes = min(max(snapshot_bytes, LEAST_SNAPSHOT_BYTES), MOST_SNAPSHOT_BYTES)
        self._waiting: list[Batch | Snapshot] = [take(master, now)]
        self._items = 0
        self._wake = asyncio.Event()
        self._wake.set()
        self._closed = self._too_slow = False
        self._since = self._last_snapshot = 0
        self._last_ms, self._wants_snapshot = now, False

    def witness(self, now: int, events: Sequence[Event], actions: Sequence[Action]) -> None:
        if self._too_slow:
            return
        self._items += sum(map(_weight, events)) + sum(map(_weight, actions)) + 1
        self._waiting.append((now, events, actions))
        if self._wants_snapshot:
            self._wants_snapshot, self._last_ms = False, now
            self._waiting.append(take(self._master, now))
        if self._items > WAITING_MOST:
            self._too_slow = True
            self._waiting.clear()
        self._wake.set()

    def close(self) -> None:
        """End after what already waits."""
        self._closed = True
        self._wake.set()

    async def next(self) -> list[Batch | Snapshot] | None:
        """What waits, once there is any; None when the master ends. Raises TooSlow."""
        while not self._waiting:
            if self._too_slow:
                raise TooSlow(f"the recording does not keep up: more than {WAITING_MOST} messages waited for it")
            if self._closed:
                return None
            self._wake.clear()
            await self._wake.wait()
        taken, self._waiting, self._items = self._waiting, [], 0
        return taken

    def lines(self, taken: Sequence[Batch | Snapshot]) -> Iterator[Lines]:
        """In pieces, so that whoever writes them gives way to the master between two."""
        data, begins = bytearray(), False
        for line, snapshot in self._each_line(taken):
            if data and (snapshot or len(data) + len(line) > CHUNK_BYTES):
                yield Lines(bytes(data), begins)
                data, begins = bytearray(), False
            begins |= snapshot
            data += line
        if data:
            yield Lines(bytes(data), begins)

    def _each_line(self, taken: Sequence[Batch | Snapshot]) -> Iterator[tuple[bytes, bool]]:
        """With whether a snapshot begins there."""
        for each in taken:
            if isinstance(each, Snapshot):
                self._since = self._last_snapshot = 0
                for line in snapshot_lines(each):
                    yield line, not self._last_snapshot
                    self._last_snapshot += len(line)
            else:
                yield self._batch_line(*each), False

    def _batch_line(self, now: int, events: Sequence[Event], actions: Sequence[Action]) -> bytes:
        line = batch_line(now, events, actions)
        self._since += len(line)
        due = self._since >= self._snapshot_bytes or now - self._last_ms >= SNAPSHOT_EVERY_MS
        self._wants_snapshot |= due and self._since >= self._last_snapshot
        if len(line) > LONGEST_LINE:
            self._wants_snapshot = True
            return gap_line(f"a batch of {len(line)} bytes is not kept: at most {LONGEST_LINE}")
        return line


class Recordings:
    """All that run; while there is none, the master's runner has no witness and nothing is done."""

    def __init__(self, master: Master, runner: Runner[Event, Action], now: Callable[[], int], version: str) -> None:
        self._master, self._runner, self._now, self._version = master, runner, now, version
        self._running: set[Recording] = set()

    def open(self, snapshot_bytes: int) -> tuple[Header, Recording]:
        """Raises TooMany."""
        if len(self._running) >= MOST_RECORDINGS:
            raise TooMany(f"{MOST_RECORDINGS} recordings of this master run already: end one of them")
        now, cluster = self._now(), self._master.cluster
        recording = Recording(self._master, now, snapshot_bytes)
        self._running.add(recording)
        self._runner.witness = self._witness
        return Header(self._version, cluster.cluster_id, cluster.epoch, now), recording

    def end(self, recording: Recording) -> None:
        self._running.discard(recording)
        if not self._running:
            self._runner.witness = None

    def close(self) -> None:
        """The master ends, and they with it."""
        for recording in self._running:
            recording.close()

    def _witness(self, now: int, events: Sequence[Event], actions: Sequence[Action]) -> None:
        for recording in self._running:
            recording.witness(now, events, actions)


def _weight(what: Event | Action) -> int:
    """How much it is: one, or as many as it has tasks, updates or offers."""
    match what:
        case AgentRegister():
            return 1 + len(what.tasks) + len(what.updates)
        case AgentUpdates(updates=items) | Accept(tasks=items) | SetDemands(demands=items):
            return len(items)
        case SendToAgent() | SendToFramework():
            return size(what.message)
        case _:
            return 1
