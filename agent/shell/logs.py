"""Reads the logs in sandboxes, and nothing outside them: every step down is taken without following a link."""

import os
from dataclasses import dataclass
from pathlib import Path

from barter.agent.shell.boxes import NotThere, open_sandbox
from barter.shell.beneath import open_file

STREAMS = ("stdout", "stderr")
CHUNK = 64 << 10
KNOWN = 4 << 10
"""So many of the last bytes read tell where to go on, whatever became of the file."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """`position` is that of its end in its file; before a `gap` something was rotated away unread."""

    data: bytes
    position: int
    gap: bool = False


class Log:
    """One stream of a task, over rotations: the file was renamed to NAME.1, or copied there and truncated."""

    def __init__(self, root: Path, framework_id: str, task_id: str, name: str) -> None:
        """At its beginning, rotated part aside; raises NotThere, or ValueError on ids and streams that are none."""
        if name not in STREAMS:
            raise ValueError(f"stream {name[:80]!r} is neither stdout nor stderr")
        self._name, self._task_id = name, task_id
        self._file = self._rotated = -1
        self._folder = open_sandbox(root, framework_id, task_id)
        try:
            self._file = open_file(self._folder, name)
        except OSError as error:
            self.close()
            raise NotThere(f"task {task_id} has no {name}: {error.strerror or error}") from None
        self._position = 0
        self._last = b""
        self._gap = False

    def close(self) -> None:
        for descriptor in (self._folder, self._file, self._rotated):
            if descriptor >= 0:
                os.close(descriptor)
        self._file = self._rotated = -1

    def rewind(self) -> None:
        """Begin with what was rotated away."""
        self._begin_with_rotated()

    def skip_to_last(self, lines: int) -> None:
        """Leave only the last `lines` lines to be read."""
        self._position, found = _last_lines(self._file, lines)
        if found < lines and self._begin_with_rotated():
            self._position, _ = _last_lines(self._rotated, lines - found)

    def go_on(self, after: bytes, position: int) -> None:
        """Leave only what comes after these bytes, which an earlier reading ended with at `position`."""
        self._last = after[-KNOWN:]
        self._begin_with_rotated()
        both = _Both(self._rotated, self._file)
        found = both.end_of(self._last, (both.size_of_first + position, position))
        if found is None:
            self._gap = True
        elif found >= both.size_of_first:
            self._end_rotated()
            self._position = found - both.size_of_first
        else:
            self._position = found

    def read(self) -> Chunk | None:
        """The next chunk, None when there is nothing new."""
        while True:
            source = self._rotated if self._rotated >= 0 else self._file
            if data := os.pread(source, CHUNK, self._position):
                self._position += len(data)
                self._last = (self._last + data)[-KNOWN:]
                gap, self._gap = self._gap, False
                return Chunk(data, self._position, gap)
            if self._rotated >= 0:
                self._end_rotated()
            elif not self._moved_on():
                return None

    def _moved_on(self) -> bool:
        """Whether what is read now is another file, or another place in it."""
        mine = os.fstat(self._file)
        try:
            there = os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return False
        if (there.st_ino, there.st_dev) == (mine.st_ino, mine.st_dev):
            if mine.st_size < self._position:
                self.go_on(self._last, self._position)
                return True
            return False
        if mine.st_size > self._position:
            # Written after the last look and before it was renamed.
            return True
        return self._turn_to_new(mine)

    def _turn_to_new(self, mine: os.stat_result) -> bool:
        try:
            fresh = open_file(self._folder, self._name)
        except OSError:
            return False
        os.close(self._file)
        self._file, self._position = fresh, 0
        rotated = self._open_rotated()
        if rotated >= 0 and os.fstat(rotated).st_ino != mine.st_ino:
            # Rotated more than once since the last look: what came between may be lost.
            self._rotated, self._gap = rotated, True
        elif rotated >= 0:
            os.close(rotated)
        return True

    def _begin_with_rotated(self) -> bool:
        """Whether there is something; it is read from its beginning, then the file."""
        self._end_rotated()
        self._rotated = self._open_rotated()
        if self._rotated >= 0 and os.path.sameopenfile(self._rotated, self._file):
            # Renamed since it was opened.
            self._end_rotated()
        return self._rotated >= 0

    def _end_rotated(self) -> None:
        if self._rotated >= 0:
            os.close(self._rotated)
        self._rotated, self._position = -1, 0

    def _open_rotated(self) -> int:
        try:
            return open_file(self._folder, f"{self._name}.1")
        except OSError:
            return -1


def _last_lines(descriptor: int, lines: int) -> tuple[int, int]:
    """Where the last `lines` lines begin, and how many of them there are."""
    end = os.fstat(descriptor).st_size
    position, found = end, 0
    while position > 0:
        start = max(position - CHUNK, 0)
        block = os.pread(descriptor, position - start, start)
        at = len(block) - 1 if position == end else len(block)
        while (at := block.rfind(b"\n", 0, at)) >= 0:
            found += 1
            if found == lines:
                return start + at + 1, found
        position = start
    return 0, found + (1 if end else 0)


class _Both:
    """Two files as one, the first of which may be missing (-1)."""

    def __init__(self, first: int, second: int) -> None:
        self._first, self._second = first, second
        self.size_of_first = os.fstat(first).st_size if first >= 0 else 0

    def end_of(self, wanted: bytes, guesses: tuple[int, ...]) -> int | None:
        """Where `wanted` ends: at one of the guesses, else where it comes last."""
        for guess in guesses:
            count = min(len(wanted), guess)
            if count > 0 and self._read(guess - count, count) == wanted[-count:]:
                return guess
        position = self.size_of_first + os.fstat(self._second).st_size
        while position > 0:
            start = max(position - CHUNK, 0)
            if (at := self._read(start, position - start + len(wanted) - 1).rfind(wanted)) >= 0:
                return start + at + len(wanted)
            position = start
        return None

    def _read(self, start: int, count: int) -> bytes:
        of_first = min(max(self.size_of_first - start, 0), count)
        data = os.pread(self._first, of_first, start) if of_first else b""
        return data + os.pread(self._second, count - of_first, max(start - self.size_of_first, 0))
