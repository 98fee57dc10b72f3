"""The durable facts, in SQLite and in memory alike."""

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from barter.core.cluster import FrameworkInfo
from barter.core.ids import FrameworkId, ReservationId, TaskId, VolumeId
from barter.core.maintenance import Maintenance, Mode
from barter.core.removals import RemovalMode, Removals, RemovedAgent
from barter.core.reservations import PersistentVolume, Reservation
from barter.core.resources import resources
from barter.core.roles import RoleConfig
from barter.master.facts import (
    AgentAdmitted,
    AgentGone,
    AgentLeft,
    AgentRemoved,
    FrameworkAdmitted,
    FrameworkRemoved,
    MaintenanceSet,
    RemovalsSet,
    RemovedForgotten,
    ReservationMade,
    RoleSet,
    VolumeCondemned,
    VolumeMade,
)
from barter.master.registry import MemoryRegistry, Registry
from barter.master.shell.sqlite_registry import SqliteRegistry, UnusableRegistry
from tests.master.world import A1, A2, agent

FRAMEWORK = FrameworkInfo("f", FrameworkId("abc123-1-0001"), roles=("a", "b"), failover_timeout_ms=5)
Reopen = Callable[[], Registry]
ReplyT = TypeVar("ReplyT")


def wait(coming: Coroutine[Any, Any, ReplyT]) -> ReplyT:
    return asyncio.run(coming)


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
        started = wait(registry.start(new_id))
        seen.append((started.cluster_id, started.epoch))
        wait(registry.close())
    assert seen == [("first1", 1), ("first1", 2), ("first1", 3)]


def test_facts_are_there_after_a_restart(reopen: Reopen) -> None:
    registry = reopen()
    wait(registry.start("abc123"))
    wait(registry.commit([AgentAdmitted(agent(A1)), AgentAdmitted(agent(A2)), FrameworkAdmitted(FRAMEWORK)]))
    wait(registry.commit([AgentAdmitted(agent(A1, cpus=9_000)), AgentLeft(A2)]))
    wait(registry.close())
    registry = reopen()
    started = wait(registry.start("abc123"))
    assert (started.agents, started.frameworks) == ((agent(A1, cpus=9_000),), (FRAMEWORK,))
    wait(registry.commit([FrameworkRemoved(FRAMEWORK.framework_id), FrameworkRemoved(FrameworkId("unknown"))]))
    wait(registry.close())
    registry = reopen()
    assert wait(registry.start("abc123")).frameworks == ()
    wait(registry.close())


def test_a_file_that_is_no_registry_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "master.sqlite3"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(UnusableRegistry, match="restore the file, or start with an empty folder"):
        SqliteRegistry(path)


def test_another_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.sqlite3"
    wait(SqliteRegistry(path).close())
    with sqlite3.connect(path) as db:
        db.execute("UPDATE meta SET value = '99' WHERE name = 'format'")
    db.close()
    with pytest.raises(UnusableRegistry, match="has format 99"):
        SqliteRegistry(path)


def test_a_failed_commit_leaves_nothing_behind(tmp_path: Path) -> None:
    registry = SqliteRegistry(tmp_path / "master.sqlite3")
    wait(registry.start("abc123"))
    broken = AgentAdmitted(None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        wait(registry.commit([FrameworkAdmitted(FRAMEWORK), broken]))
    assert wait(registry.start("abc123")).frameworks == ()
    wait(registry.close())


def test_what_belongs_to_an_agent_goes_with_it(reopen: Reopen) -> None:
    registry = reopen()
    wait(registry.start("abc123"))
    both = [
        ReservationMade(Reservation(ReservationId("r"), each, "eng/web", resources(cpus=1000))) for each in (A1, A2)
    ]
    volume = PersistentVolume(VolumeId("v"), ReservationId("r"), A1, 5)
    gone = AgentGone(A1, "burnt")
    role = RoleConfig("eng", 2_000, {"cpus": 1000}, {"mem": 0})
    drain = MaintenanceSet(Maintenance(A1, Mode.DRAINING, 5, 10, "new disks"))
    wait(registry.commit([AgentAdmitted(agent(A1)), *both, VolumeMade(volume), RoleSet(role), drain]))
    started = wait(registry.start("abc123"))
    assert (started.roles, started.volumes, started.maintenance) == ((role,), (volume,), (drain.maintenance,))
    wait(registry.commit([VolumeCondemned(A1, VolumeId("v"))]))
    started = wait(registry.start("abc123"))
    assert (started.volumes, started.condemned) == ((), ((A1, VolumeId("v")),))
    wait(registry.commit([AgentLeft(A1), gone, RoleSet(RoleConfig("eng"))]))
    started = wait(registry.start("abc123"))
    assert started.reservations == (both[1].reservation,)
    assert (started.condemned, started.maintenance, started.roles, started.gone) == ((), (), (), (gone,))
    wait(registry.close())


def test_removed_agents_and_whether_removals_stand_still_are_kept(reopen: Reopen) -> None:
    registry = reopen()
    assert wait(registry.start("abc123")).removals == Removals()
    task = (FRAMEWORK.framework_id, TaskId("t1"))
    known = RemovedAgent(A1, "host-a1", 5, "silent", (task,))
    unknown = RemovedAgent(A2, "host-a2", 6, "silent", tasks_known=False, returned=True)
    held = Removals(RemovalMode.HELD, 7, "wait", 8, (A2,))
    wait(registry.commit([AgentLeft(A1), AgentRemoved(known), AgentRemoved(unknown), RemovalsSet(held)]))
    started = wait(registry.start("abc123"))
    assert (set(started.removed), started.removals) == ({known, unknown}, held)
    wait(registry.commit([RemovedForgotten(A1), RemovalsSet(Removals())]))
    wait(registry.close())
    started = wait(reopen().start("abc123"))
    assert (started.removed, started.removals) == ((unknown,), Removals())
