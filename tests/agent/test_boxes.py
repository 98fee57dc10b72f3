"""What of a sandbox is shown and read: nothing outside it, nothing that hangs, nothing that fills the memory."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barter.agent.shell.boxes import CHUNK, Entry, NotThere, contents, entries


@pytest.fixture
def box(tmp_path: Path) -> Path:
    sandbox = tmp_path / "root" / "f1" / "t1"
    (sandbox / "d" / "e").mkdir(parents=True)
    (sandbox / "d" / "f").write_bytes(b"data")
    (sandbox / "empty").touch()
    (tmp_path / "secret").write_text("secret")
    return sandbox


def read(box: Path, path: str) -> dict[str, bytes | str]:
    """By path: the data, or why there is none."""
    found: dict[str, bytes | str] = {}
    last = ""
    for item in contents(box.parent.parent, "f1", "t1", path):
        if isinstance(item, Entry):
            last = item.path
            assert last not in found
            found[last] = item.problem or (b"" if item.kind == "file" else "/")
        else:
            so_far = found[last]
            assert isinstance(so_far, bytes)
            found[last] = so_far + item
    return found


def test_files_and_folders(box: Path) -> None:
    assert read(box, "") == {"": "/", "d": "/", "d/e": "/", "d/f": b"data", "empty": b""}
    assert read(box, "./d//f") == {"": b"data"}
    assert sorted((each.path, each.kind, each.size) for each in entries(box.parent.parent, "f1", "t1", ""))[1:] == [
        ("empty", "file", 0)
    ]
    (only,) = entries(box.parent.parent, "f1", "t1", "d/f")
    assert (only.path, only.kind, only.size) == ("", "file", 4)


def test_what_is_no_plain_file_is_named_and_left_alone(box: Path, tmp_path: Path) -> None:
    os.mkfifo(box / "pipe")
    (box / "link").symlink_to(tmp_path / "secret")
    (box / "folder-link").symlink_to(tmp_path)
    os.mknod(box / "null", 0o666 | 0o020000, os.makedev(1, 3)) if os.geteuid() == 0 else os.mkfifo(box / "null")
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.getcwd()
        os.chdir(box)
        listening.bind("socket")
        os.chdir(here)
        found = read(box, "")
    other = "a pipe, a socket or a device"
    assert [found[name] for name in ("pipe", "null", "socket")] == [other] * 3
    assert found["link"] == found["folder-link"] == "a link, which is not followed"
    assert read(box, "link") == {"": "a link, which is not followed"}
    shown = {each.path: each for each in entries(box.parent.parent, "f1", "t1", "")}
    assert shown["link"].target == str(tmp_path / "secret")
    for path in ("folder-link/secret", "d/f/x", "none", "d/none"):
        with pytest.raises(NotThere):
            read(box, path)


def test_a_file_of_somebody_else_by_another_name_is_not_given(box: Path, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can hand files to others")
    os.chown(box, 12345, 12345)
    os.link(tmp_path / "secret", box / "mine")
    (box / "own").write_text("own")
    assert read(box, "mine") == {"": "a file of somebody else with another name elsewhere"}
    assert read(box, "own") == {"": b"own"}


def test_a_huge_file_comes_in_pieces(box: Path) -> None:
    with open(box / "huge", "wb") as file:
        file.truncate(1 << 40)
    items = contents(box.parent.parent, "f1", "t1", "huge")
    first = next(items)
    assert isinstance(first, Entry)
    assert first.size == 1 << 40
    for _ in range(20):
        assert next(items) == bytes(CHUNK)
    items.close()  # type: ignore[attr-defined]


def test_a_file_that_changes_meanwhile(box: Path) -> None:
    (box / "log").write_bytes(b"x" * (2 * CHUNK))
    items = contents(box.parent.parent, "f1", "t1", "log")
    next(items)
    (box / "log").write_bytes(b"y" * 10)
    assert list(items) == [b"y" * 10]
    (box / "log").write_bytes(b"x" * CHUNK)
    items = contents(box.parent.parent, "f1", "t1", "log")
    next(items)
    with open(box / "log", "ab") as log:
        log.write(b"more")
    assert list(items) == [b"x" * CHUNK]


def test_a_name_that_is_no_text(box: Path) -> None:
    (box / os.fsdecode(b"\xff")).write_text("x")
    assert read(box, "")["\ufffd"] == "its name is no UTF-8"


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(["..", ".", "", "d", "f", "e", "out", "\0", "secret", "/"]), max_size=6).map("/".join))
def test_no_path_leads_out(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    top = tmp_path_factory.getbasetemp() / "paths"
    box = top / "root" / "f1" / "t1"
    if not box.exists():
        (box / "d" / "e").mkdir(parents=True)
        (top / "secret").write_text("secret")
        (box / "d" / "out").symlink_to("../../../..")
        (box / "out").symlink_to(top)
    try:
        found = read(box, path)
    except (ValueError, NotThere):
        return
    assert b"secret" not in found.values()
    assert set(found) <= {"", "d", "e", "d/e", "out", "d/out"}
