"""Looks into sandboxes, and nowhere else: what is there, and the data of plain files."""

import contextlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from barter.core.beneath import DEEPEST, parts_below
from barter.core.ids import check_id
from barter.shell.beneath import NotPlain, open_file, open_folder

CHUNK = 256 << 10


class NotThere(Exception):
    """There is no such sandbox, file or folder."""


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` is file, folder, link or other; `target` of links; `problem` says why its content is not given."""

    kind: str
    path: str
    size: int = 0
    mode: int = 0
    modified_ms: int = 0
    target: str = ""
    problem: str = ""


def open_sandbox(root: Path, framework_id: str, task_id: str) -> int:
    """Raises NotThere, or ValueError on ids that may not name a folder."""
    names = (check_id("framework id", framework_id), check_id("task id", task_id))
    try:
        return open_folder(str(root), names)
    except OSError:
        raise NotThere(f"no sandbox of task {task_id} here: it never ran on this agent, or it was removed") from None


def entries(root: Path, framework_id: str, task_id: str, path: str) -> Iterator[Entry]:
    """What is in a folder, in no order; of anything else that alone. Raises NotThere or ValueError."""
    with _Place(root, framework_id, task_id, path) as place:
        found = place.look()
        if found.kind != "folder":
            yield found
            return
        folder = place.open_folder()
        try:
            yield from (entry for _, entry in _listed(folder, ""))
        finally:
            os.close(folder)


def contents(root: Path, framework_id: str, task_id: str, path: str) -> Iterator[Entry | bytes]:
    """Each file and folder from `path` on, a file's data right after its entry. Raises NotThere or ValueError."""
    with _Place(root, framework_id, task_id, path) as place:
        found = place.look()
        if found.kind == "folder":
            yield found
            yield from _walk(place.open_folder(), "", place.owner, 0)
        else:
            yield from _content(place.above, place.name, found, place.owner)


class _Place:
    """What `path` names in a sandbox: `name` in the open folder `above`, or with an empty name that folder itself."""

    def __init__(self, root: Path, framework_id: str, task_id: str, path: str) -> None:
        parts = parts_below(path)
        sandbox = open_sandbox(root, framework_id, task_id)
        self._shown, self._task_id = path, task_id
        self.owner = os.fstat(sandbox).st_uid
        self.name = parts[-1] if parts else ""
        try:
            self.above = open_folder(sandbox, parts[:-1])
        except OSError as error:
            raise self._missing(error) from None
        finally:
            os.close(sandbox)

    def __enter__(self) -> "_Place":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.above)

    def look(self) -> Entry:
        try:
            return _entry(self.above, self.name or ".", "")
        except OSError as error:
            raise self._missing(error) from None

    def open_folder(self) -> int:
        try:
            return open_folder(self.above, [self.name] if self.name else [])
        except OSError as error:
            raise self._missing(error) from None

    def _missing(self, error: OSError) -> NotThere:
        why = (
            "a link, which is not followed, or no folder, is on the way"
            if isinstance(error, NotADirectoryError)
            else ""
        )
        return NotThere(f"task {self._task_id} has no {self._shown[:200]!r} in its sandbox: {why or error.strerror}")


def _walk(folder: int, above: str, owner: int, depth: int) -> Iterator[Entry | bytes]:
    """All below an open folder, which it closes."""
    try:
        for name, entry in _listed(folder, above):
            if entry.kind != "folder":
                yield from _content(folder, name, entry, owner)
                continue
            if depth >= DEEPEST:
                yield Entry("folder", entry.path, problem=f"more than {DEEPEST} folders deep")
                continue
            yield entry
            try:
                below = open_folder(folder, [name])
            except OSError:
                # It was replaced meanwhile.
                continue
            yield from _walk(below, f"{above}{name}/", owner, depth + 1)
    finally:
        os.close(folder)


def _content(folder: int, name: str, entry: Entry, owner: int) -> Iterator[Entry | bytes]:
    if entry.kind != "file" or entry.problem:
        yield entry
        return
    try:
        descriptor = open_file(folder, name)
    except OSError as error:
        yield Entry("file", entry.path, problem=str(error) if isinstance(error, NotPlain) else error.strerror or "")
        return
    try:
        found = os.fstat(descriptor)
        if found.st_nlink > 1 and found.st_uid != owner:
            yield Entry("file", entry.path, problem="a file of somebody else with another name elsewhere")
            return
        yield Entry("file", entry.path, found.st_size, entry.mode, entry.modified_ms)
        left = found.st_size
        while left and (data := os.read(descriptor, min(CHUNK, left))):
            left -= len(data)
            yield data
    finally:
        os.close(descriptor)


def _listed(folder: int, above: str) -> Iterator[tuple[str, Entry]]:
    with os.scandir(folder) as found:
        for each in found:
            # It may be gone meanwhile.
            with contextlib.suppress(FileNotFoundError):
                yield each.name, _entry(folder, each.name, f"{above}{each.name}")


def _entry(folder: int, name: str, path: str) -> Entry:
    """Raises OSError where there is nothing of that name."""
    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    kind = next((kind for test, kind in _KINDS if test(found.st_mode)), "other")
    target, problem = "", ""
    if kind == "link":
        target, problem = _shown(os.readlink(name, dir_fd=folder)), "a link, which is not followed"
    elif kind == "other":
        problem = "a pipe, a socket or a device"
    shown = _shown(path)
    if shown != path:
        problem = "its name is no UTF-8"
    mode, modified_ms = stat.S_IMODE(found.st_mode), found.st_mtime_ns // 1_000_000
    return Entry(kind, shown, found.st_size, mode, modified_ms, target, problem)


def _shown(name: str) -> str:
    return os.fsencode(name).decode(errors="replace")


_KINDS = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISLNK, "link"))
