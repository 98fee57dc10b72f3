"""SQLite files that keep what they were told."""

import contextlib
import os
import sqlite3
from pathlib import Path


def open_durable(path: Path | str) -> sqlite3.Connection:
    """In autocommit, WAL with synchronous=FULL: what was committed is on the disk. Raises sqlite3.Error.

    Only its owner may read it, for tasks' environments hold secrets; SQLite gives its other files the same mode.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        os.chmod(path, 0o600)
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error:
        db.close()
        raise
    return db
