"""The durable facts, in memory, in SQLite and in ZooKeeper alike."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barter.core.cluster import FrameworkInfo
from barter.core.ids import FrameworkId, ReservationId, TaskId, VolumeId
from barter.core.maintenance import Maintenance, Mode
from barter.core.removals import MOST_TASKS, RemovalMode, Removals, RemovedAgent
from barter.core.reservations import PersistentVolume, Reservation
from barter.core.resources import resources
from barter.core.roles import RoleConfig
from barter.master.facts import (
    AgentAdmitted,
    AgentGone,
    AgentLeft,
    AgentRemoved,
    Fact,
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
from barter.master.registry import MemoryFacts, UnusableRegistry
from barter.master.registry_rows import Row
from barter.master.shell.sqlite_registry import SqliteRegistry
from barter.master.shell.wire_facts import body_of
from tests.integration.zookeeper import ZooKeeperServer, require_zookeeper
from tests.master import registry_kit as kit
from tests.master.registry_stores import Loop, Memory, Sqlite, Store, Znodes
from tests.master.world import A1, A2, agent

FRAMEWORK = FrameworkInfo("f", FrameworkId("abc123-1-0001"), roles=("a", "b"), failover_timeout_ms=5)
GOLDEN = Path(__file__).parent.parent / "golden" / "registry_1.sql"


@pytest.fixture(scope="module")
def server() -> Iterator[ZooKeeperServer]:
    require_zookeeper()
    with ZooKeeperServer() as server:
        yield server


@pytest.fixture(scope="module")
def wait() -> Iterator[Loop]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(params=["memory", "sqlite", "zookeeper"])
def store(request: pytest.FixtureRequest, tmp_path: Path, wait: Loop) -> Iterator[Store]:
    with contextlib.contextmanager(made)(request, tmp_path, wait) as store:
        yield store


def made(request: pytest.FixtureRequest, folder: Path, wait: Loop) -> Iterator[Store]:
    if request.param == "zookeeper":
        store = Znodes(request.getfixturevalue("server").address, wait)
        yield store
        store.close()
    else:
        yield Sqlite(folder) if request.param == "sqlite" else Memory()


def test_the_cluster_id_stays_and_the_epoch_rises_with_every_start(store: Store, wait: Loop) -> None:
    seen = []
    for new_id in ("first1", "other2", "other3"):
        registry = store.open()
        started = wait(registry.start(new_id))
        seen.append((started.cluster_id, started.epoch))
        wait(registry.close())
    assert seen == [("first1", 1), ("first1", 2), ("first1", 3)]


def test_facts_are_there_after_a_restart(store: Store, wait: Loop) -> None:
    registry = store.open()
    wait(registry.start("abc123"))
    wait(registry.commit([AgentAdmitted(agent(A1)), AgentAdmitted(agent(A2)), FrameworkAdmitted(FRAMEWORK)]))
    wait(registry.commit([AgentAdmitted(agent(A1, cpus=9_000)), AgentLeft(A2)]))
    wait(registry.close())
    registry = store.open()
    started = wait(registry.start("abc123"))
    assert (started.agents, started.frameworks) == ((agent(A1, cpus=9_000),), (FRAMEWORK,))
    wait(registry.commit([FrameworkRemoved(FRAMEWORK.framework_id), FrameworkRemoved(FrameworkId("unknown"))]))
    wait(registry.close())
    registry = store.open()
    assert wait(registry.start("abc123")).frameworks == ()
    wait(registry.close())


def test_a_file_that_is_no_registry_is_refused_with_what_to_do(tmp_path: Path, wait: Loop) -> None:
    path = tmp_path / "master.sqlite3"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(UnusableRegistry, match="restore the file, or start with an empty folder"):
        SqliteRegistry(path)


def test_a_failed_commit_leaves_nothing_behind(store: Store, wait: Loop) -> None:
    registry = store.open()
    wait(registry.start("abc123"))
    broken = AgentAdmitted(None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        wait(registry.commit([FrameworkAdmitted(FRAMEWORK), broken]))
    wait(registry.commit([AgentAdmitted(agent(A1))]))
    wait(registry.close())
    started = wait(store.open().start("abc123"))
    assert (started.agents, started.frameworks) == ((agent(A1),), ())


# Kazoo draws its pauses in a thread of its own, which looks as if the strategies did.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")
@given(st.lists(st.lists(kit.FACTS, min_size=1, max_size=9), max_size=6))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_committed_is_there_after_a_restart(store: Store, wait: Loop, batches: list[list[Fact]]) -> None:
    """On what the examples before have left."""
    registry, memory = store.open(), MemoryFacts()
    before = wait(registry.start("abc123"))
    memory.commit(kit.told_again(before))
    for batch in batches:
        wait(registry.commit(batch))
        memory.commit(batch)
    wait(registry.close())
    registry = store.open()
    assert kit.in_order(wait(registry.start("abc123"))) == kit.in_order(memory.start("abc123"))
    wait(registry.close())


@pytest.fixture(params=["sqlite", "zookeeper"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, wait: Loop) -> Iterator[Sqlite | Znodes]:
    """Of the stores those that outlive a version of Barter."""
    with contextlib.contextmanager(made)(request, tmp_path, wait) as store:
        assert not isinstance(store, Memory)
        yield store


def test_a_newer_format_is_refused_and_stays_as_it_is(kept: Sqlite | Znodes, wait: Loop) -> None:
    kept.put(99, [Row("agent", "a1", b"what nobody knows yet")])
    for _ in range(2):
        with pytest.raises(UnusableRegistry, match=f"{kept.where} has registry format 99, this version knows up to 2"):
            wait(kept.open().start("abc123"))


def test_an_older_format_is_migrated(kept: Sqlite | Znodes, wait: Loop) -> None:
    many = tuple((FRAMEWORK.framework_id, TaskId(f"t{number}")) for number in range(MOST_TASKS + 9))
    gone = RemovedAgent(A1, "host-a1", 5, "silent", many)
    kept.put(1, [Row("removed", "a1", body_of("removed", gone)), Row("agent", "a2", body_of("agent", agent(A2)))])
    for _ in range(2):
        registry = kept.open()
        started = wait(registry.start("other1"))
        wait(registry.close())
        assert (started.cluster_id, started.agents, started.removed) == ("abc123", (agent(A2),), (gone.bounded(),))


def test_the_file_of_an_older_version_is_read(tmp_path: Path, wait: Loop) -> None:
    """Written by the last version with format 1."""
    path = tmp_path / "master.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(GOLDEN.read_text())
    registry = SqliteRegistry(path)
    started = wait(registry.start("other1"))
    wait(registry.close())
    assert (started.cluster_id, started.epoch, [each.agent_id for each in started.agents]) == ("abc123", 3, [A1, A2])
    assert started.agents[0].attributes == {"zone": "a", "rack": "r1"}
    assert [each.mode for each in started.maintenance] == [Mode.DRAINING]
    assert [each.name for each in started.frameworks] == ["web"]
    assert (started.roles[0].weight_milli, started.condemned) == (2_000, ((A1, VolumeId("v2")),))
    assert (len(started.reservations), len(started.volumes), len(started.gone)) == (1, 1, 1)
    assert (len(started.removed[0].tasks), started.removals.mode) == (2, RemovalMode.HELD)
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT value FROM meta WHERE name = 'format'").fetchone() == ("2",)


def test_a_row_that_is_damaged_is_named(kept: Sqlite | Znodes, wait: Loop) -> None:
    kept.put(2, [Row("agent", "a1", b"\xff\xff")])
    with pytest.raises(UnusableRegistry, match=f"{kept.where}.*agent a1"):
        wait(kept.open().start("abc123"))


def test_what_belongs_to_an_agent_goes_with_it(store: Store, wait: Loop) -> None:
    registry = store.open()
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


def test_removed_agents_and_whether_removals_stand_still_are_kept(store: Store, wait: Loop) -> None:
    registry = store.open()
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
    started = wait(store.open().start("abc123"))
    assert (started.removed, started.removals) == ((unknown,), Removals())
