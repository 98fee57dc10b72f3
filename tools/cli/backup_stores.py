"""Where backups come from and go to: the registry or a framework's state, in a folder or in ZooKeeper."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

from barter.core.candidacy import Lead
from barter.core.candidate_nodes import Unreadable, leader_bytes, leader_of
from barter.core.znode_layout import CANDIDATES, FRAMEWORKS, LEADER
from barter.core.znodes import Conflict, Create, Unknown
from barter.master.registry import UnusableRegistry
from barter.master.registry_rows import Contents, Row
from barter.master.shell import sqlite_registry, zookeeper_backup
from barter.master.shell.sqlite_registry import SqliteRegistry
from barter.master.shell.zookeeper_backup import InUse
from barter.sdk.shell.sqlite_store import SqliteStore
from barter.sdk.shell.zookeeper_store import STATE as STATE_NODE
from barter.sdk.shell.zookeeper_store import ZooKeeperStore
from barter.sdk.store import StateStore, StoreLost, StoreRefused
from barter.sdk.znode_state import ZnodeState
from barter.shell.lock import FolderLock, FolderTaken
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.shell.zookeeper.errors import NotAllowed, SessionOver, Unreachable
from barter.shell.zookeeper.guard import Refused as RootRefused
from barter.shell.zookeeper.guard import prepare
from barter.shell.zookeeper.settings import ZooKeeperSettings
from barter.tools.cli.backup_file import STATE
from barter.tools.cli.errors import Refused

STATE_FORMAT = 1


class Store(Protocol):
    """Its methods raise Refused. `where` is the store in words."""

    where: str

    def read(self) -> Contents | None:
        """None where nothing was ever kept."""
        ...

    def fill(self, contents: Contents) -> None:
        """Refused where something is kept, or who keeps it runs."""
        ...


class RegistryFolder:
    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        self._folder, self._file = folder, folder / sqlite_registry.FILE

    def read(self) -> Contents | None:
        with _refusing():
            return sqlite_registry.read_contents(self._file)

    def fill(self, contents: Contents) -> None:
        with _refusing(), _locked(self._folder, "master"):
            registry = SqliteRegistry(self._file)
            try:
                if registry.cluster_id:
                    raise InUse(
                        f"{self._file} has the registry of cluster {registry.cluster_id} already: "
                        "choose another --data-dir, or move that file and its -wal and -shm away"
                    )
                registry.fill(contents)
            finally:
                registry.close_now()


class RegistryZnodes:
    def __init__(self, settings: ZooKeeperSettings) -> None:
        self.where = str(settings.url)
        self._settings = settings

    def read(self) -> Contents | None:
        with _refusing(), BlockingZooKeeper(self._settings, lease=False) as zk:
            return zookeeper_backup.read_contents(zk)

    def fill(self, contents: Contents) -> None:
        with _refusing(), BlockingZooKeeper(self._settings, lease=False) as zk:
            prepare(zk)
            zookeeper_backup.refill(zk, contents)


class StateFolder:
    def __init__(self, folder: Path, name: str) -> None:
        self.where = f"{name} in {folder}"
        self._folder, self._file = folder, folder / f"{name}.sqlite"

    def read(self) -> Contents | None:
        if not self._file.exists():
            return None
        uri = f"{self._file.absolute().as_uri()}?mode=rw"
        with _refusing(), closing(sqlite3.connect(uri, uri=True)) as db:
            return _contents(dict(db.execute("SELECT key, value FROM state")))

    def fill(self, contents: Contents) -> None:
        with _refusing(), _locked(self._folder, "framework"):
            store = SqliteStore(self._file)
            try:
                _fill(store, contents, f"{self._file}: choose another --data-dir, or move that file away")
            finally:
                store.close()


class StateZnodes:
    def __init__(self, settings: ZooKeeperSettings, name: str) -> None:
        self.where = f"{name} in {settings.url}"
        self._settings = settings
        self._place = f"{FRAMEWORKS}/{name}"
        self._name = name

    def read(self) -> Contents | None:
        state = f"{self._place}/{STATE_NODE}"
        with _refusing(), BlockingZooKeeper(self._settings, lease=False) as zk:
            for _ in range(zookeeper_backup.READINGS):
                if (head := zk.get(state)) is None:
                    return None
                names = zk.children(state)
                found = zk.get_many([f"{state}/{name}" for name in names])
                if zk.get(state) == head:
                    nodes = {path.rpartition("/")[2]: node.data for path, node in found.items() if node is not None}
                    read = ZnodeState(state, 0)
                    read.load(head.data, nodes)
                    return _contents(read.values)
        raise Refused(f"{self.where} changed while it was read", then="try again when less is going on")

    def fill(self, contents: Contents) -> None:
        with _refusing(), BlockingZooKeeper(self._settings, lease=False) as zk:
            prepare(zk)
            candidates = f"{self._place}/{CANDIDATES}"
            if zk.get(self._place) is None:
                data = leader_bytes(0, "", {})
                zk.commit([Create(self._place), Create(candidates), Create(f"{self._place}/{LEADER}", data)])
            if names := zk.children(candidates):
                raise InUse(f"{self._name} runs ({candidates}/{min(names)}): stop it first")
            leader = zk.get(f"{self._place}/{LEADER}")
            if leader is None:
                raise InUse(f"{self._place}/{LEADER} is not there: choose another path")
            epoch = leader_of(f"{self._place}/{LEADER}", leader.data, leader.version).epoch
            lead = Lead(epoch, leader.version, "a restore")
            store = ZooKeeperStore(zk, self._name, lead, lambda: True)
            _fill(store, contents, f"{zk.connection.absolute(self._place)}: choose another path, or remove that node")


def _contents(values: Mapping[str, bytes]) -> Contents:
    return Contents(STATE_FORMAT, "", 0, tuple(Row(STATE, *each) for each in sorted(values.items())))


def _fill(store: StateStore, contents: Contents, instead: str) -> None:
    if store.keys():
        raise InUse(f"it keeps something already: {instead}")
    store.update({row.name: row.body for row in contents.rows})


@contextmanager
def _locked(folder: Path, holder: str) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True)
    lock = FolderLock(folder / "lock", holder, "stop it, or choose another --data-dir")
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except (InUse, FolderTaken, UnusableRegistry, StoreRefused, RootRefused, NotAllowed, Unreadable) as error:
        raise Refused(str(error)) from None
    except Conflict as error:
        raise Refused(f"a process began to use it meanwhile ({error})", then="stop it, and try again") from None
    except (Unreachable, SessionOver, Unknown, StoreLost) as error:
        raise Refused(str(error), then="try again once ZooKeeper answers") from None
    except (OSError, sqlite3.Error, ValueError) as error:
        raise Refused(str(error)) from None
