"""Facts as statements for the ledger's tables, many of one kind at a time."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from barter.agent.facts import (
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

Row = tuple[object, ...]
Batch = tuple[str, list[Row]]
_INSERT_UPDATE = "INSERT INTO updates (framework_id, task_id, uuid, status) VALUES (?, ?, ?, ?)"


def statements(kind: type[Fact], facts: Sequence[Fact], wires: Wires) -> Iterator[Batch]:
    """Statements with their rows, for facts that are all of one kind, to be executed in order."""
    return _STATEMENTS[kind](list(facts), wires)


def _admitted(facts: list[Admitted], wires: Wires) -> Iterator[Batch]:
    keys = [(fact.framework_id, fact.task.task_id) for fact in facts]
    statuses = [wires.status(fact.status).SerializeToString() for fact in facts]
    spent: list[Row] = [(*key, fact.updates) for key, fact in zip(keys, facts, strict=True)]
    yield "INSERT OR REPLACE INTO spent VALUES (?, ?, ?)", spent
    tasks: list[Row] = [
        (*key, wires.task(fact.task).SerializeToString(), status, fact.updates, fact.executor)
        for key, fact, status in zip(keys, facts, statuses, strict=True)
    ]
    yield (
        "INSERT INTO tasks (framework_id, task_id, info, status, updates, executor) VALUES (?, ?, ?, ?, ?, ?)",
        tasks,
    )
    updates: list[Row] = [
        (*key, fact.status.uuid, status)
        for key, fact, status in zip(keys, facts, statuses, strict=True)
        if fact.status.uuid
    ]
    if updates:
        yield _INSERT_UPDATE, updates


def _told(facts: list[Told], wires: Wires) -> Iterator[Batch]:
    blobs = [wires.status(fact.status).SerializeToString() for fact in facts]
    tasks: list[Row] = []
    updates: list[Row] = []
    for fact, blob in zip(facts, blobs, strict=True):
        status = fact.status
        tasks.append((blob, 1 if status.uuid else 0, fact.framework_id, status.task_id))
        if status.uuid:
            updates.append((fact.framework_id, status.task_id, status.uuid, blob))
    yield "UPDATE tasks SET status=?, updates=updates+? WHERE framework_id=? AND task_id=?", tasks
    if updates:
        yield _INSERT_UPDATE, updates


def _acked(facts: list[Acked], _: Wires) -> Iterator[Batch]:
    rows: list[Row] = [(fact.framework_id, fact.task_id, fact.uuid) for fact in facts]
    yield "DELETE FROM updates WHERE framework_id=? AND task_id=? AND uuid=?", rows


def _forgotten(facts: list[Forgotten], _: Wires) -> Iterator[Batch]:
    keys: list[Row] = [(fact.framework_id, fact.task_id) for fact in facts]
    yield "DELETE FROM updates WHERE framework_id=? AND task_id=?", keys
    yield "DELETE FROM tasks WHERE framework_id=? AND task_id=?", keys
    yield "DELETE FROM executors WHERE framework_id=? AND task_id=?", keys
    spent: list[Row] = [(fact.updates, fact.framework_id, fact.task_id) for fact in facts]
    yield "UPDATE spent SET updates=? WHERE framework_id=? AND task_id=?", spent


def _handed_over(facts: list[HandedOver], _: Wires) -> Iterator[Batch]:
    rows: list[Row] = [(fact.executor, *key) for fact in facts for key in fact.keys]
    yield "UPDATE tasks SET executor=? WHERE framework_id=? AND task_id=?", rows


def _framework_removed(facts: list[FrameworkRemoved], _: Wires) -> Iterator[Batch]:
    rows: list[Row] = [(fact.framework_id,) for fact in facts]
    yield "UPDATE tasks SET removed=1 WHERE framework_id=?", rows
    yield "DELETE FROM updates WHERE framework_id=?", rows


def _epoch_raised(facts: list[EpochRaised], _: Wires) -> Iterator[Batch]:
    yield "INSERT OR REPLACE INTO meta VALUES ('epoch', ?)", [(facts[-1].epoch,)]


def _executor_recorded(facts: list[ExecutorRecorded], _: Wires) -> Iterator[Batch]:
    if own := [fact for fact in facts if fact.home is None]:
        rows: list[Row] = [("executor", own[-1].executor), ("executor_sequence", own[-1].sequence)]
        yield "INSERT OR REPLACE INTO meta VALUES (?, ?)", rows
    if others := [(*fact.home, fact.sequence) for fact in facts if fact.home is not None]:
        yield "INSERT OR REPLACE INTO executors VALUES (?, ?, ?)", list[Row](others)


def _left(_: list[Left], __: Wires) -> Iterator[Batch]:
    nothing: list[Row] = [()]
    yield "DELETE FROM tasks", nothing
    yield "DELETE FROM updates", nothing
    yield "DELETE FROM executors", nothing
    yield "DELETE FROM meta WHERE name='agent_id'", nothing


_STATEMENTS: dict[type[Fact], Callable[[list[Any], Wires], Iterator[Batch]]] = {
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
