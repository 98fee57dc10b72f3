"""Recordings of a master that runs: what waits for them is bounded, and a snapshot comes again and again."""

import asyncio
from typing import Any

import pytest

from barter.core.cluster import FrameworkInfo
from barter.master import events as ev
from barter.master.actions import Action
from barter.master.events import Event
from barter.master.record_log import BatchRecord, Entry, Gap, Header, Reader, header_line
from barter.master.record_replay import Replay
from barter.master.shell import record
from barter.master.shell.record import Lines, Recording, Recordings, TooMany, TooSlow
from barter.master.snapshot_records import Snapshot
from barter.shell.clock import Clock
from barter.shell.runner import Runner
from tests.master.world import A1, A2, AGENT, FRAMEWORK, World, agent

REGISTERED, BEAT = ev.AgentRegister(AGENT, agent()), ev.AgentHeartbeat(AGENT, A1)


class Recorded:
    """A world, and one recording of it that is read when the test says so."""

    def __init__(self, snapshot_bytes: int = 0) -> None:
        self.world = World()
        self.recording = Recording(self.world.master, self.world.now, snapshot_bytes)
        self.pieces: list[Lines] = []

    def do(self, *events: Event) -> None:
        self.recording.witness(self.world.now + 1, events, self.world.do(*events))

    def take(self) -> None:
        taken = asyncio.run(self.recording.next())
        assert taken is not None
        self.pieces += self.recording.lines(taken)

    def entries(self) -> list[Entry]:
        lines = b"".join(piece.data for piece in self.pieces).splitlines(keepends=True)
        return list(Reader().read([header_line(Header("0", "abc123", 1, 0)), *lines]))[1:]


def test_a_recording_is_replayed_without_a_difference() -> None:
    recorded = Recorded()
    recorded.do(REGISTERED)
    recorded.take()
    recorded.do(BEAT)
    recorded.take()
    course = Replay()
    assert [course.entry(entry) for entry in recorded.entries()] == [None, None, None]
    assert course.count.alike == 2


def test_a_snapshot_comes_again_after_so_many_bytes_and_a_file_may_begin_there() -> None:
    recorded = Recorded()
    while len(recorded.pieces) < 20:
        recorded.do(*[BEAT] * 500)
        recorded.take()
    kinds = [type(entry) for entry in recorded.entries()]
    assert kinds.count(Snapshot) > 2
    begins = [piece.snapshot for piece in recorded.pieces]
    assert begins.count(True) == kinds.count(Snapshot)
    between = kinds[1:].index(Snapshot)
    assert between * len(recorded.pieces[1].data) >= record.LEAST_SNAPSHOT_BYTES


def test_a_snapshot_comes_again_after_a_minute_in_which_enough_happened() -> None:
    recorded = Recorded(1 << 30)
    recorded.do(REGISTERED)
    recorded.take()
    recorded.world.now += record.SNAPSHOT_EVERY_MS
    for _ in range(2):
        recorded.do(*[BEAT] * 100)
        recorded.take()
    assert [type(entry) for entry in recorded.entries()].count(Snapshot) == 2


def test_a_batch_no_reader_would_take_is_a_gap_with_a_snapshot_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "LONGEST_LINE", 500)
    recorded = Recorded(1 << 30)
    for events in ([BEAT], [BEAT] * 100, [BEAT], [BEAT]):
        recorded.do(*events)
        recorded.take()
    found = recorded.entries()
    assert [type(entry) for entry in found] == [Snapshot, BatchRecord, Gap, BatchRecord, Snapshot, BatchRecord]


def test_who_does_not_keep_up_is_told_so_and_costs_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "WAITING_MOST", 100)
    recorded = Recorded()
    recorded.do(*[BEAT] * 60)
    recorded.take()
    for _ in range(3):
        recorded.do(*[BEAT] * 60)
    with pytest.raises(TooSlow, match="more than 100 messages waited"):
        asyncio.run(recorded.recording.next())


def test_what_is_large_weighs_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "WAITING_MOST", 100)
    recorded = Recorded()
    recorded.do(ev.AgentUpdates(AGENT, A2, ()))
    told: Any = (("f", "status"),) * 101
    recorded.recording.witness(1, [ev.AgentUpdates(AGENT, A2, told)], [])
    with pytest.raises(TooSlow):
        asyncio.run(recorded.recording.next())


async def _perform(_actions: list[Action]) -> None:
    return


def test_nobody_is_told_of_batches_while_nobody_records() -> None:
    master = World().master
    runner: Runner[Event, Action] = Runner(master, Clock(), _perform)
    recordings = Recordings(master, runner, lambda: 5, "1.2.3")
    header, first = recordings.open(0)
    assert header == Header("1.2.3", "abc123", 1, 5)
    others = [recordings.open(0)[1] for _ in range(record.MOST_RECORDINGS - 1)]
    with pytest.raises(TooMany, match="end one of them"):
        recordings.open(0)
    for each in others:
        recordings.end(each)
    assert runner.witness is not None
    runner.post(ev.Subscribe(FRAMEWORK, FrameworkInfo("f")))
    asyncio.run(runner.turn())
    taken = asyncio.run(first.next())
    assert taken is not None
    assert len(taken) == 2
    recordings.close()
    assert asyncio.run(first.next()) is None
    recordings.end(first)
    assert runner.witness is None
