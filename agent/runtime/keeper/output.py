"""What tasks print: from pipes into files of their sandboxes that never grow over a limit, and no line is lost.

A pipe is a file below the executor's folder that the task holds open for reading too: without a keeper a task that
prints waits, rather than dies of it, and the next keeper opens the same pipe.
"""

import contextlib
import errno
import fcntl
import os
import stat

STREAMS = ("stdout", "stderr")
LIMIT = 10 << 20
CHUNK, WIDE = 64 << 10, 1 << 20
# Of what ended tasks leave in a pipe no more is taken, lest something that goes on printing holds up all others.
_LAST_WORDS = 4 << 20
_SAFE = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Pipe:
    """One stream of one task. `full` once the file system had no room for what came."""

    __slots__ = ("_chunk", "_log", "_owner", "_path", "descriptor", "full")

    def __init__(self, path: str, log: str, owner: str) -> None:
        """Open the pipe, made where it is missing, and the log; raises OSError."""
        self._path, self._log, self._owner = path, log, owner
        self.full = False
        self._chunk = CHUNK
        with contextlib.suppress(FileExistsError):
            os.mkfifo(path, 0o600)
        if owner:
            # As /dev/stdout it is opened once more by some.
            os.chown(path, *_ids(owner), follow_symlinks=False)
        self.descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            try:
                os.close(self._make())
            except FileExistsError:
                os.close(self._open())
        except OSError:
            self.close()
            raise

    def copy(self) -> bool:
        """Take what there is, up to WIDE; False once nobody can write any more."""
        try:
            data = os.read(self.descriptor, self._chunk)
        except BlockingIOError:
            return True
        if data:
            self._append(data)
        if len(data) == CHUNK == self._chunk:
            self._chunk = WIDE
            with contextlib.suppress(OSError):
                fcntl.fcntl(self.descriptor, fcntl.F_SETPIPE_SZ, WIDE)
        return bool(data)

    def drain(self) -> None:
        """Take all that is left, and close the pipe."""
        taken = 0
        with contextlib.suppress(BlockingIOError):
            while taken < _LAST_WORDS and (data := os.read(self.descriptor, WIDE)):
                self._append(data)
                taken += len(data)
        self.close()

    def close(self) -> None:
        os.close(self.descriptor)
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    def _append(self, data: bytes) -> None:
        """Where it cannot be kept it is dropped: a task does not wait for room on the disk."""
        try:
            log = self._open()
            try:
                if os.fstat(log).st_size + len(data) <= LIMIT:
                    _write(log, data)
                    return
                # Files change between two lines.
                cut = data.rfind(b"\n") + 1
                _write(log, data[:cut])
            finally:
                os.close(log)
            os.replace(self._log, f"{self._log}.1")
            log = self._open()
            try:
                _write(log, data[cut:])
            finally:
                os.close(log)
        except OSError as error:
            self.full = self.full or error.errno in (errno.ENOSPC, errno.EDQUOT)

    def _open(self) -> int:
        """The log to append to: a plain file, whatever the task has put in its place."""
        try:
            descriptor = os.open(self._log, _SAFE)
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return descriptor
            os.close(descriptor)
        except FileNotFoundError:
            return self._make()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                raise
        with contextlib.suppress(OSError):
            os.unlink(self._log)
        return self._make()

    def _make(self) -> int:
        """A log that was not there; raises OSError."""
        descriptor = os.open(self._log, _SAFE | os.O_CREAT | os.O_EXCL, 0o644)
        if self._owner:
            os.fchown(descriptor, *_ids(self._owner))
        return descriptor


def _ids(owner: str) -> tuple[int, int]:
    uid, _, gid = owner.partition(":")
    return int(uid), int(gid)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


def paths(folder: str, tag: str) -> tuple[str, str]:
    """The pipes of a task."""
    return f"{folder}/{tag}.out", f"{folder}/{tag}.err"
