"""`barter record` and `barter replay` as an operator has them: files that turn over, differences that can be read."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from click.testing import CliRunner

from barter.core.cluster import FrameworkInfo
from barter.core.ids import OfferId
from barter.master import accept, validate
from barter.master import events as ev
from barter.master.record_log import Header, batch_line, header_line, snapshot_lines
from barter.master.snapshot import take
from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.main import cli
from tests.master.world import AGENT, FRAMEWORK, World, agent, task
from tests.tools.stubs import StubMaster, serving

HEADER = header_line(Header("1.2.3", "abc123", 1, 1_000))
MIB = 1 << 20


class RecordedMaster(StubMaster):
    """Streams the chunks it was made with, then ends with the error, if any."""

    def __init__(self, chunks: list[pb.RecordChunk], error: tuple[grpc.StatusCode, str] | None = None) -> None:
        super().__init__({})
        self.chunks, self.error = chunks, error

    def Record(self, request: pb.RecordRequest, context: grpc.ServicerContext) -> Iterator[pb.RecordChunk]:
        self.requests.append(request)
        yield from self.chunks
        if self.error:
            context.abort(*self.error)


def run(*words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, done.output
    return done.output


def record(master: RecordedMaster, folder: Path, *words: str) -> str:
    """These masters always end first."""
    with serving(master) as address:
        return run("record", "--dir", str(folder), *words, "--master", address, code=1)


def segments(count: int) -> list[pb.RecordChunk]:
    """Snapshots of half a MiB each, with a line after it."""
    chunks = [pb.RecordChunk(header=HEADER)]
    for number in range(count):
        chunks.append(pb.RecordChunk(lines=b"s" * (MIB // 2 - 3) + b"\n", snapshot=True))
        chunks.append(pb.RecordChunk(lines=f"{number}\n".encode()))
    return chunks


def test_files_turn_over_at_snapshots_and_the_oldest_go(tmp_path: Path) -> None:
    log, master = tmp_path / "log", RecordedMaster(segments(7))
    told = record(master, log, "--max-size", "1MiB", "--files", "2")
    assert told.count(f"recording to {log}; Ctrl-C ends it") == 1
    assert "record-0006.jsonl to record-0007.jsonl; 5 older ones were removed" in told
    assert "the master ended, and the recording with it" in told
    files = sorted(log.iterdir())
    assert [file.name for file in files] == ["record-0006.jsonl", "record-0007.jsonl"]
    for number, file in zip("56", files, strict=True):
        lines = file.read_bytes().splitlines(keepends=True)
        assert (lines[0], lines[-1]) == (HEADER, f"{number}\n".encode())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.stat().st_mode) == 0o700
    assert master.requests[0].snapshot_bytes == MIB // 4


def test_a_file_holds_as_many_snapshots_as_fit(tmp_path: Path) -> None:
    record(RecordedMaster(segments(5)), tmp_path / "log", "--max-size", "2MiB")
    sizes = [file.stat().st_size for file in sorted((tmp_path / "log").iterdir())]
    assert len(sizes) == 2
    assert all(size <= 2 * MIB for size in sizes)


def test_a_master_that_breaks_it_off_says_why_and_what_is_written_stays(tmp_path: Path) -> None:
    slow = (grpc.StatusCode.RESOURCE_EXHAUSTED, "the recording does not keep up")
    told = record(RecordedMaster(segments(1), slow), tmp_path / "log")
    assert "Error: the recording does not keep up" in told
    assert "record-0001.jsonl" in told
    full = (grpc.StatusCode.RESOURCE_EXHAUSTED, "4 recordings of this master run already")
    told = record(RecordedMaster([], full), tmp_path / "other")
    assert "4 recordings of this master run already" in told
    assert "nothing was recorded" in told
    assert "recording to " not in told
    assert not (tmp_path / "other").exists()


def test_a_recording_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "record-0001.jsonl").write_text("mine")
    assert "holds a recording already" in record(RecordedMaster(segments(1)), tmp_path)
    assert (tmp_path / "record-0001.jsonl").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = record(RecordedMaster(segments(1)), tmp_path / "file" / "log")
    assert "cannot be written" in told
    assert "recording to " not in told
    assert "Next: --dir elsewhere" in told


@pytest.mark.parametrize("words", [("record", "--max-size", "1KiB"), ("record", "--files", "1"), ("replay",)])
def test_usage(words: tuple[str, ...]) -> None:
    run(*words, code=2)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two files of a session in which a task is launched."""
    world = World()
    first = [HEADER, *snapshot_lines(take(world.master, world.now))]
    for event in (ev.Subscribe(FRAMEWORK, FrameworkInfo("f")), ev.AgentRegister(AGENT, agent())):
        actions = world.do(event)
        first.append(batch_line(world.now, [event], actions))
    second = [HEADER, *snapshot_lines(take(world.master, world.now))]
    launch = ev.Accept(FRAMEWORK, (OfferId(world.offers()[0].offer_id),), (task("t1"), task("\x1b]0;owned\x07")))
    actions = world.do(launch)
    second.append(batch_line(world.now, [launch], actions))
    (tmp_path / "record-0001.jsonl").write_bytes(b"".join(first))
    (tmp_path / "record-0002.jsonl").write_bytes(b"".join(second))
    return tmp_path


@pytest.fixture
def other_code(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other than that of the log."""
    refusal = validate.refusal
    monkeypatch.setattr(accept, "refusal", lambda info, _: refusal(info, ("docker",)))


def test_nothing_differs(log: Path) -> None:
    assert run("replay", str(log)) == "of 3 batches with 3 events 3 were decided as recorded\n"
    assert run("replay", str(log / "record-0002.jsonl")).startswith("of 1 batches")


@pytest.mark.usefixtures("other_code")
def test_a_difference_is_shown_with_both_reasons(log: Path) -> None:
    told = run("replay", str(log), code=1)
    [place] = [line for line in told.splitlines() if "record-0002.jsonl:" in line]
    number = int(place.rpartition(":")[2])
    assert b'"Accept"' in (log / "record-0002.jsonl").read_bytes().splitlines()[number - 1]
    assert "  > Accept(session=2" in told
    assert "  - to agent a1: Run framework_id=abc123-1-0001 TaskInfo(task_id=t1" in told
    assert "  + to framework abc123-1-0001: Update TaskStatus(task_id=t1, state=TASK_ERROR" in told
    assert "the task needs the process runtime, the agent has: docker" in told
    assert "of 3 batches with 3 events 2 were decided as recorded, 1 otherwise" in told
    assert "\x1b" not in told


@pytest.mark.usefixtures("other_code")
def test_a_difference_as_json(log: Path) -> None:
    told = json.loads(run("replay", str(log), "-o", "json", code=1))
    assert told["batches"] == {
        "alike": 2, "different": 1, "reworded": 0, "passed_over": 0, "events": 3, "snapshots": 2,
    }  # fmt: skip
    [found] = told["differences"]
    assert (found["file"], found["decides"], found["failure"]) == ("record-0002.jsonl", True, "")
    assert {action["side"] for action in found["actions"]} >= {"recorded", "today"}


def test_a_log_that_is_none_is_refused_in_one_line(log: Path, tmp_path: Path) -> None:
    broken = log / "record-0002.jsonl"
    lines = broken.read_bytes().splitlines(keepends=True)
    broken.write_bytes(b"".join([*lines[:-1], b'{"now":1,"events":[["\x1b[31m",{}]],"actions":[]}\n']))
    told = run("replay", str(log), code=1)
    assert f"record-0002.jsonl, line {len(lines)}: " in told
    assert "Traceback" not in told
    assert "\x1b" not in told
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no record-*.jsonl" in run("replay", str(empty), code=1)
    (empty / "record-0001.jsonl").write_bytes(b"")
    assert f"no whole snapshot in {empty}/record-0001.jsonl" in run("replay", str(empty), code=1)


@pytest.mark.usefixtures("other_code")
def test_what_was_compared_before_a_line_that_cannot_be_read_is_told(log: Path) -> None:
    with (log / "record-0002.jsonl").open("ab") as file:
        file.write(b'{"neither":1}\n')
    told = run("replay", str(log), code=1)
    assert "of 3 batches with 3 events 2 were decided as recorded, 1 otherwise" in told
    assert "it is neither a snapshot nor a batch" in told.splitlines()[-2]
    assert told.splitlines()[-1].startswith("Next: barter replay another file")
    done = CliRunner().invoke(cli, ["replay", str(log), "-o", "json"])
    assert done.exit_code == 1
    plain = json.loads(done.stdout)
    assert len(plain["differences"]) == 1
    assert "it is neither a snapshot nor a batch" in plain["unreadable"]


def test_a_line_that_cannot_be_read_after_none_that_differs_fails_too(log: Path) -> None:
    assert json.loads(run("replay", str(log), "-o", "json"))["unreadable"] == ""
    with (log / "record-0002.jsonl").open("ab") as file:
        file.write(b"no JSON\n")
    assert "of 3 batches with 3 events 3 were decided as recorded\n" in run("replay", str(log), code=1)


@pytest.mark.parametrize("text", ["no JSON\n", "{}\n", '{"snapshot":1}\n'])
def test_a_file_that_is_no_recording(tmp_path: Path, text: str) -> None:
    (tmp_path / "notes.jsonl").write_text(text)
    told = run("replay", str(tmp_path / "notes.jsonl"), code=1)
    assert told.splitlines()[-1] == "Next: that file is no recording of barter record"


def test_a_log_of_another_version_is_a_recording(tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_bytes(header_line(Header("0.9", "abc123", 1, 1_000, format=99)))
    told = run("replay", str(tmp_path / "old.jsonl"), code=1)
    assert "replay it with barter 0.9" in told
    assert "Next:" not in told


def test_a_cut_off_end_is_told(log: Path) -> None:
    cut = log / "record-0002.jsonl"
    cut.write_bytes(cut.read_bytes()[:-10])
    assert "the last line of record-0002.jsonl is cut off, and was left out" in run("replay", str(log))


def test_a_time_that_no_calendar_knows_is_told_as_it_is(log: Path) -> None:
    beyond = 10**400
    with (log / "record-0002.jsonl").open("ab") as file:
        file.write(b'{"now":%d,"events":[],"actions":[]}\n' % beyond)
    assert f"{beyond} ms  record-0002.jsonl:" in run("replay", str(log), code=1)


def test_a_file_s_name_is_no_order_to_the_terminal(log: Path) -> None:
    cut = (log / "record-0002.jsonl").rename(log / "record-\x1b[31m.jsonl")
    cut.write_bytes(cut.read_bytes()[:-10])
    done = CliRunner().invoke(cli, ["replay", str(log)], color=True)
    assert done.exit_code == 0
    assert "record-\\x1b[31m.jsonl is cut off" in done.output
    assert "\x1b" not in done.output
