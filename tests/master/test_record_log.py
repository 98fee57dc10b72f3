"""The log as text: what was written is read, and whatever else a file holds is refused with its line."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barter.core.cluster import FrameworkInfo
from barter.core.tasks import Command
from barter.master import record_log
from barter.master.events import Accept, Subscribe
from barter.master.record_json import Unreadable
from barter.master.record_log import (
    BatchRecord,
    Entry,
    Gap,
    Header,
    Reader,
    batch_line,
    gap_line,
    header_line,
    snapshot_lines,
)
from barter.master.record_replay import Difference, Replay
from barter.master.snapshot import take
from barter.master.snapshot_records import Snapshot
from tests.master.world import FRAMEWORK, World, task

HEADER = Header("1.2.3", "abc123", 1, 1_000)


def recorded(world: World, *events: Any) -> bytes:
    actions = world.do(*events)
    return batch_line(world.now, events, actions)


def log() -> list[bytes]:
    """A snapshot with a running task, and an accept after it."""
    world = World()
    world.running(task("t1"))
    lines = [header_line(HEADER), *snapshot_lines(take(world.master, world.now))]
    offer = next(iter(world.cluster.offers), None)
    secret = replace(task("t2"), command=Command("true", env={"PASSWORD": "hunter2"}))
    lines.append(recorded(world, Accept(FRAMEWORK, (offer,) if offer else (), (secret,))))
    lines.append(recorded(world, Subscribe(9, FrameworkInfo("other"))))
    return [*lines, gap_line("too long")]


def read(lines: Sequence[bytes]) -> list[Entry]:
    return list(Reader().read(lines))


def replayed(lines: Sequence[bytes]) -> tuple[Replay, list[Difference]]:
    course = Replay()
    return course, [found for entry in read(lines) if (found := course.entry(entry)) is not None]


def refusal(*lines: bytes) -> tuple[int, str]:
    reader = Reader()
    with pytest.raises(Unreadable) as caught:
        list(reader.read(lines))
    return reader.line, str(caught.value)


def test_what_was_written_is_read() -> None:
    header, snapshot, accept, subscribe, gap = read(log())
    assert header == HEADER
    assert isinstance(snapshot, Snapshot)
    assert isinstance(accept, BatchRecord)
    assert isinstance(subscribe, BatchRecord)
    assert [type(event) for event in (*accept.events, *subscribe.events)] == [Accept, Subscribe]
    assert gap == Gap("too long")


def test_a_last_line_that_is_cut_off_is_left_out() -> None:
    lines = log()
    reader = Reader()
    found = list(reader.read([*lines[:-2], lines[-2][:50]]))
    assert reader.cut
    assert len(found) == 3


HEADED, BATCH = header_line(HEADER), b'{"now":1,"events":[],"actions":[]}\n'


@pytest.mark.parametrize(
    ("lines", "number", "said"),
    [
        ([b"\x00\xff\n"], 1, "no JSON"),
        ([b"[" * 100_000 + b"\n"], 1, "recursion limit"),
        ([b"[]\n"], 1, "no JSON object"),
        ([BATCH], 1, "begins with its header"),
        ([HEADED, HEADED], 2, "has one"),
        ([b'{"barter_master_log":{"format":2,"version":"9.9"}}\n'], 1, "replay it with barter 9.9"),
        ([b'{"barter_master_log":{"format":1}}\n'], 1, "Header.version: Field required"),
        ([HEADED, b'{"snapshot":{}}\n'], 2, "Head.now_ms"),
        ([HEADED, b'{"part":"agents","items":[]}\n'], 2, "neither a snapshot nor a batch"),
        ([HEADED, BATCH.replace(b'"events":[]', b'"events":[["os.system",{}]]')], 2, "'os.system' is none of"),
        ([HEADED, BATCH.replace(b'"events":[]', b'"events":[["Revive",{"session":"x"}]]')], 2, "Revive.session"),
        ([HEADED, BATCH.replace(b'"events":[]', b'"events":[{"session":1}]')], 2, "the name of a class"),
        ([HEADED, BATCH.replace(b'"actions":[]', b'"actions":[["Persist",{"fact":{}}]]')], 2, "Persist.fact has to be"),
        ([HEADED, BATCH.replace(b'"actions":[]', b'"actions":[["Persist",{"fact":{}},"Persist"]]')], 2, "has to be"),
        ([HEADED, b'{"x":{"ranges":{"ports":[[0,99999999999999]]}}}\n'], 2, "no pairs of numbers from 0 to 65535"),
        ([HEADED, b'{"x":{"ranges":{"ports":[["a",7]]}}}\n'], 2, "no pairs of numbers"),
        ([HEADED, b'{"x":{"ranges":{"ports":7}}}\n'], 2, "no pairs of numbers"),
    ],
)
def test_anything_else_is_refused_with_its_line(lines: list[bytes], number: int, said: str) -> None:
    line, message = refusal(*lines)
    assert line == number
    assert said in message
    assert "\n" not in message


def test_a_line_longer_than_any_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_log, "LONGEST_LINE", 1_000)
    assert refusal(HEADED, b'{"gap":"' + b"x" * 1_000 + b'"}\n') == (2, "it is longer than 1000 bytes")


def test_a_snapshot_with_a_part_missing_is_refused() -> None:
    lines = log()
    parts = [at for at, line in enumerate(lines) if line.startswith(b'{"part"')]
    del lines[parts[0]]
    assert "not whole" in refusal(*lines)[1]


def test_a_snapshot_that_contradicts_itself_is_refused() -> None:
    lines = [line.replace(b'"agent_id":"a1"', b'"agent_id":"a7"', 1) for line in log()]
    with pytest.raises(Unreadable, match="does not hold together"):
        replayed(lines)


@settings(max_examples=300)
@given(at=st.integers(0, 1_000_000), junk=st.binary(min_size=1, max_size=6), cut=st.integers(0, 20))
def test_a_damaged_log_is_refused_or_replayed_but_never_breaks(at: int, junk: bytes, cut: int) -> None:
    whole = b"".join(log())
    at %= len(whole)
    damaged = whole[:at] + junk + whole[at + cut :]
    with contextlib.suppress(Unreadable):
        course, _ = replayed([line + b"\n" for line in damaged.split(b"\n")[:-1]])
        assert course.count.snapshots <= 1


def test_time_that_runs_backwards_is_refused_at_its_line() -> None:
    header = header_line(HEADER)
    reader = Reader()
    lines = [header, batch_line(5, (), ()), batch_line(5, (), ()), batch_line(4, (), ())]
    with pytest.raises(Unreadable, match="its time, 4 ms, is before that of the batch before it, 5 ms"):
        list(reader.read(lines))
    assert reader.line == len(lines)
