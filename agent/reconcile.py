"""Desired (the ledger) against current (what an executor says it holds): what to do, in fixed order, each with why.

The idea is fleet's `agent/reconcile.go`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from barter.agent.book import Book, Entry
from barter.agent.events import ExecutorHello
from barter.agent.facts import Home, TaskKey
from barter.core.task_state import TERMINAL, TaskState

# What is told of a task before it starts: nothing, or that its image or its artifacts come.
_UNBEGUN = (TaskState.STAGING, TaskState.STARTING)


@dataclass(frozen=True, slots=True)
class KillOrphan:
    """The executor runs it, the ledger does not answer for it."""

    key: TaskKey
    reason: str


@dataclass(frozen=True, slots=True)
class Lose:
    """It was handed to an executor that is gone, and this one does not know it: it may have run, it runs no more."""

    entry: Entry
    reason: str


@dataclass(frozen=True, slots=True)
class KillAgain:
    entry: Entry
    reason: str


@dataclass(frozen=True, slots=True)
class EndUnlaunched:
    """Killed, and certain never to have run."""

    entry: Entry
    reason: str


@dataclass(frozen=True, slots=True)
class Launch:
    entry: Entry
    reason: str


Decision = KillOrphan | Lose | KillAgain | EndUnlaunched | Launch


def reconcile(book: Book, hello: ExecutorHello) -> list[Decision]:
    """Decide for every live task, once the statuses of `hello` are applied to the book.

    A task is launched only where it is certain that it never was: it was admitted while no executor was there,
    or handed to this very executor, which would know it had the order arrived; or to one before it that told nothing of
    its start, while the machine stayed up: what that one had begun this one would have found.
    """
    held = {(task.framework_id, task.status.task_id) for task in hello.tasks}
    entries = [entry for entry in _of(book, hello.home) if entry.live]
    unbegun = {entry.key for entry in _unbegun(entries, hello, held)}
    return [
        *_orphans(book, hello),
        *_lost(entries, hello.executor, held | unbegun),
        *_kills(entries, hello),
        *_launches(entries, hello.executor, held, unbegun),
    ]


def _of(book: Book, home: Home) -> Iterator[Entry]:
    """What this executor should hold."""
    if home is None:
        return (entry for entry in book.entries() if entry.home is None)
    found = (book.find(*key) for key in book.run_by.get(home, ()))
    return (entry for entry in found if entry is not None)


def _orphans(book: Book, hello: ExecutorHello) -> list[Decision]:
    orphans: list[Decision] = []
    for task in hello.tasks:
        if task.status.state in TERMINAL:
            continue
        entry = book.find(task.framework_id, task.status.task_id)
        if entry is None or (entry.live and entry.home != hello.home):
            orphans.append(KillOrphan((task.framework_id, task.status.task_id), "orphan: the ledger does not know it"))
        elif not entry.live:
            reason = f"orphan: it was reported as {entry.status.state} already"
            orphans.append(KillOrphan(entry.key, reason))
    return orphans


def _unbegun(entries: list[Entry], hello: ExecutorHello, held: set[TaskKey]) -> list[Entry]:
    """Of those handed to an earlier executor of this machine's boot; of a group all or none."""
    if hello.home is not None:
        return []
    begun = {_group(entry) for entry in entries if entry.key in held or entry.status.state not in _UNBEGUN}
    return [
        entry
        for entry in entries
        if entry.executor not in ("", hello.executor)
        and entry.key not in held
        and entry.status.state in _UNBEGUN
        and _boot(entry.executor) == _boot(hello.executor)
        and (not entry.task.group_id or _group(entry) not in begun)
    ]


def _group(entry: Entry) -> tuple[str, str]:
    return entry.framework_id, entry.task.group_id


def _boot(executor: str) -> str:
    """The last part of an executor's identity is the machine's boot."""
    return executor.rpartition("-")[2]


def _lost(entries: list[Entry], executor: str, held: set[TaskKey]) -> list[Decision]:
    return [
        Lose(entry, f"it was handed to executor {entry.executor}, which is gone; executor {executor} does not know it")
        for entry in entries
        if entry.executor and entry.executor != executor and entry.key not in held
    ]


def _kills(entries: list[Entry], hello: ExecutorHello) -> list[Decision]:
    """Those of which the executor does not know: one it is carrying out may have a longer grace than the task's own."""
    unknowing = {
        (task.framework_id, task.status.task_id) for task in hello.tasks if task.status.state is not TaskState.KILLING
    }
    return [
        KillAgain(entry, entry.status.message or "it is being killed")
        for entry in entries
        if entry.status.state is TaskState.KILLING and entry.key in unknowing
    ]


def _launches(entries: list[Entry], executor: str, held: set[TaskKey], unbegun: set[TaskKey]) -> list[Decision]:
    decisions: list[Decision] = []
    for entry in entries:
        if entry.key in held or (entry.executor not in ("", executor) and entry.key not in unbegun):
            continue
        if entry.status.state is TaskState.KILLING:
            decisions.append(EndUnlaunched(entry, "it was killed before it reached the executor"))
        else:
            came = "the order did not reach the executor" if entry.executor else "the executor is here"
            decisions.append(Launch(entry, came))
    return decisions
