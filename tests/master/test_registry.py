"""The durable facts, in SQLite and in memory alike."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from barter.core.cluster import FrameworkInfo
from barter.core.ids import FrameworkId
from barter.master.facts import AgentAdmitted, AgentLeft, FrameworkAdmitted, FrameworkRemoved
from barter.master.registry import MemoryRegistry, Registry
from barter.master.shell.sqlite_registry import SqliteRegistry, UnusableRegistry
from tests.master.world import A1, A2, agent

FRAMEWORK = FrameworkInfo("f", FrameworkId("abc123-1-0001"), roles=("a", "b"), failover_timeout_ms=5)
Reopen = Callable[[], Registry]


@pytest.fixture(params=["sqlite", "memory"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Reopen:
    """The same registry again, as after a restart."""
    if request.param == "sqlite":
        return lambda: SqliteRegistry(tmp_path / "master.sqlite3")
    kept = MemoryRegistry()
    return lambda: kept


def test_the_cluster_id_stays_and_the_epoch_rises_with_every_start(reopen: Reopen) -> None:
    seen = []
    for new_id in ("first1", "other2", "other3"):
        registry = reopen()
        started = registry.start(new_id)
        seen.append((started.cluster_id, started.epoch))
        registry.close()
    assert seen == [("first1", 1), ("first1", 2), ("first1", 3)]


def test_facts_are_there_after_a_restart(reopen: Reopen) -> None:
    registry = reopen()
    registry.start("abc123")
    registry.commit([AgentAdmitted(agent(A1)), AgentAdmitted(agent(A2)), FrameworkAdmitted(FRAMEWORK)])
    registry.commit([AgentAdmitted(agent(A1, cpus=9_000)), AgentLeft(A2)])
    registry.close()
    registry = reopen()
    started = registry.start("abc123")
    assert (started.agents, started.frameworks) == ((agent(A1, cpus=9_000),), (FRAMEWORK,))
    registry.commit([FrameworkRemoved(FRAMEWORK.framework_id), FrameworkRemoved(FrameworkId("unknown"))])
    registry.close()
    registry = reopen()
    assert registry.start("abc123").frameworks == ()
    registry.close()


def test_a_file_that_is_no_registry_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "master.sqlite3"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(UnusableRegistry, match="restore the file, or start with an empty folder"):
        SqliteRegistry(path)


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.sqlite3"
    SqliteRegistry(path).close()
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '99' WHERE name = 'format'")
    db.close()
    with pytest.raises(UnusableRegistry, match="has format 99"):
        SqliteRegistry(path)


def test_a_failed_commit_leaves_nothing_behind(tmp_path: Path) -> None:
    registry = SqliteRegistry(tmp_path / "master.sqlite3")
    registry.start("abc123")
    broken = AgentAdmitted(None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        registry.commit([FrameworkAdmitted(FRAMEWORK), broken])
    assert registry.start("abc123").frameworks == ()
    registry.close()
