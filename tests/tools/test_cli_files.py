"""`barter cp`: what arrives is written whole, in its place and nowhere else."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from barter.proto.v1 import node_pb2 as pb
from barter.tools.cli.located import split_place
from barter.tools.cli.main import cli
from barter.tools.cli.received import Received


def entry(path: str, kind: str = "file", size: int = 0, **more: Any) -> pb.FileEntry:
    return pb.FileEntry(kind=kind, path=path, size=size, mode=more.pop("mode", 0o644), modified_ms=1000, **more)


def test_a_folder_arrives(tmp_path: Path) -> None:
    received = Received(tmp_path / "new")
    received.entry(entry("", "folder"))
    received.entry(entry("d", "folder"))
    received.entry(entry("d/run", size=4, mode=0o4755))
    received.data(b"da")
    assert os.listdir(tmp_path / "new" / "d") == [f".barter-cp-{os.getpid()}.part"]
    received.data(b"ta")
    received.entry(entry("link", "link", problem="a link"))
    received.entry(entry("short", size=9))
    received.data(b"x")
    received.finish()
    run = tmp_path / "new" / "d" / "run"
    assert run.read_bytes() == b"data"
    assert stat.S_IMODE(run.stat().st_mode) == 0o755
    assert run.stat().st_mtime == 1
    assert received.left_out == ["link: a link", "the last 8 bytes of short: it was cut short"]
    assert (received.files, received.size) == (2, 5)
    assert sorted(os.listdir(tmp_path / "new")) == ["d", "short"]


@pytest.mark.parametrize("name", ["x" * 255, "名" * 85])
def test_the_longest_names_arrive(tmp_path: Path, name: str) -> None:
    received = Received(tmp_path / "new")
    received.entry(entry("", "folder"))
    received.entry(entry(name, size=1))
    received.data(b"x")
    received.finish()
    assert os.listdir(tmp_path / "new") == [name]


@pytest.mark.parametrize("path", ["../x", "/x", "d/../../x", "a\0b"])
def test_an_agent_that_lies_writes_nowhere_else(tmp_path: Path, path: str) -> None:
    received = Received(tmp_path / "new")
    received.entry(entry("", "folder"))
    with pytest.raises(ValueError, match="the path"):
        received.entry(entry(path, size=1))
    received = Received(tmp_path / "file")
    received.entry(entry("", size=1))
    with pytest.raises(ValueError, match="data of no file"):
        received.data(b"xx")
    received.drop_unfinished()
    assert os.listdir(tmp_path) == ["new"]


def test_a_place_in_a_sandbox() -> None:
    assert split_place("web.1:logs//a") == ("web.1", "logs/a")
    assert split_place("web.1:") == ("web.1", "")
    assert split_place("web.1:a:b") == ("web.1", "a:b")


@given(st.text(max_size=30))
def test_any_text_is_a_place_or_none(text: str) -> None:
    try:
        task, path = split_place(text)
    except ValueError:
        return
    assert task
    assert ".." not in path.split("/")
    assert not path.startswith("/")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["cp", "web.1", "."], "is not TASK:PATH"),
        (["cp", "web.1:../x", "."], "'..'"),
        (["cp", "web.1:/etc/passwd", "."], "absolute"),
        (["ls", "web.1:a\0b"], "NUL"),
        (["exec", "web.1"], "Missing argument"),
        (["exec", "web.1", "--"], "no command to run"),
        (["exec", "-t", "web.1", "sh"], "needs stdin to be a terminal"),
    ],
)
def test_wrong_usage(words: list[str], said: str) -> None:
    done = CliRunner().invoke(cli, words)
    assert (done.exit_code, said in done.output) == (2, True)
