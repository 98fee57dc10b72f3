"""The agent's ledger on disk: SQLite (WAL, synchronous=FULL), one transaction per batch of facts."""

import contextlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from barter.agent.book import Book, Entry
from barter.agent.described import Description
from barter.agent.facts import LAZY, Fact
from barter.agent.runtime.room import no_room
from barter.agent.shell.description import KeptDescription
from barter.agent.shell.rows import statements
from barter.agent.shell.wire import Wires
from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.core.resources import NOTHING
from barter.core.tasks import TaskInfo, TaskStatus
from barter.proto import codec
from barter.proto.v1 import types_pb2 as pb
from barter.shell.sqlite import open_durable

FORMAT = 1
FILE = "ledger.sqlite"
_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE spent (framework_id TEXT, task_id TEXT, updates INTEGER NOT NULL,
    PRIMARY KEY (framework_id, task_id)) WITHOUT ROWID;
CREATE TABLE tasks (framework_id TEXT, task_id TEXT, info BLOB NOT NULL, status BLOB NOT NULL,
    updates INTEGER NOT NULL, executor TEXT NOT NULL, removed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (framework_id, task_id)) WITHOUT ROWID;
CREATE TABLE updates (sequence INTEGER PRIMARY KEY, framework_id TEXT NOT NULL, task_id TEXT NOT NULL,
    uuid TEXT NOT NULL, status BLOB NOT NULL);
CREATE INDEX updates_of_task ON updates (framework_id, task_id);
"""
# What came later only adds, so that an agent of the version before can still read the file.
_ADDED = """
CREATE TABLE IF NOT EXISTS executors (framework_id TEXT, task_id TEXT, sequence INTEGER NOT NULL,
    PRIMARY KEY (framework_id, task_id)) WITHOUT ROWID;
"""


class LedgerUnusable(Exception):
    """The file cannot be used; the text says why and what to do."""


class Ledger:
    """Facts in, an agent's memory out. All methods block for as long as the disk does.

    Lazy facts (see `facts.LAZY`) wait in the open transaction for the next commit, `flush` or `close`.
    """

    def __init__(self, work_dir: Path) -> None:
        """Open or make the ledger of `work_dir`; raises LedgerUnusable."""
        self._path = work_dir / FILE
        self._closed = False
        self._waiting: list[Fact] = []
        try:
            self._db = open_durable(self._path)
            self._prepare()
        except sqlite3.Error as error:
            raise LedgerUnusable(f"cannot use the ledger {self._path}: {error}; {_advice(work_dir)}") from None
        self.agent_id = AgentId(self._meta_or_draw("agent_id", "a" + secrets.token_hex(5)))
        self.secret = self._meta_or_draw("secret", secrets.token_hex(16))
        self.description = KeptDescription(self._db, self.agent_id)

    def _prepare(self) -> None:
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={FORMAT}; COMMIT;")
        elif found != FORMAT:
            self._db.close()
            raise LedgerUnusable(
                f"the ledger {self._path} has format {found}, this agent reads {FORMAT}: "
                "use the Barter version that wrote it, or give the agent an empty --work-dir"
            )
        self._db.executescript(_ADDED)

    def _meta_or_draw(self, name: str, drawn: str) -> str:
        known = self._meta(name, "")
        if not known:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, drawn))
        return str(known or drawn)

    def _meta(self, name: str, default: int | str) -> int | str:
        row = self._db.execute("SELECT value FROM meta WHERE name=?", (name,)).fetchone()
        return default if row is None else row[0]

    def load(self) -> Book:
        """What all facts written so far amount to; raises LedgerUnusable on rows that cannot be read."""
        book = Book()
        book.epoch = int(self._meta("epoch", 0))
        book.executor = str(self._meta("executor", ""))
        book.sequence = int(self._meta("executor_sequence", 0))
        try:
            for row in self._db.execute("SELECT framework_id, info, status, updates, executor, removed FROM tasks"):
                status = codec.status_from_wire(pb.TaskStatus.FromString(row[2]))
                task = _task(pb.TaskInfo.FromString(row[1]), status)
                book.restore(Entry(FrameworkId(row[0]), task, status, row[4], row[3], bool(row[5])))
            for framework_id, blob in self._db.execute("SELECT framework_id, status FROM updates ORDER BY sequence"):
                status = codec.status_from_wire(pb.TaskStatus.FromString(blob))
                book.restore_update(FrameworkId(framework_id), status)
            for framework_id, task_id, sequence in self._db.execute("SELECT * FROM executors"):
                book.restore_sequence(task_id, sequence, (FrameworkId(framework_id), TaskId(task_id)))
        except (ValueError, KeyError) as error:
            raise LedgerUnusable(f"the ledger {self._path} holds a row this agent cannot read: {error}") from error
        return book

    def spent(self, framework_id: FrameworkId, task_ids: Iterable[TaskId]) -> dict[TaskId, int]:
        """Those of `task_ids` that were ever used, with how many updates they had."""
        found: dict[TaskId, int] = {}
        for task_id in task_ids:
            row = self._db.execute(
                "SELECT updates FROM spent WHERE framework_id=? AND task_id=?", (framework_id, task_id)
            ).fetchone()
            if row is not None:
                found[task_id] = row[0]
        return found

    def write(self, facts: Sequence[Fact], wires: Wires) -> None:
        """Write `facts` in order; returns once they are durable, lazy ones alone aside.

        Raises LedgerUnusable where the disk does not take them: then none of them is written.
        """
        with self._whole_or_not():
            self._write(facts, wires)

    def keep(self, description: Description) -> None:
        """Make durable what the agent registers as. Raises LedgerUnusable."""
        with self._whole_or_not():
            self.description.keep(description)

    @contextlib.contextmanager
    def _whole_or_not(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                self._db.rollback()
            raise LedgerUnusable(
                f"cannot write the ledger {self._path}: {error}; make room on its disk and start the agent again: "
                "its tasks go on, and what it was told is told again"
            ) from None

    def _write(self, facts: Sequence[Fact], wires: Wires) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
            self._apply(self._waiting, wires)
        self._apply(facts, wires)
        if any(type(fact) not in LAZY for fact in facts):
            self._db.execute("COMMIT")
            self._waiting.clear()
        else:
            self._waiting += facts

    def _apply(self, facts: Sequence[Fact], wires: Wires) -> None:
        for kind, group in groupby(facts, type):
            for statement, rows in statements(kind, list(group), wires):
                self._db.executemany(statement, rows)

    @property
    def unflushed(self) -> bool:
        """Whether facts wait for a commit."""
        return bool(self._waiting)

    def flush(self) -> None:
        """Does nothing once it is closed. What a full disk does not take now waits for the next time."""
        if self._closed or not self._waiting:
            return
        try:
            self._write((), Wires())
            self._db.execute("COMMIT")
            self._waiting.clear()
        except sqlite3.Error:
            with contextlib.suppress(sqlite3.Error):
                self._db.rollback()

    def close(self) -> None:
        self.flush()
        self._closed = True
        self._db.close()


def _task(wire: pb.TaskInfo, status: TaskStatus) -> TaskInfo:
    """Of an ended task it is enough what it was, and one refused as malformed has no more that could be read."""
    if status.terminal:
        ended = TaskInfo(TaskId(wire.task_id), wire.name, NOTHING)
        itself = wire.HasField("executor") and wire.executor.task_id == wire.task_id
        return replace(ended, executor=codec.task_from_wire(wire).executor) if itself else ended
    return codec.task_from_wire(wire)


def _advice(work_dir: Path) -> str:
    """SQLite calls a disk without room for its shared memory an I/O error."""
    if no_room(str(work_dir)):
        return "its disk is full: make room there and start the agent again, its tasks go on"
    return "repair it, or give the agent an empty --work-dir"
