"""`barter backup` and `barter restore` between any two stores, the real ZooKeeper included."""

import asyncio
import contextlib
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from barter.core.ids import FrameworkId, TaskId
from barter.core.removals import MOST_TASKS, RemovedAgent
from barter.core.znodes import Create, SetData
from barter.master.facts import AgentAdmitted, Fact, FrameworkAdmitted, Recovered
from barter.master.registry import EPOCHS_AHEAD
from barter.master.registry_rows import Contents, Row
from barter.master.shell import zookeeper_backup
from barter.master.shell.sqlite_registry import SqliteRegistry
from barter.master.shell.wire_facts import body_of
from barter.master.shell.zookeeper_registry import FENCE
from barter.sdk.shell.sqlite_store import SqliteStore
from barter.shell.lock import FolderLock
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.tools.cli.backup_file import REGISTRY, STATE, Backup, Damaged, from_bytes, to_bytes
from barter.tools.cli.main import cli
from tests.integration.zookeeper import ZooKeeperServer, require_zookeeper
from tests.master.registry_kit import in_order
from tests.master.registry_stores import Loop, Znodes
from tests.master.test_registry import FRAMEWORK
from tests.master.world import A1, A2, agent

ROWS = st.lists(st.builds(Row, st.just("agent"), st.text(max_size=9), st.binary(max_size=30)), max_size=5)
Change = Callable[[bytes], bytes]
FACTS: list[Fact] = [AgentAdmitted(agent(A1)), AgentAdmitted(agent(A2)), FrameworkAdmitted(FRAMEWORK)]


@pytest.fixture(scope="module")
def server() -> Iterator[ZooKeeperServer]:
    require_zookeeper()
    with ZooKeeperServer() as server:
        yield server


@pytest.fixture(scope="module")
def wait() -> Iterator[Loop]:
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture
def znodes(server: ZooKeeperServer, wait: Loop) -> Iterator[Znodes]:
    store = Znodes(server.address, wait)
    yield store
    store.close()


@pytest.fixture
def folder(tmp_path: Path, wait: Loop) -> Path:
    """A master's, with facts in it, after epoch 1."""
    folder = tmp_path / "standalone"
    folder.mkdir()
    registry = SqliteRegistry(folder / "master.sqlite3")
    wait(registry.start("abc123"))
    wait(registry.commit(FACTS))
    wait(registry.close())
    return folder


@pytest.fixture
def saved(folder: Path, tmp_path: Path) -> Path:
    file = tmp_path / "cluster.backup"
    assert "cluster abc123, epoch 1" in done("backup", file, "--data-dir", folder)
    return file


def barter(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def done(*words: object) -> str:
    result = barter(*words)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*words: object) -> str:
    result = barter(*words)
    assert result.exit_code == 1, result.output
    return result.output


def started(folder: Path, wait: Loop) -> Recovered:
    registry = SqliteRegistry(folder / "master.sqlite3")
    recovered = wait(registry.start("other1"))
    wait(registry.close())
    return recovered


def test_from_one_store_to_the_other_and_back(
    folder: Path, saved: Path, znodes: Znodes, tmp_path: Path, wait: Loop
) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    done("restore", saved, "--zk", znodes.url)
    registry = znodes.open()
    moved = wait(registry.start("other1"))
    assert (moved.cluster_id, moved.epoch) == ("abc123", EPOCHS_AHEAD + 2)
    assert {each.agent_id for each in moved.agents} == {A1, A2}
    wait(registry.commit([AgentAdmitted(agent(A1, cpus=9_000))]))
    second = tmp_path / "second.backup"
    done("backup", second, "--zk", znodes.url)
    again = tmp_path / "again"
    done("restore", second, "--data-dir", again)
    back = started(again, wait)
    assert back.epoch == 2 * EPOCHS_AHEAD + 3
    assert in_order(back).agents == tuple(sorted((agent(A1, cpus=9_000), agent(A2)), key=repr))
    assert back.frameworks == (FRAMEWORK,)


def test_through_pipes(folder: Path, tmp_path: Path, wait: Loop) -> None:
    written = barter("backup", "-", "--data-dir", folder)
    result = CliRunner().invoke(cli, ["restore", "-", "--data-dir", str(tmp_path / "new")], input=written.stdout_bytes)
    assert result.exit_code == 0, result.output
    assert len(started(tmp_path / "new", wait).agents) == 2


def test_a_target_that_has_a_registry_is_refused(folder: Path, saved: Path, znodes: Znodes, wait: Loop) -> None:
    assert "has the registry of cluster abc123 already" in refused("restore", saved, "--data-dir", folder)
    wait(znodes.open().start("other1"))
    output = refused("restore", saved, "--zk", znodes.url)
    assert "it has the registry of cluster other1 already: choose another path" in output
    assert wait(znodes.open().start("new")).cluster_id == "other1"


def test_a_target_on_which_a_master_runs_is_refused(saved: Path, znodes: Znodes, tmp_path: Path, wait: Loop) -> None:
    busy = tmp_path / "busy"
    busy.mkdir()
    lock = FolderLock(busy / "lock", "master", "stop it")
    assert "is in use by another master" in refused("restore", saved, "--data-dir", busy)
    lock.release()
    wait(znodes.zk.commit([Create("masters/candidates/c-x.1-", ephemeral=True, sequence=True)]))
    assert "masters run on it (masters/candidates/c-x.1-" in refused("restore", saved, "--zk", znodes.url)
    assert wait(znodes.zk.get("registry")) is None


def test_a_backup_is_taken_while_masters_write(znodes: Znodes, tmp_path: Path, wait: Loop) -> None:
    registry = znodes.open()
    wait(registry.start("abc123"))

    async def both() -> str:
        await write(1)
        writing = asyncio.create_task(write(1_000))
        output = await asyncio.to_thread(done, "backup", tmp_path / "one", "--zk", znodes.url)
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
        return output

    async def write(times: int) -> None:
        for number in range(times):
            await registry.commit(
                [AgentAdmitted(agent(A1, cpus=number + 1)), AgentAdmitted(agent(A2, cpus=number + 1))]
            )
            await asyncio.sleep(0.02)

    assert "cluster abc123" in wait(both())
    done("restore", tmp_path / "one", "--data-dir", tmp_path / "new")
    first, second = started(tmp_path / "new", wait).agents
    assert first.resources == second.resources


def test_a_restore_that_ended_in_the_middle_is_refused_by_masters_and_begun_again(
    saved: Path, znodes: Znodes, wait: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = iter([None, None, RuntimeError("kill -9")])
    commit = BlockingZooKeeper.commit

    def dies(self: BlockingZooKeeper, operations: list[object]) -> object:
        if (error := next(calls)) is not None:
            raise error
        return commit(self, operations)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(BlockingZooKeeper, "commit", dies)
        assert isinstance(barter("restore", saved, "--zk", znodes.url).exception, RuntimeError)
    with pytest.raises(Exception, match="registry: a restore did not come to its end"):
        wait(znodes.open().start("other1"))
    done("restore", saved, "--zk", znodes.url)
    assert len(wait(znodes.open().start("other1")).agents) == 2


def test_a_master_that_starts_meanwhile_ends_a_restore(
    saved: Path, znodes: Znodes, wait: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = zookeeper_backup._look

    def slowly(zk: BlockingZooKeeper) -> list[object]:
        found = look(zk)
        leader = zk.get(FENCE)
        assert leader is not None
        return [*found, SetData(FENCE, leader.data, leader.version)]

    monkeypatch.setattr(zookeeper_backup, "_look", slowly)
    assert "a process began to use it meanwhile" in refused("restore", saved, "--zk", znodes.url)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda data: data[:-30], "it was cut off or changed"),
        (lambda data: data[: len(data) // 2], "it was cut off or changed"),
        (lambda data: data.replace(b"a1", b"a7", 1), "it was cut off or changed"),
        (lambda data: data.replace(b'"version": 1', b'"version": 2', 1), "this Barter knows up to 1"),
        (lambda data: b"", "it is no backup of Barter's"),
        (lambda data: b"\x7fELF\n" * 9, "it is no backup of Barter's"),
    ],
)
def test_a_file_that_is_damaged_or_newer_is_refused(saved: Path, tmp_path: Path, change: Change, why: str) -> None:
    saved.write_bytes(change(saved.read_bytes()))
    assert why in refused("restore", saved, "--data-dir", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_an_older_registry_is_migrated_a_newer_one_refused(tmp_path: Path, wait: Loop) -> None:
    many = tuple((FrameworkId("abc123-1-0001"), TaskId(f"t{number}")) for number in range(MOST_TASKS + 9))
    gone = RemovedAgent(A1, "h", 5, "silent", many)
    rows = (Row("removed", "a1", body_of("removed", gone)),)
    file = tmp_path / "old"
    for number in (1, 3):
        file.write_bytes(to_bytes(Backup(REGISTRY, Contents(number, "abc123", 7, rows), "then")))
        if number == 3:
            assert "has registry format 3, this version knows up to 2" in refused(
                "restore", file, "--data-dir", tmp_path
            )
        else:
            done("restore", file, "--data-dir", tmp_path / "new")
            assert started(tmp_path / "new", wait).removed == (gone.bounded(),)


def test_an_older_file_is_backed_up_as_it_is(tmp_path: Path) -> None:
    golden = Path(__file__).parent.parent / "golden" / "registry_1.sql"
    with contextlib.closing(sqlite3.connect(tmp_path / "master.sqlite3")) as db:
        db.executescript(golden.read_text())
    done("backup", tmp_path / "file", "--data-dir", tmp_path)
    contents = from_bytes((tmp_path / "file").read_bytes()).contents
    assert (contents.format, contents.epoch, len(contents.rows)) == (1, 2, 11)


def test_where_nothing_is_nothing_is_backed_up(znodes: Znodes, tmp_path: Path) -> None:
    for where in (("--data-dir", tmp_path), ("--zk", znodes.url)):
        assert "nothing is kept in" in refused("backup", tmp_path / "file", *where)
    assert barter("backup", tmp_path / "file").exit_code == 2
    assert barter("backup", tmp_path / "file", "--zk", znodes.url, "--data-dir", tmp_path).exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_frameworks_state_moves_too(znodes: Znodes, tmp_path: Path, saved: Path) -> None:
    values = {"barter.framework-id": b"abc123-1-0001", "apps": b"\0" * 900_000, "größe": b"x"}
    store = SqliteStore(tmp_path / "service.sqlite")
    store.update(values)
    store.close()
    file = tmp_path / "service.backup"
    assert "3 values of service" in done("backup", file, "--framework", "service", "--data-dir", tmp_path)
    done("restore", file, "--framework", "service", "--zk", znodes.url)
    assert "keeps something already" in refused("restore", file, "--framework", "service", "--zk", znodes.url)
    second = tmp_path / "second.backup"
    done("backup", second, "--framework", "service", "--zk", znodes.url)
    done("restore", second, "--framework", "service", "--data-dir", tmp_path / "new")
    again = SqliteStore(tmp_path / "new" / "service.sqlite")
    assert {key: again.get(key) for key in again.keys("")} == values
    again.close()
    assert "--framework service" in refused("restore", file, "--framework", "batch", "--data-dir", tmp_path / "b")
    assert "of a registry" in refused("restore", saved, "--framework", "service", "--data-dir", tmp_path / "b")
    assert barter("backup", file, "--framework", "../x", "--data-dir", tmp_path).exit_code == 2


@given(ROWS, st.sampled_from([REGISTRY, STATE]))
def test_a_file_is_read_as_it_was_written(rows: list[Row], of: str) -> None:
    backup = Backup(of, Contents(2, "abc123", 7, tuple(rows)), "then", "service" if of == STATE else "")
    assert from_bytes(to_bytes(backup)) == backup


@given(ROWS, st.data())
def test_whatever_was_changed_in_a_file_is_found(rows: list[Row], data: st.DataObject) -> None:
    whole = to_bytes(Backup(REGISTRY, Contents(2, "abc123", 7, tuple(rows)), "then"))
    at = data.draw(st.integers(0, len(whole) - 2))
    for broken in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
        with pytest.raises(Damaged):
            from_bytes(broken)
