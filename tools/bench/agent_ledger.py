"""What an agent's ledger writes, read from its write-ahead log: with synchronous=FULL a commit is an fsync there."""

import contextlib
import os
import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from barter.agent.shell.ledger import FILE
from barter.shell.sqlite import open_durable

HEADER, FRAME_HEADER = 32, 24


@dataclass(frozen=True, slots=True)
class Cost:
    commits: int
    written: int


class Counter:
    """A reader holds the log back from being started anew, so that it keeps every frame written meanwhile."""

    def __init__(self, database: Path) -> None:
        self._log = database.with_name(f"{database.name}-wal")
        self._reader = sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None)
        self._reader.execute("BEGIN")
        self._reader.execute("SELECT count(*) FROM meta").fetchone()
        self._before = self._read()

    def cost(self) -> Cost:
        """Of what was committed since the start."""
        now = self._read()
        return Cost(now.commits - self._before.commits, now.written - self._before.written)

    def close(self) -> None:
        self._reader.close()

    def _read(self) -> Cost:
        """All frames of the log's present generation; the one that ends a commit says how large the database is."""
        with self._log.open("rb") as log:
            header = log.read(HEADER)
            page = struct.unpack(">I", header[8:12])[0]
            salts = header[16:24]
            commits = frames = 0
            while len(frame := log.read(FRAME_HEADER)) == FRAME_HEADER and frame[8:16] == salts:
                frames += 1
                commits += struct.unpack(">I", frame[4:8])[0] > 0
                log.seek(page, os.SEEK_CUR)
        return Cost(commits, frames * (FRAME_HEADER + page))


@contextlib.contextmanager
def counted(work_dir: Path) -> Iterator[Counter]:
    counter = Counter(work_dir / FILE)
    try:
        yield counter
    finally:
        counter.close()


def floor(folder: Path) -> Cost:
    """One row in a table of one page, durable: one commit of one frame."""
    path = folder / "floor.sqlite"
    db = open_durable(path)
    db.execute("CREATE TABLE meta (name TEXT)")
    with contextlib.closing(Counter(path)) as counter:
        db.execute("INSERT INTO meta VALUES ('a task')")
        cost = counter.cost()
    db.close()
    return cost
