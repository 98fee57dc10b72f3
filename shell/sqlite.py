"""SQLite files that keep what they were told."""

import sqlite3
from pathlib import Path


def open_durable(path: Path | str) -> sqlite3.Connection:
    """In autocommit, WAL with synchronous=FULL: what was committed is on the disk. Raises sqlite3.Error."""
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error:
        db.close()
        raise
    return db
