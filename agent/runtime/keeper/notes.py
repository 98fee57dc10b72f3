"""What the keeper must know after kill -9: one file, a record per event, written before anybody is told.

Not synced to the disk: the records have to survive processes, and no process survives the machine.
"""

import contextlib
import errno
import os

from barter.agent.runtime.keeper.wire import Message, number, pack, split, unpack

_COMPACT_AFTER = 8 << 20


class End:
    """`code` as waitstatus_to_exitcode has it, None where nobody saw it; `ms` since 1970, 0 where unknown."""

    __slots__ = ("code", "disk_full", "ms", "out_of_memory")

    def __init__(self, code: int | None, ms: int, *, out_of_memory: bool = False, disk_full: bool = False) -> None:
        self.code, self.ms, self.out_of_memory, self.disk_full = code, ms, out_of_memory, disk_full

    def parts(self) -> Message:
        code = b"" if self.code is None else number(self.code)
        return [code, number(self.ms), number(self.out_of_memory), number(self.disk_full)]


class Task:
    """`pid` is 0 while it is not known whether its process was started; `tag` names its pipes, `owner` is "uid:gid".

    With `wrapped` its first process only waits for the real one. `start` is what was asked for, until it has begun.
    """

    __slots__ = (
        "cgroups", "end", "killing", "name", "order", "owner", "pid", "refused", "sandbox", "start", "started", "tag",
        "wrapped",
    )  # fmt: skip

    def __init__(self, name: bytes, order: bytes, tag: str, sandbox: str, owner: str, cgroups: tuple[str, ...]) -> None:
        self.name, self.order, self.tag, self.sandbox, self.owner = name, order, tag, sandbox, owner
        self.cgroups = cgroups
        self.pid = self.started = 0
        self.killing = self.wrapped = False
        self.end: End | None = None
        self.refused: Message = []
        self.start: Message = []

    @property
    def over(self) -> bool:
        return self.end is not None or bool(self.refused)

    def intent(self) -> bytes:
        texts = [text.encode(errors="surrogateescape") for text in (self.tag, self.sandbox, self.owner)]
        folders = pack([folder.encode(errors="surrogateescape") for folder in self.cgroups])
        return pack([b"intent", self.name, self.order, *texts, folders, number(self.wrapped), pack(self.start)])

    def records(self) -> bytes:
        """All that is to be known of it."""
        found = [self.intent()]
        if self.pid:
            found.append(pack([b"pid", self.name, number(self.pid), number(self.started)]))
        if self.killing:
            found.append(pack([b"kill", self.name]))
        if self.end is not None:
            found.append(pack([b"end", self.name, *self.end.parts()]))
        if self.refused:
            found.append(pack([b"refused", self.name, *self.refused]))
        return b"".join(found)


class Notes:
    """`tasks` is what the file says, in the order in which they came."""

    def __init__(self, path: str, boot: str) -> None:
        """Read the file, or begin one; of another boot nothing runs. Raises OSError."""
        self._path, self._boot = path, boot.encode()
        self.tasks: dict[bytes, Task] = {}
        self._file, self._size = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), 0
        self._least = 0
        same_boot = True
        for record in self._read():
            if record[0] == b"boot":
                same_boot = record[1] == self._boot
            else:
                self._apply(record)
        if not same_boot:
            for task in self.tasks.values():
                task.pid, task.start = 0, []
        # On a full disk the old file is written on.
        with contextlib.suppress(OSError):
            self.compact()

    def write(self, records: bytes) -> None:
        """Append all or nothing; raises OSError, as when the disk is full."""
        written = 0
        try:
            while written < len(records):
                written += os.write(self._file, records[written:])
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += written

    def forget(self, names: list[bytes]) -> bytes:
        """The records that say so."""
        if self._size > _COMPACT_AFTER + 2 * self._least:
            with contextlib.suppress(OSError):
                self.compact()
        return b"".join([pack([b"over", name]) for name in names if self.tasks.pop(name, None) is not None])

    def compact(self) -> None:
        """Write the file anew without what is over; raises OSError and leaves the old one."""
        beside = f"{self._path}.new"
        text = pack([b"boot", self._boot]) + b"".join([task.records() for task in self.tasks.values()])
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            if os.write(descriptor, text) < len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.replace(beside, self._path)
        except OSError:
            os.close(descriptor)
            os.unlink(beside)
            raise
        os.close(self._file)
        self._file, self._size, self._least = descriptor, len(text), len(text)

    def close(self) -> None:
        """Without tasks there is nothing left to say."""
        os.close(self._file)
        if not self.tasks:
            with contextlib.suppress(OSError):
                os.unlink(self._path)

    def _read(self) -> list[Message]:
        records, self._size = split(os.pread(self._file, os.fstat(self._file).st_size, 0))
        # The last record may be cut short by the kill.
        os.ftruncate(self._file, self._size)
        return [record for record in records if record]

    def _apply(self, record: Message) -> None:
        kind, name, values = record[0], record[1], record[2:]
        if kind == b"intent":
            tag, sandbox, owner = (text.decode(errors="surrogateescape") for text in values[1:4])
            folders = tuple(folder.decode(errors="surrogateescape") for folder in unpack(values[4]))
            self.tasks[name] = Task(name, values[0], tag, sandbox, owner, folders)
            self.tasks[name].wrapped = values[5] == b"1"
            self.tasks[name].start = unpack(values[6])
        elif kind == b"over":
            self.tasks.pop(name, None)
        elif (task := self.tasks.get(name)) is not None:
            if kind == b"pid":
                task.pid, task.started, task.start = int(values[0]), int(values[1]), []
            elif kind == b"kill":
                task.killing = True
            elif kind == b"end":
                code = int(values[0]) if values[0] else None
                task.end = End(code, int(values[1]), out_of_memory=values[2] == b"1", disk_full=values[3] == b"1")
            elif kind == b"refused":
                task.refused = values
