"""What the keeper of process tasks says, writes down and keeps of output: plain calls, no process."""

import errno
import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.agent.runtime.keeper import keeper as keeper_module
from barter.agent.runtime.keeper import output
from barter.agent.runtime.keeper.keeper import Keeper
from barter.agent.runtime.keeper.notes import End, Notes, Task
from barter.agent.runtime.keeper.output import Pipe
from barter.agent.runtime.keeper.peer import Peer
from barter.agent.runtime.keeper.wire import number, pack, split, unpack

MESSAGES = st.lists(st.lists(st.binary(max_size=40), max_size=5), max_size=5)


@given(MESSAGES, st.integers(0, 400))
def test_messages_come_out_as_they_went_in_wherever_the_stream_is_cut(messages: list[list[bytes]], cut: int) -> None:
    stream = b"".join(pack(message) for message in messages)
    first, used = split(stream[:cut])
    rest, all_used = split(stream[used:])
    assert first + rest == messages
    assert used + all_used == len(stream)


@given(st.binary(max_size=60))
def test_nonsense_is_refused_or_waits_for_more(data: bytes) -> None:
    try:
        messages, used = split(data)
    except ValueError:
        return
    assert b"".join(pack(message) for message in messages) == data[:used]


def test_a_list_that_is_not_whole_is_refused() -> None:
    with pytest.raises(ValueError, match="whole"):
        unpack(pack([b"a"])[:-1])


def noted(folder: Path, boot: str = "this") -> Notes:
    return Notes(str(folder / "notes"), boot)


def task(name: bytes) -> Task:
    made = Task(name, b"order of " + name, "tag", "/sand\udcffbox", "7:8", ("/cgroup/x",))
    made.start = [b"start", name]
    return made


def test_notes_tell_the_next_keeper_what_the_last_one_knew(tmp_path: Path) -> None:
    first = noted(tmp_path)
    for name in (b"a", b"b", b"c", b"d", b"e"):
        first.tasks[name] = task(name)
        first.write(task(name).intent())
    first.write(pack([b"pid", b"a", number(11), number(22)]) + pack([b"kill", b"a"]))
    first.write(pack([b"end", b"b", *End(-9, 1_700_000_000_000, out_of_memory=True).parts()]))
    first.write(pack([b"end", b"c", *End(None, 0, disk_full=True).parts()]))
    first.write(pack([b"refused", b"d", number(errno.ENOENT), b"exec"]))
    first.write(first.forget([b"e", b"unknown"]))
    with (tmp_path / "notes").open("ab") as file:
        file.write(pack([b"kill", b"b"])[:-3])
    for _ in range(2):
        known = noted(tmp_path).tasks
        assert list(known) == [b"a", b"b", b"c", b"d"]
        a, b, c, d = known.values()
        assert (a.pid, a.started, a.killing, a.over) == (11, 22, True, False)
        assert (a.order, a.sandbox, a.owner, a.cgroups) == (b"order of a", "/sand\udcffbox", "7:8", ("/cgroup/x",))
        assert b.end is not None
        assert (b.end.code, b.end.ms, b.end.out_of_memory, b.killing) == (-9, 1_700_000_000_000, True, False)
        assert c.end is not None
        assert (c.end.code, c.end.disk_full) == (None, True)
        assert (a.start, b.start) == ([], [b"start", b"b"])
        assert (d.refused, d.over) == ([b"2", b"exec"], True)


def test_notes_of_another_boot_name_no_process(tmp_path: Path) -> None:
    first = noted(tmp_path)
    first.write(task(b"a").intent() + pack([b"pid", b"a", number(11), number(22)]))
    assert noted(tmp_path).tasks[b"a"].pid == 11
    left = noted(tmp_path, "another").tasks[b"a"]
    assert (left.pid, left.start) == (0, [])


def test_notes_without_tasks_leave_no_file(tmp_path: Path) -> None:
    notes = noted(tmp_path)
    notes.tasks[b"a"] = task(b"a")
    notes.write(task(b"a").intent())
    notes.write(notes.forget([b"a"]))
    notes.close()
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_does_not_fit_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = noted(tmp_path)
    notes.write(task(b"a").intent())
    write = os.write

    def half(descriptor: int, data: bytes) -> int:
        if len(data) < 10:
            raise OSError(errno.ENOSPC, "full")
        return write(descriptor, data[:-9])

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(OSError, match="full"):
        notes.write(task(b"b").intent())
    monkeypatch.undo()
    notes.write(task(b"c").intent())
    assert list(noted(tmp_path).tasks) == [b"a", b"c"]


class Printed:
    """A stream of a task in `folder`, with the end it writes to."""

    def __init__(self, folder: Path) -> None:
        self.pipe = Pipe(str(folder / "pipe"), str(folder / "stdout"), "")
        self._end = os.open(folder / "pipe", os.O_RDWR)

    def __call__(self, data: bytes) -> None:
        os.write(self._end, data)
        assert self.pipe.copy()


def test_logs_change_files_between_two_lines_and_lose_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "LIMIT", 100)
    says = Printed(tmp_path)
    lines = [b"line %d\n" % number for number in range(14)]
    says(b"".join(lines[:12]))
    says(b"".join(lines[12:]) + b"half a ")
    says(b"line\n")
    kept = (tmp_path / "stdout.1").read_bytes(), (tmp_path / "stdout").read_bytes()
    assert kept == (b"".join(lines), b"half a line\n")
    says.pipe.drain()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stdout", "stdout.1"]


@pytest.mark.parametrize("trap", ["link", "pipe"])
def test_a_task_cannot_lead_its_log_out_of_the_sandbox(tmp_path: Path, trap: str) -> None:
    outside, log = tmp_path / "shadow", tmp_path / "stdout"
    outside.write_bytes(b"secret")
    says = Printed(tmp_path)
    log.unlink()
    if trap == "link":
        log.symlink_to(outside)
    else:
        os.mkfifo(log)
    says(b"root2::0:0::/:/bin/sh")
    assert outside.read_bytes() == b"secret"
    assert not log.is_symlink()
    assert log.read_bytes() == b"root2::0:0::/:/bin/sh"


def test_what_cannot_be_written_is_dropped_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says = Printed(tmp_path)

    def full(log: int, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(output, "_write", full)
    says(b"lost")
    monkeypatch.undo()
    says(b"kept")
    assert says.pipe.full
    assert (tmp_path / "stdout").read_bytes() == b"kept"


def keeper(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Keeper, socket.socket]:
    """One that leaves the signals of this process alone, and its executor's connection."""
    monkeypatch.setattr(Keeper, "_take_signals", lambda self: None)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "keeper.sock"))
        listener.listen()
        made = Keeper(str(folder), os.dup(listener.fileno()))
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(folder / "keeper.sock"))
    client.settimeout(10)
    return made, client


def test_a_keeper_without_tasks_and_executor_ends_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, client = keeper(tmp_path, monkeypatch)
    with client:
        client.sendall(pack([b"of tomorrow", b"x"]) + pack([b"signal", b"unknown", b"9", b"1"]) + pack([b"leave"]))
        made.run()
        said, _ = split(client.recv(1000))
    assert said == [[b"keeper", b"1", number(os.getpid())], [b"ready"]]
    assert list(tmp_path.iterdir()) == []
    another, client = keeper(tmp_path, monkeypatch)
    client.close()
    monkeypatch.setattr(keeper_module, "_ALONE_S", 0.0)
    another.run()
    assert list(tmp_path.iterdir()) == []


def test_a_keeper_hangs_up_on_other_users_and_on_nonsense(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, client = keeper(tmp_path, monkeypatch)
    monkeypatch.setattr(keeper_module, "_ALONE_S", 0.2)
    with client:
        client.sendall(pack([b"start", b"too", b"short"]))
        made.run()
        assert split(client.recv(1000))[0][-1] == [b"ready"]
        assert client.recv(10) == b""
    made, client = keeper(tmp_path, monkeypatch)
    monkeypatch.setattr(Peer, "allowed", lambda self: False)
    with client:
        made.run()
        assert client.recv(10) == b""
