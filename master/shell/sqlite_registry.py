"""The durable facts of a standalone master, in one SQLite file."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from barter.master import registry_rows
from barter.master.facts import Fact, Recovered
from barter.master.registry import OF_AN_AGENT, Entry, UnusableRegistry, entries_of
from barter.master.registry_format import FORMAT, check_format, upgraded
from barter.master.registry_rows import Contents, Row, Undecodable
from barter.master.shell import wire_facts as wire
from barter.shell.sqlite import open_durable

FILE = "master.sqlite3"
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (kind TEXT, id TEXT, body BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
"""


class SqliteRegistry:
    """What was committed is on the disk. Bodies are the contract's protobuf messages."""

    def __init__(self, path: Path) -> None:
        """An older format is migrated. Raises UnusableRegistry."""
        self._path = path
        try:
            self._db = open_durable(path)
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        try:
            self._db.executescript(_TABLES)
            self._migrate()
        except sqlite3.Error as error:
            self._db.close()
            raise _unusable(path, error) from error
        except BaseException:
            self._db.close()
            raise

    async def start(self, new_cluster_id: str) -> Recovered:
        """Raises UnusableRegistry."""
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO meta VALUES ('cluster_id', ?)", (new_cluster_id,))
            epoch = int(self._meta("epoch") or 0) + 1
            self._set_meta("epoch", str(epoch))
        try:
            return registry_rows.recovered(self._meta("cluster_id"), epoch, self._rows(), wire.value_of)
        except Undecodable as error:
            raise _unusable(self._path, error) from error

    async def commit(self, facts: Sequence[Fact]) -> None:
        with self._transaction():
            for fact in facts:
                for entry in entries_of(fact):
                    self._write(entry)

    async def close(self) -> None:
        self.close_now()

    def close_now(self) -> None:
        self._db.close()

    @property
    def cluster_id(self) -> str:
        """Empty where no master has started on it yet."""
        return self._meta("cluster_id")

    def fill(self, contents: Contents) -> None:
        """Where no master has started yet; `contents` are of this version's format."""
        with self._transaction():
            self._set_meta("cluster_id", contents.cluster_id)
            self._set_meta("epoch", str(contents.epoch))
            self._db.executemany("INSERT INTO facts VALUES (?, ?, ?)", contents.rows)

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

    def _rows(self) -> Iterator[Row]:
        return (Row(*row) for row in self._db.execute("SELECT kind, id, body FROM facts"))

    def _meta(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def _migrate(self) -> None:
        found = _format_of(self._path, self._meta("format") or str(FORMAT))
        check_format(str(self._path), found)
        if self._meta("format") == str(FORMAT):
            return
        with self._transaction():
            try:
                changed = upgraded(list(self._rows()), found, wire.body_of, wire.value_of)
            except Undecodable as error:
                raise _unusable(self._path, error) from error
            for (kind, name), body in changed:
                self._db.execute("UPDATE facts SET body = ? WHERE kind = ? AND id = ?", (body, kind, name))
            self._set_meta("format", str(FORMAT))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def read_contents(path: Path) -> Contents | None:
    """As they are, also of an older format and while a master runs; None where there are none.

    Raises UnusableRegistry.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None)) as db:
            db.execute("BEGIN")
            meta = dict(db.execute("SELECT name, value FROM meta"))
            rows = tuple(Row(*row) for row in db.execute("SELECT kind, id, body FROM facts ORDER BY kind, id"))
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    if "cluster_id" not in meta:
        return None
    its_format = _format_of(path, meta.get("format", ""))
    check_format(str(path), its_format)
    return Contents(its_format, meta["cluster_id"], int(meta.get("epoch", 0)), rows)


def _format_of(path: Path, found: str) -> int:
    if not found.isdecimal():
        raise UnusableRegistry(f"{path} has registry format {found!r}, which is no number: restore a backup")
    return int(found)


def _unusable(path: Path, error: Exception) -> UnusableRegistry:
    return UnusableRegistry(f"{path}: {error}: restore the file, or start with an empty folder")
