"""Reads the logs in sandboxes, and nothing outside them: every step down is taken without following a link."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from barter.core.ids import check_id

STREAMS = ("stdout", "stderr")
CHUNK = 64 << 10
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class NoLog(Exception):
    """There is no such sandbox or file, or it is no plain file."""


class Log:
    """An open log file; a rotated one (copied to NAME.1 and truncated) is read on from its new beginning."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._position = 0

    def read(self) -> bytes:
        """The next chunk, empty when there is nothing new."""
        data = os.pread(self._descriptor, CHUNK, self._position)
        if not data and os.fstat(self._descriptor).st_size < self._position:
            self._position = 0
            data = os.pread(self._descriptor, CHUNK, 0)
        self._position += len(data)
        return data

    def skip_to_last(self, lines: int) -> int:
        """Leave only the last `lines` lines to be read; returns how many of them there are."""
        end = os.fstat(self._descriptor).st_size
        position, found = end, 0
        while position > 0:
            start = max(position - CHUNK, 0)
            block = os.pread(self._descriptor, position - start, start)
            at = len(block) - 1 if position == end else len(block)
            while (at := block.rfind(b"\n", 0, at)) >= 0:
                found += 1
                if found == lines:
                    self._position = start + at + 1
                    return found
            position = start
        self._position = 0
        return found + (1 if end else 0)

    def close(self) -> None:
        os.close(self._descriptor)


def open_log(root: Path, framework_id: str, task_id: str, name: str) -> Log:
    """Raises NoLog, or ValueError on ids that may not name a folder and on streams other than stdout and stderr."""
    if name.removesuffix(".1") not in STREAMS:
        raise ValueError(f"stream {name[:80]!r} is neither stdout nor stderr")
    folder = _sandbox(root, framework_id, task_id)
    try:
        descriptor = os.open(name, _FILE, dir_fd=folder)
    except OSError as error:
        raise NoLog(f"task {task_id} has no {name}: {error.strerror}") from None
    finally:
        os.close(folder)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NoLog(f"the {name} of task {task_id} is no plain file")
    return Log(descriptor)


def read_rotated(root: Path, framework_id: str, task_id: str, name: str, lines: int) -> Iterator[bytes]:
    """What was rotated away, its last `lines` lines only unless that is 0; nothing where nothing was."""
    try:
        log = open_log(root, framework_id, task_id, f"{name}.1")
    except NoLog:
        return
    try:
        if lines:
            log.skip_to_last(lines)
        while data := log.read():
            yield data
    finally:
        log.close()


def _sandbox(root: Path, framework_id: str, task_id: str) -> int:
    names = (check_id("framework id", framework_id), check_id("task id", task_id))
    try:
        descriptor = os.open(root, _FOLDER)
        for name in names:
            above = descriptor
            try:
                descriptor = os.open(name, _FOLDER, dir_fd=above)
            finally:
                os.close(above)
    except OSError:
        raise NoLog(f"no sandbox of task {task_id} here: it never ran on this agent, or it was removed") from None
    return descriptor
