"""What ZooKeeper's servers wrote, read from their transaction logs: whether they lost what a majority of them had.

ZooKeeper 3.8.0 does: a follower that has noted the next epoch, and is killed before it has written the transactions
that the new leader gave it, is elected over one that has them (ZOOKEEPER-4643, ZOOKEEPER-4646).
"""

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

HEADER_BYTES = 16
_ENTRY = struct.Struct(">qi")
_TRANSACTION = struct.Struct(">qiq")


@dataclass(frozen=True, slots=True)
class History:
    """Of one server: the ids of the transactions in its logs, in order, and those of its snapshots."""

    logged: tuple[int, ...]
    snapshots: tuple[int, ...] = ()


def history(data: Path) -> History:
    """Of the server with this data folder."""
    folder = data / "version-2"
    logged = {zxid for log in folder.glob("log.*") for zxid in ids_in(log.read_bytes())}
    snapshots = (int(each.suffix[1:], 16) for each in folder.glob("snapshot.*"))
    return History(tuple(sorted(logged)), tuple(sorted(snapshots)))


def ids_in(log: bytes) -> Iterator[int]:
    """A log ends with zeros, or in the middle of what a killed server wrote."""
    at = HEADER_BYTES
    while at + _ENTRY.size <= len(log):
        _, length = _ENTRY.unpack_from(log, at)
        at += _ENTRY.size
        if length < _TRANSACTION.size or at + length > len(log):
            return
        yield _TRANSACTION.unpack_from(log, at)[2]
        at += length + 1


def lost(histories: Sequence[History]) -> tuple[int, ...]:
    """Transactions of a majority's logs that a server left out as it went on to a later epoch from its own log."""
    written = Counter(zxid for each in histories for zxid in set(each.logged))
    kept = sorted(zxid for zxid, count in written.items() if 2 * count > len(histories))
    missing = {
        zxid
        for each in histories
        for before, after in pairwise(each.logged)
        if before >> 32 < after >> 32 and not any(before < snapshot < after for snapshot in each.snapshots)
        for zxid in kept
        if before < zxid < after
    }
    return tuple(sorted(missing))
