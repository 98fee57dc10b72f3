"""A durable file is one, and what cannot be a database is refused without leaving it open."""

import sqlite3
from pathlib import Path

import pytest

from barter.shell.sqlite import open_durable

FULL = 2


def test_commits_go_to_the_disk(tmp_path: Path) -> None:
    db = open_durable(tmp_path / "facts.sqlite")
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert db.execute("PRAGMA synchronous").fetchone() == (FULL,)
    db.close()


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "facts.sqlite").write_text("no database, and long enough that nobody takes it for an empty one" * 9)
    with pytest.raises(sqlite3.DatabaseError):
        open_durable(tmp_path / "facts.sqlite")


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "facts.sqlite"
    file.touch(mode=0o644)
    db = open_durable(file)
    db.execute("CREATE TABLE secrets (env TEXT)")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    db.close()
