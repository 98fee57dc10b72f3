"""The three stores of a registry for tests, the real ZooKeeper included: opened as by one master after the other."""

import itertools
import json
import sqlite3
from collections.abc import Coroutine, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol, TypeVar

from barter.core.candidacy import Lead
from barter.core.znodes import Create, SetData
from barter.core.zookeeper_url import parse_url
from barter.master.registry import MemoryRegistry, Registry
from barter.master.registry_rows import KINDS, Row
from barter.master.registry_shards import to_bytes
from barter.master.shell.sqlite_registry import SqliteRegistry
from barter.master.shell.zookeeper_registry import FENCE, ZooKeeperRegistry
from barter.master.znode_registry import Meta
from barter.shell.zookeeper.guard import prepared
from barter.shell.zookeeper.loop import ZooKeeper
from barter.shell.zookeeper.settings import ZooKeeperSettings

ReplyT = TypeVar("ReplyT")
SESSION_MS = 20_000
CREDENTIALS = "barter:secret"
_paths = itertools.count(1)


class Loop(Protocol):
    """Runs in the one event loop of a test."""

    def __call__(self, coming: Coroutine[Any, Any, ReplyT], /) -> ReplyT: ...


class Memory:
    def __init__(self) -> None:
        self._kept = MemoryRegistry()

    def open(self) -> Registry:
        return self._kept

    def close(self) -> None:
        pass


class Sqlite:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "master.sqlite3"
        self.where = str(self.path)

    def open(self) -> SqliteRegistry:
        return SqliteRegistry(self.path)

    def put(self, found: int, rows: Sequence[Row]) -> None:
        """As a version with another format would have left it, after epoch 7."""
        SqliteRegistry(self.path)._db.close()
        with closing(sqlite3.connect(self.path)) as db, db:
            db.execute("UPDATE meta SET value = ? WHERE name = 'format'", (str(found),))
            db.execute("INSERT INTO meta VALUES ('cluster_id', 'abc123'), ('epoch', '7')")
            db.executemany("INSERT INTO facts VALUES (?, ?, ?)", rows)

    def close(self) -> None:
        pass


class Znodes:
    """A path of its own at a server; each `open` takes the lead as a new leader would."""

    def __init__(self, address: str, wait: Loop) -> None:
        self._wait = wait
        self.where = "registry"
        self.url = f"zk://{CREDENTIALS}@{address}/t{next(_paths)}"
        self.zk = self.connect()
        wait(prepared(self.zk))

    def connect(self, address: str = "") -> ZooKeeper:
        """Another session, perhaps by way of another address."""
        url = parse_url(self.url.replace(self.url.split("@")[1].split("/")[0], address) if address else self.url)
        zk = ZooKeeper(ZooKeeperSettings(url, SESSION_MS))
        self._wait(zk.start())
        self._wait(zk.opened(60))
        return zk

    def open(self, zk: ZooKeeper | None = None) -> ZooKeeperRegistry:
        return ZooKeeperRegistry(zk or self.zk, self._wait(self.take_lead()))

    async def take_lead(self) -> Lead:
        leader = await self.zk.get(FENCE)
        assert leader is not None
        epoch = json.loads(leader.data)["epoch"] + 1
        said = {"epoch": epoch, "token": f"t{epoch}", "addresses": {}}
        await self.zk.commit([SetData(FENCE, json.dumps(said).encode(), leader.version)])
        return Lead(epoch, leader.version + 1, "a test")

    def put(self, found: int, rows: Sequence[Row]) -> None:
        shards: dict[str, dict[str, bytes]] = {kind: {} for kind in KINDS}
        for row in rows:
            shards[row.kind][row.name] = row.body
        made = [Create(f"registry/{kind}") for kind in shards]
        made += [Create(f"registry/{kind}/0", to_bytes(each)) for kind, each in shards.items() if each]
        self._wait(self.zk.commit([Create("registry", Meta(found, "abc123").to_bytes()), *made]))

    def close(self) -> None:
        self._wait(self.zk.close())


Store = Memory | Sqlite | Znodes
