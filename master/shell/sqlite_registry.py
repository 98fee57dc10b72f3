"""The durable facts of a standalone master, in one SQLite file."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from barter.master.facts import AgentAdmitted, AgentLeft, Fact, FrameworkAdmitted, FrameworkRemoved, Recovered
from barter.proto import codec
from barter.proto.v1 import types_pb2 as pb
from barter.shell.sqlite import open_durable

FORMAT = "1"
AGENT, FRAMEWORK = "agent", "framework"
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (kind TEXT, id TEXT, body BLOB NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
"""


class UnusableRegistry(Exception):
    """The file is no registry, is damaged, or was written by another version."""


class SqliteRegistry:
    """What was committed is on the disk. Bodies are the contract's protobuf messages."""

    def __init__(self, path: Path) -> None:
        """Raises UnusableRegistry."""
        self._path = path
        try:
            self._db = open_durable(path)
        except sqlite3.Error as error:
            raise _unusable(path, error) from error
        try:
            self._db.executescript(_TABLES)
            self._check_format()
        except sqlite3.Error as error:
            self._db.close()
            raise _unusable(path, error) from error

    def start(self, new_cluster_id: str) -> Recovered:
        with self._transaction():
            self._db.execute("INSERT OR IGNORE INTO meta VALUES ('cluster_id', ?)", (new_cluster_id,))
            epoch = int(self._meta("epoch") or 0) + 1
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('epoch', ?)", (str(epoch),))
        agents = (codec.agent_from_wire(pb.AgentInfo.FromString(body)) for body in self._bodies(AGENT))
        frameworks = (codec.framework_from_wire(pb.FrameworkInfo.FromString(body)) for body in self._bodies(FRAMEWORK))
        return Recovered(self._meta("cluster_id"), epoch, tuple(agents), tuple(frameworks))

    def commit(self, facts: Sequence[Fact]) -> None:
        with self._transaction():
            for fact in facts:
                self._write(fact)

    def close(self) -> None:
        self._db.close()

    def _write(self, fact: Fact) -> None:
        match fact:
            case AgentAdmitted(info):
                self._put(AGENT, info.agent_id, codec.agent_to_wire(info).SerializeToString())
            case FrameworkAdmitted(framework):
                self._put(FRAMEWORK, framework.framework_id, codec.framework_to_wire(framework).SerializeToString())
            case AgentLeft(agent_id):
                self._drop(AGENT, agent_id)
            case FrameworkRemoved(framework_id):
                self._drop(FRAMEWORK, framework_id)

    def _put(self, kind: str, name: str, body: bytes) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?, ?)", (kind, name, body))

    def _drop(self, kind: str, name: str) -> None:
        self._db.execute("DELETE FROM facts WHERE kind = ? AND id = ?", (kind, name))

    def _bodies(self, kind: str) -> list[bytes]:
        return [row[0] for row in self._db.execute("SELECT body FROM facts WHERE kind = ? ORDER BY id", (kind,))]

    def _meta(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def _check_format(self) -> None:
        self._db.execute("INSERT OR IGNORE INTO meta VALUES ('format', ?)", (FORMAT,))
        if (found := self._meta("format")) != FORMAT:
            self._db.close()
            raise UnusableRegistry(f"{self._path} has format {found}, this version reads {FORMAT}: use its version")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _unusable(path: Path, error: sqlite3.Error) -> UnusableRegistry:
    return UnusableRegistry(f"{path}: {error}: restore the file, or start with an empty folder")
