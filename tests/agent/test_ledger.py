"""The ledger against real SQLite: it gives back what the facts amount to, also after kill -9."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.book import Book
from barter.agent.facts import EpochRaised, Fact, Left
from barter.agent.shell import ledger as module
from barter.agent.shell.ledger import FILE, Ledger, LedgerUnusable
from barter.agent.shell.wire import Wires
from barter.core.ids import FrameworkId, TaskId
from barter.core.task_state import TaskState
from tests.agent.agent_kit import F, acks, agent, ready, replayed, report, reports, run, task


def contents(book: Book) -> tuple[object, ...]:
    """All that matters of a memory; of ended tasks their names are enough."""
    entries = {
        entry.key: (
            entry.task if entry.live else entry.task.task_id,
            entry.status,
            entry.executor,
            entry.updates,
            entry.removed,
            entry.pending,
        )
        for entry in book.entries()
    }
    return book.epoch, book.executor, book.sequence, entries, book.unacknowledged(), book.usage.snapshot()


def facts_of(actions: list[act.Action]) -> list[Fact]:
    return [fact for action in actions if isinstance(action, act.Record) for fact in action.facts]


NAMES = st.sampled_from(["t1", "t2", "t3", "t4"])
STATES = st.sampled_from([TaskState.RUNNING, TaskState.KILLING, TaskState.FINISHED])
EVENTS = st.lists(
    st.one_of(
        st.builds(lambda name, cpus: run(task(name, cpus=cpus)), NAMES, st.integers(1, 3000)),
        st.builds(lambda name: ev.RunTasks(1, F, (), {TaskId(f"../{name}"): "a bad name"}), NAMES),
        st.builds(lambda name, state: reports(report(name, state, 1)), NAMES, STATES),
        st.builds(lambda name, number: acks(f"{name}:{number}"), NAMES, st.integers(1, 3)),
        st.builds(lambda name: ev.KillTask(1, F, TaskId(name)), NAMES),
        st.just(ev.KillFramework(1, F)),
        st.just(ev.ExecutorDisconnected("e1")),
        st.builds(ev.ExecutorHello, st.sampled_from(["e1", "e2"])),
    ),
    max_size=25,
)


@settings(max_examples=60)
@given(events=EVENTS, batch=st.integers(1, 6))
def test_what_is_written_is_what_the_facts_amount_to(events: list[ev.Event], batch: int) -> None:
    machine = agent()
    facts: list[Fact] = []
    for now, event in enumerate([ev.ExecutorHello("e1"), *events]):
        match event:
            case ev.ExecutorReports():
                sequence = machine.book.sequence + 1
                event = reports(*(ev.Reported(F, each.status, sequence) for each in event.statuses))
            case ev.RunTasks():
                if any(machine.book.find(F, each.task_id) for each in event.tasks):
                    continue
        facts += facts_of(machine.step(event, now))
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        for start in range(0, len(facts), batch):
            ledger.write(facts[start : start + batch], Wires())
        ledger.close()
        again = Ledger(Path(folder))
        assert contents(again.load()) == contents(replayed(list(facts))) == contents(machine.book)
        again.close()


def test_an_id_stays_spent(tmp_path: Path) -> None:
    machine = ready(agent())
    ledger = Ledger(tmp_path)
    for event in (run(task("t1")), reports(report("t1", TaskState.FINISHED, 1)), acks("t1:1")):
        ledger.write(facts_of(machine.step(event, 1)), Wires())
    assert list(ledger.load().entries()) == []
    assert ledger.spent(F, [TaskId("t1"), TaskId("t2")]) == {"t1": 1}
    assert ledger.spent(FrameworkId("f2"), [TaskId("t1")]) == {}
    ledger.close()


def test_the_agent_id_is_drawn_once_and_anew_after_leaving(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    first = ledger.agent_id
    ledger.close()
    again = Ledger(tmp_path)
    assert again.agent_id == first
    assert len(first) == 11
    again.write([Left()], Wires())
    again.close()
    later = Ledger(tmp_path)
    assert later.agent_id != first
    later.close()


def test_acknowledgements_wait_for_the_next_commit(tmp_path: Path) -> None:
    machine = ready(agent())
    ledger = Ledger(tmp_path)
    for event in (run(task("t1")), reports(report("t1", TaskState.FINISHED, 1))):
        ledger.write(facts_of(machine.step(event, 1)), Wires())
    assert not ledger.unflushed
    ledger.write(facts_of(machine.step(acks("t1:1"), 2)), Wires())
    assert ledger.unflushed
    with sqlite3.connect(tmp_path / FILE) as reader:
        assert reader.execute("SELECT count(*) FROM tasks").fetchone() == (1,)
    ledger.flush()
    assert reader.execute("SELECT count(*) FROM tasks").fetchone() == (0,)
    reader.close()
    ledger.close()


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    Ledger(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(LedgerUnusable, match="format 99"):
        Ledger(tmp_path)


def test_garbage_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database, whatever it is" * 100)
    with pytest.raises(LedgerUnusable, match="cannot use the ledger"):
        Ledger(tmp_path)


WRITER = """
import sys
from pathlib import Path
from barter.agent.facts import EpochRaised
from barter.agent.shell.ledger import Ledger
from barter.agent.shell.wire import Wires
ledger = Ledger(Path(sys.argv[1]))
for epoch in range(1, 1000000):
    ledger.write([EpochRaised(epoch)], Wires())
    print(epoch, flush=True)
"""


def test_what_was_written_survives_kill_9(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(50)]
        os.kill(writer.pid, signal.SIGKILL)
        said += [int(line) for line in writer.stdout if line.endswith("\n")]
    ledger = Ledger(tmp_path)
    assert ledger.load().epoch - said[-1] in (0, 1)
    ledger.write([EpochRaised(10**6)], Wires())
    ledger.close()


def test_a_flush_that_comes_after_the_close_does_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.close()
    ledger.flush()


def test_a_full_disk_takes_a_batch_whole_or_not_at_all(tmp_path: Path) -> None:
    machine = ready(agent())
    ledger = Ledger(tmp_path)
    ledger.write(facts_of(machine.step(run(task("t1")), 1)), Wires())
    before = contents(ledger.load())
    with sqlite3.connect(tmp_path / FILE) as db:
        pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.close()
    ledger._db.execute(f"PRAGMA max_page_count={pages}")
    many = facts_of(machine.step(run(*(task(f"m{number}") for number in range(200))), 2))
    with pytest.raises(LedgerUnusable, match="full; make room on its disk"):
        ledger.write(many, Wires())
    ledger.close()
    again = Ledger(tmp_path)
    assert contents(again.load()) == before
    again.close()


def test_a_ledger_on_a_full_disk_is_not_called_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 1000)
    with pytest.raises(LedgerUnusable, match="repair it"):
        Ledger(tmp_path)
    monkeypatch.setattr(module, "no_room", lambda folder: folder == str(tmp_path))
    with pytest.raises(LedgerUnusable, match="its disk is full: make room there"):
        Ledger(tmp_path)


class FullOnce:
    """A database whose disk is full at its next commit: SQLite rolls back by itself then."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db, self.full = db, True

    def execute(self, statement: str) -> object:
        if statement == "COMMIT" and self.full:
            self.full = False
            self._db.execute("ROLLBACK")
            raise sqlite3.OperationalError("database or disk is full")
        return self._db.execute(statement)

    def __getattr__(self, name: str) -> object:
        return getattr(self._db, name)


def test_what_may_wait_is_not_lost_to_a_full_disk(tmp_path: Path) -> None:
    machine = ready(agent())
    ledger = Ledger(tmp_path)
    ledger.write(facts_of(machine.step(run(task("t1")), 1)), Wires())
    ledger.write(facts_of(machine.step(reports(report("t1", TaskState.FINISHED, 1)), 2)), Wires())
    ledger.write(facts_of(machine.step(acks("t1:1"), 3)), Wires())
    ledger._db = FullOnce(ledger._db)  # type: ignore[assignment]
    ledger.flush()
    assert ledger.unflushed
    ledger.flush()
    assert not ledger.unflushed
    ledger.close()
    again = Ledger(tmp_path)
    assert list(again.load().entries()) == []
    again.close()
