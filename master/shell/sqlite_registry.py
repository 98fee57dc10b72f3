"""The durable facts of a standalone master, in one SQLite file."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from barter.core.removals import Removals
from barter.master import registry as kinds
from barter.master.facts import Fact, Recovered
from barter.master.registry import OF_AN_AGENT, Entry, UnusableRegistry, entries_of
from barter.master.shell import wire_facts as wire
from barter.shell.sqlite import open_durable

__all__ = ["SqliteRegistry", "UnusableRegistry"]

FORMAT = "1"
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (kind TEXT, id TEXT, body BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
"""


class SqliteRegistry:
    """What was committed is on the disk. Bodies are the contract's protobuf messages."""

    def __init__(self, path: Path) -> None:
        """Raises UnusableRegistry."""
        self._path = path
        try:
            self._db = open_durable(path)
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        try:
            self._db.executescript(_TABLES)
            self._check_format()
        except sqlite3.Error as error:
            self._db.close()
            raise _unusable(path, error) from error

    async def start(self, new_cluster_id: str) -> Recovered:
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO meta VALUES ('cluster_id', ?)", (new_cluster_id,))
            epoch = int(self._meta("epoch") or 0) + 1
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('epoch', ?)", (str(epoch),))
        return Recovered(
            self._meta("cluster_id"),
            epoch,
            self._all(kinds.AGENT),
            self._all(kinds.FRAMEWORK),
            self._all(kinds.ROLE),
            self._all(kinds.RESERVATION),
            self._all(kinds.VOLUME),
            self._all(kinds.CONDEMNED),
            self._all(kinds.MAINTENANCE),
            self._all(kinds.GONE),
            self._all(kinds.REMOVED),
            next(iter(self._all(kinds.REMOVALS)), Removals()),
        )

    async def commit(self, facts: Sequence[Fact]) -> None:
        with self._transaction():
            for fact in facts:
                for entry in entries_of(fact):
                    self._write(entry)

    async def close(self) -> None:
        self._db.close()

    def _write(self, entry: Entry) -> None:
        if entry.value is None:
            self._db.execute("DELETE FROM facts WHERE kind = ? AND id = ?", (entry.kind, entry.name))
        else:
            body = wire.body_of(entry.kind, entry.value)
            self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", (entry.kind, entry.name, body))
        if entry.with_agent:
            first, after = f"{entry.name}/", f"{entry.name}0"  # 0 comes right after the slash
            for kind in OF_AN_AGENT:
                self._db.execute("DELETE FROM facts WHERE kind = ? AND id >= ? AND id < ?", (kind, first, after))

    def _all(self, kind: str) -> tuple[Any, ...]:
        rows = self._db.execute("SELECT body FROM facts WHERE kind = ? ORDER BY id", (kind,))
        return tuple(wire.value_of(kind, row[0]) for row in rows)

    def _meta(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def _check_format(self) -> None:
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('format', ?)", (FORMAT,))
        if (found := self._meta("format")) != FORMAT:
            self._db.close()
            raise UnusableRegistry(f"{self._path} has format {found}, this version reads {FORMAT}: use its version")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _unusable(path: Path, error: sqlite3.Error) -> UnusableRegistry:
    return UnusableRegistry(f"{path}: {error}: restore the file, or start with an empty folder")
