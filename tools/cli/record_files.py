"""The files of a recording: each begins with the header and a snapshot, so that the oldest can go."""

import os
from pathlib import Path

from barter.core.units import format_bytes
from barter.proto.v1 import operator_pb2 as pb
from barter.tools.cli.errors import Refused

PATTERN = "record-*.jsonl"


class RecordFiles:
    """At most `files` of about `max_size` bytes, readable by their owner only; `paths` are those there."""

    def __init__(self, folder: Path, max_size: int, files: int) -> None:
        """Raises Refused where the folder holds a recording already."""
        if any(folder.glob(PATTERN)):
            raise Refused(f"{folder} holds a recording already", then="choose another --dir")
        self._folder, self._max_size, self._files = folder, max_size, files
        self.paths: list[Path] = []
        self._made = self._removed = self._bytes = 0
        self._header = b""
        self._file: int | None = None
        self._size = self._since_snapshot = 0

    def take(self, chunk: pb.RecordChunk) -> None:
        """Write what the master sent; raises OSError."""
        if chunk.header:
            self._header = chunk.header
            return
        if chunk.snapshot:
            if self._file is None or self._size + self._since_snapshot > self._max_size:
                self._next()
            self._since_snapshot = 0
        self._write(chunk.lines)
        self._since_snapshot += len(chunk.lines)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def summary(self) -> str:
        if not self.paths:
            return "nothing was recorded"
        names = self.paths[0].name if len(self.paths) == 1 else f"{self.paths[0].name} to {self.paths[-1].name}"
        gone = f"; {self._removed} older ones were removed" if self._removed else ""
        return f"recorded {format_bytes(self._bytes)} to {self._folder}: {names}{gone}"

    def _next(self) -> None:
        """A new file; the oldest goes when there are too many."""
        self.close()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._made += 1
        path = self._folder / f"record-{self._made:04d}.jsonl"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self.paths.append(path)
        self._size = 0
        self._write(self._header)
        if len(self.paths) > self._files:
            self.paths.pop(0).unlink(missing_ok=True)
            self._removed += 1

    def _write(self, data: bytes) -> None:
        assert self._file is not None, "lines before the first snapshot"
        self._size += len(data)
        self._bytes += len(data)
        while data:
            data = data[os.write(self._file, data) :]
