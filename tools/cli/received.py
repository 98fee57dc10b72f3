"""Writes what an agent sends of a sandbox: each file appears whole, nothing outside the target, no link is made."""

import contextlib
import os
from pathlib import Path
from typing import Any, BinaryIO

from barter.core.beneath import parts_below


class Received:
    """`left_out` names what was not copied and why; `problem` says so of what was asked for itself."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.files = self.size = 0
        self.left_out: list[str] = []
        self.problem = ""
        self._file: BinaryIO | None = None
        self._part = self._path = target
        self._entry: Any = None
        self._left = 0

    def entry(self, entry: Any) -> None:
        """The next file or folder; raises OSError, or ValueError where its path leads elsewhere."""
        self.finish()
        parts = parts_below(entry.path)
        if entry.problem:
            if parts:
                self.left_out.append(f"{entry.path}: {entry.problem}")
            else:
                self.problem = entry.problem
            return
        path = self.target.joinpath(*parts)
        if entry.kind == "folder":
            path.mkdir(exist_ok=True)
            return
        self._path, self._entry, self._left = path, entry, entry.size
        self._part = path.with_name(f".barter-cp-{os.getpid()}.part")
        self._part.unlink(missing_ok=True)
        self._file = self._part.open("xb")

    def data(self, data: bytes) -> None:
        """Of the file that came last; raises OSError or ValueError."""
        self._left -= len(data)
        if self._file is None or self._left < 0:
            raise ValueError("data of no file")
        self._file.write(data)
        self.size += len(data)

    def finish(self) -> None:
        """The last file is whole, or as much of it as there was."""
        if self._file is None:
            return
        self._file.close()
        self._file = None
        if self._left:
            self.left_out.append(
                f"the last {self._left} bytes of {self._entry.path or self._path.name}: it was cut short"
            )
        os.chmod(self._part, self._entry.mode & 0o777 | 0o600)
        os.utime(self._part, ns=(self._entry.modified_ms * 1_000_000,) * 2)
        self._part.replace(self._path)
        self.files += 1

    def drop_unfinished(self) -> None:
        if self._file is not None:
            self._file.close()
            with contextlib.suppress(OSError):
                self._part.unlink()
