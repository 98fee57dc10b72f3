"""Unpacks a tar or zip file below an open folder, as `agent/fetch/archive.py` admits its members."""

import contextlib
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, BinaryIO

from barter.agent.fetch.archive import MOST_MEMBERS, Admission, Kind, Member, Place, Unsafe
from barter.core.beneath import LONGEST_PATH
from barter.shell.beneath import open_folder

CHUNK = 1 << 18
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_Contents = Callable[[], IO[bytes] | None]
_Check = Callable[[], None]

Unreadable = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError)
"""What a broken archive raises, besides OSError."""


def unpack(
    archive: BinaryIO, is_zip: bool, top: int, path: str, admission: Admission, own: Callable[[int], None]
) -> int:
    """The bytes written below the folder `top`, whose path is `path`; `own` is called with each thing made.

    Raises Unsafe, one of Unreadable, or OSError.
    """
    for member, contents, check in (_zip if is_zip else _tar)(archive, path):
        place = admission.admit(member)
        check()
        if place is not None:
            _put(place, contents, top, admission, own)
    return admission.written


def _tar(archive: BinaryIO, path: str) -> Iterator[tuple[Member, _Contents, _Check]]:
    with tarfile.open(fileobj=archive, mode="r:*") as tar:
        for info in tar:
            yield _tar_member(info), partial(tar.extractfile, info), partial(_check_tar, info, path)


def _check_tar(info: tarfile.TarInfo, path: str) -> None:
    """The library's own opinion, where it has one (Python 3.11.4); raises Unsafe."""
    if (safe := getattr(tarfile, "data_filter", None)) is not None:
        try:
            safe(info, path)
        except tarfile.FilterError as error:
            raise Unsafe(str(error)) from None


def _tar_member(info: tarfile.TarInfo) -> Member:
    kinds = ((info.isreg, Kind.FILE), (info.isdir, Kind.FOLDER), (info.issym, Kind.LINK), (info.islnk, Kind.HARD_LINK))
    kind = next((kind for test, kind in kinds if test()), Kind.OTHER)
    return Member(info.name, kind, info.size if kind is Kind.FILE else 0, info.mode, info.linkname)


def _zip(archive: BinaryIO, path: str) -> Iterator[tuple[Member, _Contents, _Check]]:
    with zipfile.ZipFile(archive) as pack:
        infos = pack.infolist()
        if len(infos) > MOST_MEMBERS:
            raise Unsafe(f"it has more than {MOST_MEMBERS} members")
        for info in infos:
            if info.flag_bits & 1:
                raise Unsafe("it is encrypted")
            yield _zip_member(pack, info), partial(pack.open, info), _no_check


def _no_check() -> None:
    return


def _zip_member(pack: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    mode = info.external_attr >> 16
    # The library cuts a name at its NUL and goes on.
    name = info.orig_filename if "\0" in info.orig_filename else info.filename
    kind = Kind.FOLDER if name.endswith("/") else Kind.FILE
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK):
        kind = Kind.OTHER
    if not stat.S_ISLNK(mode):
        return Member(name, kind, info.file_size, mode or 0o644)
    with pack.open(info) as contents:
        target = contents.read(LONGEST_PATH + 1)
    return Member(name, Kind.LINK, 0, mode, os.fsdecode(target) if len(target) <= LONGEST_PATH else "")


def _put(place: Place, contents: _Contents, top: int, admission: Admission, own: Callable[[int], None]) -> None:
    *above, name = place.parts
    if place.kind is Kind.FOLDER:
        os.close(open_folder(top, place.parts, own))
        return
    folder = open_folder(top, above, own)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        match place.kind:
            case Kind.LINK:
                os.symlink(place.target, name, dir_fd=folder)
            case Kind.HARD_LINK:
                _link(place.source, name, top, folder)
            case _:
                with os.fdopen(os.open(name, _NEW, place.mode, dir_fd=folder), "wb") as file:
                    os.fchmod(file.fileno(), place.mode)
                    own(file.fileno())
                    _copy(contents, file, admission)
    finally:
        os.close(folder)


def _link(source: tuple[str, ...], name: str, top: int, folder: int) -> None:
    *above, its_name = source
    there = open_folder(top, above)
    try:
        os.link(its_name, name, src_dir_fd=there, dst_dir_fd=folder, follow_symlinks=False)
    finally:
        os.close(there)


def _copy(contents: _Contents, file: BinaryIO, admission: Admission) -> None:
    source = contents()
    if source is None:
        return
    with source:
        while data := source.read(CHUNK):
            admission.wrote(len(data))
            file.write(data)
