"""The agent's ledger on disk: SQLite (WAL, synchronous=FULL), one transaction per batch of facts."""

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from barter.agent.book import Book, Entry
from barter.agent.facts import (
    LAZY,
    Acked,
    Admitted,
    EpochRaised,
    ExecutorRecorded,
    Fact,
    Forgotten,
    FrameworkRemoved,
    HandedOver,
    Left,
    Told,
)
from barter.agent.shell.wire import Wires
from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.core.resources import NOTHING
from barter.core.tasks import TaskInfo, TaskStatus
from barter.proto import codec
from barter.proto.v1 import types_pb2 as pb

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
_Row = tuple[object, ...]
_Batch = tuple[str, list[_Row]]


class LedgerUnusable(Exception):
    """The file cannot be used; the text says why and what to do."""


class Ledger:
    """Facts in, an agent's memory out. All methods block for as long as the disk does.

    Lazy facts (see `facts.LAZY`) wait in the open transaction for the next commit, `flush` or `close`.
    """

    def __init__(self, work_dir: Path) -> None:
        """Open or make the ledger of `work_dir`; raises LedgerUnusable."""
        self._path = work_dir / FILE
        try:
            self._db = sqlite3.connect(self._path, isolation_level=None)
            self._prepare()
        except sqlite3.Error as error:
            raise LedgerUnusable(
                f"cannot use the ledger {self._path}: {error}; repair it, or give the agent an empty --work-dir"
            ) from None
        self.agent_id = AgentId(self._meta_or_draw())

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            self._db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version={FORMAT}; COMMIT;")
        elif found != FORMAT:
            self._db.close()
            raise LedgerUnusable(
                f"the ledger {self._path} has format {found}, this agent reads {FORMAT}: "
                "use the Barter version that wrote it, or give the agent an empty --work-dir"
            )

    def _meta_or_draw(self) -> str:
        agent_id = self._meta("agent_id", "")
        if not agent_id:
            agent_id = "a" + secrets.token_hex(5)
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('agent_id', ?)", (agent_id,))
        return str(agent_id)

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
        """Write `facts` in order; returns once they are durable, lazy ones alone aside."""
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
        durable = False
        for kind, group in groupby(facts, type):
            durable = durable or kind not in LAZY
            for statement, rows in _STATEMENTS[kind](list(group), wires):
                self._db.executemany(statement, rows)
        if durable:
            self._db.execute("COMMIT")

    @property
    def unflushed(self) -> bool:
        """Whether facts wait in the open transaction."""
        return self._db.in_transaction

    def flush(self) -> None:
        if self._db.in_transaction:
            self._db.execute("COMMIT")

    def close(self) -> None:
        self.flush()
        self._db.close()


def _task(wire: pb.TaskInfo, status: TaskStatus) -> TaskInfo:
    """Of an ended task its name is enough, and one refused as malformed has no more that could be read."""
    if status.terminal:
        return TaskInfo(TaskId(wire.task_id), wire.name, NOTHING)
    return codec.task_from_wire(wire)


def _admitted(facts: list[Admitted], wires: Wires) -> Iterator[_Batch]:
    keys = [(fact.framework_id, fact.task.task_id) for fact in facts]
    statuses = [wires.status(fact.status).SerializeToString() for fact in facts]
    spent: list[_Row] = [(*key, fact.updates) for key, fact in zip(keys, facts, strict=True)]
    yield "INSERT OR REPLACE INTO spent VALUES (?, ?, ?)", spent
    tasks: list[_Row] = [
        (*key, wires.task(fact.task).SerializeToString(), status, fact.updates, fact.executor)
        for key, fact, status in zip(keys, facts, statuses, strict=True)
    ]
    yield (
        "INSERT INTO tasks (framework_id, task_id, info, status, updates, executor) VALUES (?, ?, ?, ?, ?, ?)",
        tasks,
    )
    updates: list[_Row] = [
        (*key, fact.status.uuid, status)
        for key, fact, status in zip(keys, facts, statuses, strict=True)
        if fact.status.uuid
    ]
    if updates:
        yield _INSERT_UPDATE, updates


_INSERT_UPDATE = "INSERT INTO updates (framework_id, task_id, uuid, status) VALUES (?, ?, ?, ?)"


def _told(facts: list[Told], wires: Wires) -> Iterator[_Batch]:
    blobs = [wires.status(fact.status).SerializeToString() for fact in facts]
    tasks: list[_Row] = []
    updates: list[_Row] = []
    for fact, blob in zip(facts, blobs, strict=True):
        status = fact.status
        tasks.append((blob, 1 if status.uuid else 0, fact.framework_id, status.task_id))
        if status.uuid:
            updates.append((fact.framework_id, status.task_id, status.uuid, blob))
    yield "UPDATE tasks SET status=?, updates=updates+? WHERE framework_id=? AND task_id=?", tasks
    if updates:
        yield _INSERT_UPDATE, updates


def _acked(facts: list[Acked], _: Wires) -> Iterator[_Batch]:
    rows: list[_Row] = [(fact.framework_id, fact.task_id, fact.uuid) for fact in facts]
    yield "DELETE FROM updates WHERE framework_id=? AND task_id=? AND uuid=?", rows


def _forgotten(facts: list[Forgotten], _: Wires) -> Iterator[_Batch]:
    keys: list[_Row] = [(fact.framework_id, fact.task_id) for fact in facts]
    yield "DELETE FROM updates WHERE framework_id=? AND task_id=?", keys
    yield "DELETE FROM tasks WHERE framework_id=? AND task_id=?", keys
    spent: list[_Row] = [(fact.updates, fact.framework_id, fact.task_id) for fact in facts]
    yield "UPDATE spent SET updates=? WHERE framework_id=? AND task_id=?", spent


def _handed_over(facts: list[HandedOver], _: Wires) -> Iterator[_Batch]:
    rows: list[_Row] = [(fact.executor, *key) for fact in facts for key in fact.keys]
    yield "UPDATE tasks SET executor=? WHERE framework_id=? AND task_id=?", rows


def _framework_removed(facts: list[FrameworkRemoved], _: Wires) -> Iterator[_Batch]:
    rows: list[_Row] = [(fact.framework_id,) for fact in facts]
    yield "UPDATE tasks SET removed=1 WHERE framework_id=?", rows
    yield "DELETE FROM updates WHERE framework_id=?", rows


def _epoch_raised(facts: list[EpochRaised], _: Wires) -> Iterator[_Batch]:
    yield "INSERT OR REPLACE INTO meta VALUES ('epoch', ?)", [(facts[-1].epoch,)]


def _executor_recorded(facts: list[ExecutorRecorded], _: Wires) -> Iterator[_Batch]:
    last = facts[-1]
    rows: list[_Row] = [("executor", last.executor), ("executor_sequence", last.sequence)]
    yield "INSERT OR REPLACE INTO meta VALUES (?, ?)", rows


def _left(_: list[Left], __: Wires) -> Iterator[_Batch]:
    nothing: list[_Row] = [()]
    yield "DELETE FROM tasks", nothing
    yield "DELETE FROM updates", nothing
    yield "DELETE FROM meta WHERE name='agent_id'", nothing


_STATEMENTS: dict[type[Fact], Callable[[list[Any], Wires], Iterator[_Batch]]] = {
    Admitted: _admitted,
    Told: _told,
    Acked: _acked,
    Forgotten: _forgotten,
    HandedOver: _handed_over,
    FrameworkRemoved: _framework_removed,
    EpochRaised: _epoch_raised,
    ExecutorRecorded: _executor_recorded,
    Left: _left,
}
