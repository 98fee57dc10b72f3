"""What is put into a sandbox, above all what is not: archives built to escape, to explode, to surprise."""

import contextlib
import hashlib
import io
import json
import os
import stat
import struct
import subprocess
import sys
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barter.agent.fetch import archive
from barter.agent.fetch.shell.failure import FetchFailure
from barter.agent.fetch.shell.place import Placement, place
from barter.core.tasks import Reason

LIMIT = 32 << 20
Entry = tuple[str, bytes, str, int, bytes]
"""Name, tar type, link target, mode, content."""


def entry(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", mode: int = 0o644, data: bytes = b"x") -> Entry:
    return name, kind, target, mode, data


def tar(*entries: Entry, mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as pack:  # type: ignore[call-overload]
        for name, kind, target, bits, data in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, target, bits
            info.size = len(data) if kind == tarfile.REGTYPE else 0
            pack.addfile(info, io.BytesIO(data) if info.size else None)
    return packed.getvalue()


def zipped(*entries: Entry) -> bytes:
    packed = io.BytesIO()
    kinds = {tarfile.REGTYPE: stat.S_IFREG, tarfile.SYMTYPE: stat.S_IFLNK, tarfile.FIFOTYPE: stat.S_IFIFO}
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, kind, target, bits, data in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = (kinds.get(kind, stat.S_IFDIR) | bits) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            with warnings.catch_warnings(action="ignore"):
                pack.writestr(info, target if kind == tarfile.SYMTYPE else data)
    return packed.getvalue()


def put(top: Path, packed: bytes, name: str = "a.tar.gz", *, limit: int = LIMIT, is_archive: bool = True) -> Path:
    """Unpack into a sandbox below `top`, beside a secret; returns the sandbox."""
    sandbox, file = top / "sandbox", top / "fetched"
    sandbox.mkdir(exist_ok=True)
    file.write_bytes(packed)
    (top / "secret").write_text("secret")
    sha256 = hashlib.sha256(packed).hexdigest()
    place(Placement("URI", str(file), sha256, str(sandbox), (), name, is_archive, False, limit))
    return sandbox


def tree(top: Path) -> dict[str, str]:
    found = {}
    for path in sorted(top.rglob("*")):
        kind = "->" + os.readlink(path) if path.is_symlink() else "/" if path.is_dir() else path.read_text()
        found[path.relative_to(top).as_posix()] = kind
    return found


GOOD = (
    entry("./"),
    entry("bin", tarfile.DIRTYPE, mode=0o700),
    entry("bin/run", mode=0o4755, data=b"#!"),
    entry("./conf//a", data=b"text"),
    entry("bin/deep/er/link", tarfile.SYMTYPE, "../../run"),
    entry("latest", tarfile.SYMTYPE, "bin/./run"),
)
LAID_OUT = {
    "bin": "/",
    "bin/deep": "/",
    "bin/deep/er": "/",
    "bin/deep/er/link": "->../../run",
    "bin/run": "#!",
    "conf": "/",
    "conf/a": "text",
    "latest": "->bin/./run",
}


@pytest.mark.parametrize(
    ("name", "build"),
    [
        ("a.tar", lambda: tar(*GOOD[1:], mode="w")),
        ("a.tgz", lambda: tar(*GOOD[1:])),
        ("a.tar.bz2", lambda: tar(*GOOD[1:], mode="w:bz2")),
        ("a.TXZ", lambda: tar(*GOOD[1:], mode="w:xz")),
        ("a.zip", lambda: zipped(entry("bin/", tarfile.DIRTYPE), *GOOD[2:])),
    ],
)
def test_archives_are_unpacked(tmp_path: Path, name: str, build: Callable[[], bytes]) -> None:
    sandbox = put(tmp_path, build(), name)
    assert tree(sandbox) == LAID_OUT
    assert stat.S_IMODE((sandbox / "bin/run").stat().st_mode) == 0o755
    assert stat.S_IMODE((sandbox / "conf/a").stat().st_mode) == 0o644
    # As after an executor's death in between.
    assert tree(put(tmp_path, build(), name)) == LAID_OUT


def test_hard_links_within_are_other_names(tmp_path: Path) -> None:
    sandbox = put(tmp_path, tar(entry("d/a", data=b"1"), entry("b", tarfile.LNKTYPE, "d/a")))
    assert os.path.samefile(sandbox / "d" / "a", sandbox / "b")


HOSTILE = {
    "absolute": (entry("/tmp/escaped"), "absolute"),
    "up": (entry("../escaped"), "'..'"),
    "up later": (entry("a/../../escaped"), "'..'"),
    "log": (entry("stdout"), "output goes"),
    "link out": (entry("l", tarfile.SYMTYPE, "../secret"), "leads out"),
    "link to the root": (entry("l", tarfile.SYMTYPE, "/etc"), "leads out"),
    "link up by its depth": (entry("a/l", tarfile.SYMTYPE, "../../secret"), "leads out"),
    "link up behind a name": (entry("l", tarfile.SYMTYPE, "a/../../secret"), "leads out"),
    "link to nothing": (entry("l", tarfile.SYMTYPE, ""), "leads out"),
    "pipe": (entry("p", tarfile.FIFOTYPE), "device, pipe"),
    "too long": (entry("x" * 300), "too long"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("pack", [tar, zipped])
def test_what_is_hostile_is_refused(tmp_path: Path, name: str, pack: Callable[..., bytes]) -> None:
    bad, why = HOSTILE[name]
    with pytest.raises(FetchFailure, match=why):
        put(tmp_path, pack(entry("good"), bad), "a.zip" if pack is zipped else "a.tar")
    assert tree(tmp_path / "sandbox") == {"good": "x"}


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ((entry("d", tarfile.CHRTYPE),), "device, pipe"),
        ((entry("d", tarfile.BLKTYPE),), "device, pipe"),
        ((entry("h", tarfile.LNKTYPE, "../secret"),), r"'\.\.'"),
        ((entry("h", tarfile.LNKTYPE, "/etc/shadow"),), "absolute"),
        ((entry("h", tarfile.LNKTYPE, "none"),), "no file before it"),
        ((entry("l", tarfile.SYMTYPE, "."), entry("h", tarfile.LNKTYPE, "l")), "no file before it"),
        ((entry("l", tarfile.SYMTYPE, "."), entry("l/x")), "goes through a symbolic link"),
        ((entry("a", tarfile.SYMTYPE, "."), entry("b", tarfile.SYMTYPE, "a/../x")), "leads out"),
        ((entry("l", tarfile.SYMTYPE, "d"), entry("l/../x")), r"'\.\.'"),
        ((entry("f"), entry("f/x")), "Not a directory"),
    ],
)
def test_a_tar_that_would_surprise_is_refused(tmp_path: Path, entries: tuple[Entry, ...], why: str) -> None:
    with pytest.raises(FetchFailure, match=why):
        put(tmp_path, tar(*entries))
    assert (tmp_path / "secret").stat().st_nlink == 1


def test_a_link_that_is_there_already_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "l").symlink_to(tmp_path)
    (tmp_path / "sandbox" / "secret").symlink_to(tmp_path / "secret")
    with pytest.raises(FetchFailure):
        put(tmp_path, zipped(entry("l/secret", data=b"overwritten")), "a.zip")
    put(tmp_path, zipped(entry("secret", data=b"other")), "a.zip")
    put(tmp_path, b"other", "secret", is_archive=False)
    assert (tmp_path / "secret").read_text() == "secret"
    assert (tmp_path / "sandbox" / "secret").read_text() == "other"


def test_bombs(tmp_path: Path) -> None:
    zeros = bytes(80 << 20)
    for packed, name in ((tar(entry("z", data=zeros)), "a.tgz"), (zipped(entry("z", data=zeros)), "a.zip")):
        with pytest.raises(FetchFailure, match="200 times"):
            put(tmp_path, packed, name, limit=1 << 30)
        with pytest.raises(FetchFailure, match="the disk its task asked for"):
            put(tmp_path, packed, name, limit=1 << 20)


def test_a_zip_that_lies_about_its_sizes(tmp_path: Path) -> None:
    packed = bytearray(zipped(entry("z", data=bytes(8 << 20))))
    directory = packed.rindex(b"PK\1\2")
    struct.pack_into("<I", packed, directory + 24, 10)
    with pytest.raises(FetchFailure):
        put(tmp_path, bytes(packed), "a.zip", limit=1 << 20)
    written = sum(path.stat().st_size for path in (tmp_path / "sandbox").rglob("*"))
    assert written <= 1 << 20


def test_too_many_members(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_MEMBERS", 5)
    with pytest.raises(FetchFailure, match="more than 5 members"):
        put(tmp_path, tar(*(entry(f"f{number}") for number in range(6))))


def test_names_that_are_none_and_a_secret_zip(tmp_path: Path) -> None:
    with pytest.raises(FetchFailure, match="is no name for a file"):
        put(tmp_path, zipped(entry("")), "a.zip")
    packed = zipped(entry("aXb")).replace(b"aXb", b"a\0b")
    with pytest.raises(FetchFailure, match="NUL"):
        put(tmp_path, packed, "a.zip")
    packed = zipped(entry("a"))
    at = packed.index(b"PK\1\2") + 8
    with pytest.raises(FetchFailure, match="encrypted"):
        put(tmp_path, packed[:at] + b"\1\0" + packed[at + 2 :], "a.zip")


@pytest.mark.parametrize("name", ["a.tar", "a.tgz", "a.tar.xz", "a.tar.bz2", "a.zip"])
@pytest.mark.parametrize("packed", [b"", b"no archive at all" * 99, tar(entry("x", data=b"x" * 9999))[:-60]])
def test_what_is_no_archive(tmp_path: Path, name: str, packed: bytes) -> None:
    with pytest.raises(FetchFailure, match="no readable archive"):
        put(tmp_path, packed, name)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_nothing_is_ever_outside_whatever_the_archive(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    names = st.lists(st.sampled_from(["a", "b", "c", "..", ".", "", "stdout"]), min_size=1, max_size=4).map("/".join)
    kind = st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
    entries = data.draw(st.lists(st.tuples(names, kind, names, st.sampled_from([0o644, 0o4777]), st.just(b"x"))))
    top = tmp_path_factory.mktemp("any")
    is_zip = data.draw(st.booleans())
    packed = zipped(*entries) if is_zip else tar(*entries)
    with contextlib.suppress(FetchFailure):
        put(top, packed, "a.zip" if is_zip else "a.tar.gz")
    assert {path.name for path in top.iterdir()} == {"sandbox", "fetched", "secret"}
    assert (top / "secret").read_text() == "secret"
    sandbox = top / "sandbox"
    for path in sandbox.rglob("*"):
        assert Path(os.path.realpath(path)).is_relative_to(sandbox)
        mode = path.lstat().st_mode
        assert stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)
        assert not mode & (stat.S_ISUID | stat.S_ISGID)
    assert not (sandbox / "stdout").exists()


@pytest.mark.parametrize("name", ["x" * 255, "名" * 85, ".fetch.part"])
def test_whatever_a_file_is_called_it_is_there(tmp_path: Path, name: str) -> None:
    top = put(tmp_path, b"text", name, is_archive=False)
    assert tree(top) == {name: "text"}


def test_a_plain_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    sandbox = put(tmp_path, b"new", "run", is_archive=False)
    assert tree(sandbox) == {"run": "new"}
    placement = Placement("URI", str(tmp_path / "fetched"), "0" * 64, str(sandbox), ("d",), "run", False, True, LIMIT)
    with pytest.raises(FetchFailure, match="changed while") as failure:
        place(placement)
    assert failure.value.corrupt
    assert tree(sandbox) == {"run": "new", "d": "/"}
    with pytest.raises(FetchFailure, match="larger than"):
        put(tmp_path, b"12345", "five", limit=4, is_archive=False)
    (tmp_path / "fetched").unlink()
    with pytest.raises(FetchFailure, match="not in the cache") as failure:
        place(placement)
    assert failure.value.corrupt


def test_a_full_disk_has_a_reason_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(FetchFailure, match="disk is full") as failure:
        put(tmp_path, b"x", "x", is_archive=False)
    assert failure.value.reason is Reason.DISK_FULL


def test_a_worker_whose_executor_was_killed_ends_without_a_word(tmp_path: Path) -> None:
    hears, tells = os.pipe()
    os.close(hears)
    what = Placement("a", str(tmp_path / "none"), "", str(tmp_path), (), "a", False, False, LIMIT)
    job = json.dumps({"do": "place", "what": asdict(what)}) + "\n"
    command = [sys.executable, "-m", "barter.agent.fetch.shell.worker"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=tells, stderr=subprocess.PIPE, text=True) as worker:
        os.close(tells)
        assert worker.stdin is not None
        assert worker.stderr is not None
        worker.stdin.write(job)
        worker.stdin.flush()
        assert worker.wait(20) == 0
        assert worker.stderr.read() == ""


def test_so_does_one_that_was_not_told_what_to_do() -> None:
    command = [sys.executable, "-m", "barter.agent.fetch.shell.worker"]
    for half in ("", '{"do": "pl'):
        ended = subprocess.run(command, input=half, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (1, "")
