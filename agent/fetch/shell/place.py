"""Puts a fetched file into a sandbox, or unpacks it there, if it still is what was fetched."""

import hashlib
import os
from dataclasses import dataclass
from typing import BinaryIO

from barter.agent.fetch.archive import Admission, Unsafe
from barter.agent.fetch.shell.failure import FetchFailure, disk_failure
from barter.agent.fetch.shell.unpack import Unreadable, unpack
from barter.core.units import format_bytes
from barter.shell.beneath import open_folder

CHUNK = 1 << 18
PART = ".fetch.part"
"""A task's artifacts come one after the other, so one name will do, however long theirs are."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Placement:
    """`folder` and `name` below the `sandbox`; what is made belongs to `owner`, uid and gid, unless that is empty."""

    shown: str
    file: str
    sha256: str
    sandbox: str
    folder: tuple[str, ...]
    name: str
    archive: bool
    executable: bool
    limit: int
    owner: tuple[int, ...] = ()


def place(wanted: Placement) -> int:
    """How many bytes are in the sandbox now; raises FetchFailure."""
    try:
        with open(wanted.file, "rb") as file:
            folder = open_folder(wanted.sandbox, wanted.folder, lambda made: _own(wanted, made))
            try:
                return _unpack(wanted, file, folder) if wanted.archive else _copy(wanted, file, folder)
            finally:
                os.close(folder)
    except Unsafe as error:
        raise FetchFailure(f"{wanted.shown} is not unpacked: {error}") from None
    except Unreadable as error:
        why = (str(error).splitlines() or [type(error).__name__])[0].rstrip(":")
        raise FetchFailure(f"{wanted.shown} is no readable archive: {why}; or fetch it with extract off") from None
    except MemoryError:
        raise FetchFailure(f"{wanted.shown} is not unpacked: that takes more memory than any archive should") from None
    except FileNotFoundError as error:
        raise FetchFailure(f"{wanted.shown} is not in the cache any more: {error}", corrupt=True) from None
    except OSError as error:
        raise disk_failure(f"cannot put {wanted.shown} into the sandbox", error) from None


def _own(wanted: Placement, made: int) -> None:
    if wanted.owner:
        os.fchown(made, *wanted.owner)


def _copy(wanted: Placement, file: BinaryIO, folder: int) -> int:
    size = os.fstat(file.fileno()).st_size
    if size > wanted.limit:
        limit = format_bytes(wanted.limit)
        raise FetchFailure(f"{wanted.shown} is larger than the {limit} its task may have: ask for more disk")
    found = hashlib.sha256()
    _remove(PART, folder)
    try:
        with os.fdopen(os.open(PART, _NEW, 0o600, dir_fd=folder), "wb") as copy:
            while data := file.read(CHUNK):
                found.update(data)
                copy.write(data)
            os.fchmod(copy.fileno(), 0o755 if wanted.executable else 0o644)
            _own(wanted, copy.fileno())
        _check(wanted, found.hexdigest())
        os.replace(PART, wanted.name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        _remove(PART, folder)
        raise
    return size


def _unpack(wanted: Placement, file: BinaryIO, folder: int) -> int:
    found = hashlib.sha256()
    while data := file.read(CHUNK):
        found.update(data)
    _check(wanted, found.hexdigest())
    packed = file.tell()
    file.seek(0)
    admission = Admission(packed, wanted.limit, in_sandbox_root=not wanted.folder)
    path = os.path.join(wanted.sandbox, *wanted.folder)
    is_zip = wanted.name.lower().endswith(".zip")
    return unpack(file, is_zip, folder, path, admission, lambda made: _own(wanted, made))


def _check(wanted: Placement, found: str) -> None:
    if found != wanted.sha256:
        raise FetchFailure(f"{wanted.shown} changed while it was kept: fetched with {wanted.sha256}", corrupt=True)


def _remove(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return
