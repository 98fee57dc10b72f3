"""Both stores keep the same promises; SQLite's outlive the object."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from barter.sdk import MemoryStore, SqliteStore, StateStore


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StateStore]:
    if request.param == "memory":
        yield MemoryStore()
        return
    with closing(SqliteStore(tmp_path / "new" / "state.db")) as sqlite:
        yield sqlite


def test_values_come_back_and_go(store: StateStore) -> None:
    store.set("a", b"1")
    store.set("a", b"2")
    store.set("empty", b"")
    assert (store.get("a"), store.get("empty"), store.get("b")) == (b"2", b"", None)
    store.delete("a")
    store.delete("a")
    assert store.get("a") is None


def test_an_update_sets_and_deletes_together(store: StateStore) -> None:
    store.update({"a": b"1", "b": b"1"})
    store.update({"a": None, "b": b"2", "c": b"3", "never": None})
    store.update({})
    assert {key: store.get(key) for key in store.keys("")} == {"b": b"2", "c": b"3"}


def test_keys_by_prefix(store: StateStore) -> None:
    for key in ("apps/b", "apps/a", "app%", "other"):
        store.set(key, b"x")
    assert store.keys("apps/") == ["apps/a", "apps/b"]
    assert store.keys("app%") == ["app%"]
    assert store.keys() == ["app%", "apps/a", "apps/b", "other"]


def test_an_update_that_sqlite_refuses_changes_nothing(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "state.db")) as store:
        store.set("a", b"1")
        with pytest.raises(sqlite3.Error):
            store.update({"a": None, "b": b"1", "c": object()})  # type: ignore[dict-item]
        store.set("d", b"4")
        assert {key: store.get(key) for key in store.keys("")} == {"a": b"1", "d": b"4"}


def test_sqlite_keeps_over_processes(tmp_path: Path) -> None:
    with closing(SqliteStore(tmp_path / "state.db")) as first:
        first.set("key", bytes(range(256)))
    with closing(SqliteStore(tmp_path / "state.db")) as second:
        assert second.get("key") == bytes(range(256))
