"""A state store in one SQLite file."""

from collections.abc import Mapping
from pathlib import Path

from barter.sdk.store import StateStore
from barter.shell.sqlite import open_durable


class SqliteStore(StateStore):
    """What was set is on the disk when `set` returns. Raises sqlite3.Error."""

    def __init__(self, path: Path | str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._db = open_durable(path)
        # With rowids: without them a search that passes by a large value reads all of it.
        self._db.execute("CREATE TABLE IF NOT EXISTS state (key TEXT PRIMARY KEY, value BLOB NOT NULL)")

    def get(self, key: str) -> bytes | None:
        row = self._db.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return None if row is None else bytes(row[0])

    def keys(self, prefix: str = "") -> list[str]:
        rows = self._db.execute("SELECT key FROM state WHERE substr(key, 1, ?) = ? ORDER BY key", (len(prefix), prefix))
        return [row[0] for row in rows]

    def update(self, values: Mapping[str, bytes | None]) -> None:
        gone = [(key,) for key, value in values.items() if value is None]
        there = [(key, value) for key, value in values.items() if value is not None]
        # In autocommit the connection ends a transaction by itself only where one was begun.
        self._db.execute("BEGIN IMMEDIATE")
        with self._db:
            self._db.executemany("DELETE FROM state WHERE key = ?", gone)
            self._db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", there)

    def close(self) -> None:
        self._db.close()
