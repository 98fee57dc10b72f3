"""The keeper of one work folder: parent of its process tasks, which outlives agent and executor and sees their ends."""

import _signal as signal  # type: ignore[import-not-found]
import contextlib
import os
import select
import time
from _socket import socket
from collections.abc import Callable

from barter.agent.runtime.keeper.notes import Notes
from barter.agent.runtime.keeper.peer import Peer
from barter.agent.runtime.keeper.tasks import Tasks
from barter.agent.runtime.keeper.wire import VERSION, number
from barter.agent.runtime.proc import boot_id, start_time

NOTES, SOCKET, PID = "keeper.notes", "keeper.sock", "keeper.pid"
SLICE = 8
_REAP_AT_ONCE = 64
_ALONE_S, _TIDY_S, _LAST_S = 60.0, 0.05, 2.0
_READ, _BOTH = select.EPOLLIN, select.EPOLLIN | select.EPOLLOUT


class Keeper:
    """One loop, no thread, nothing imported later: what is on the disk may be a newer version's by then."""

    def __init__(self, folder: str, listener: int) -> None:
        """`listener` is a listening socket that the executor made. Raises OSError."""
        self._folder = folder
        self._poll = select.epoll()
        self._ready: dict[int, Callable[[], None]] = {}
        self._listener = socket(fileno=listener)
        self._listener.setblocking(False)
        os.set_inheritable(listener, False)
        self._peer: Peer | None = None
        self._alone_since = self._tidied = time.monotonic()
        self._leaving = False
        self._notes = Notes(f"{folder}/{NOTES}", boot_id())
        self._tasks = Tasks(folder, self._notes, self._tell, self._watch, self._unwatch)

    def run(self) -> None:
        """Until there is nothing left to keep."""
        self._write_pid()
        self._take_signals()
        self._watch(self._listener.fileno(), self._accept)
        self._tasks.recover()
        while not self._over():
            for descriptor, _ in self._poll.poll(self._patience()):
                if (ready := self._ready.get(descriptor)) is not None:
                    ready()
            self._work()
            if time.monotonic() - self._tidied >= _TIDY_S and self._tasks.restless:
                self._tidied = time.monotonic()
                self._tasks.tidy()
            self._flush()
        self._close()

    def _write_pid(self) -> None:
        """For an executor that gets no answer."""
        path = f"{self._folder}/{PID}"
        with contextlib.suppress(OSError):
            with open(f"{path}.new", "w") as file:
                file.write(f"{os.getpid()} {start_time(os.getpid())}")
            os.replace(f"{path}.new", path)

    def _take_signals(self) -> None:
        read, write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._watch(read, lambda: self._reap(read))

    def _patience(self) -> float:
        if self._peer is not None and self._peer.incoming:
            return 0
        if self._tasks.untidy:
            return _TIDY_S
        return 1.0 if self._tasks.restless or self._peer is None else 60.0

    def _reap(self, signals: int) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(signals, 4096)
        for _ in range(_REAP_AT_ONCE):
            if not self._tasks.reap():
                return
        # The rest after what else has come.
        os.kill(os.getpid(), signal.SIGCHLD)

    def _accept(self) -> None:
        try:
            descriptor, _ = self._listener._accept()  # type: ignore[attr-defined]
        except OSError:
            return
        connection = socket(fileno=descriptor)
        connection.setblocking(False)
        peer = Peer(connection)
        if not peer.allowed():
            peer.close()
            return
        self._hang_up()
        self._peer = peer
        self._watch(peer.descriptor, self._hear)
        peer.send(b"keeper", VERSION, number(os.getpid()))
        self._tasks.tell_all()
        peer.send(b"ready")

    def _hear(self) -> None:
        if self._peer is not None and not self._peer.read():
            self._work_off()
            self._hang_up()

    def _work_off(self) -> None:
        """What was said before the other end was gone counts."""
        while self._peer is not None and self._peer.incoming:
            self._work()

    def _work(self) -> None:
        """Do what the executor wants, a slice of it at a time, so that ends are seen in between."""
        peer = self._peer
        if peer is None or not peer.incoming:
            return
        starts = 0
        while starts < min(SLICE, len(peer.incoming)) and peer.incoming[starts][0] == b"start":
            starts += 1
        taken, peer.incoming = peer.incoming[: starts or 1], peer.incoming[starts or 1 :]
        try:
            if starts:
                self._tasks.start(taken)
            else:
                self._do(taken[0])
        except (IndexError, ValueError):
            self._hang_up()

    def _do(self, message: list[bytes]) -> None:
        match message[0]:
            case b"signal":
                self._tasks.signal(message[1], int(message[2]), whole=message[3] == b"1")
            case b"forget":
                self._tasks.forget(message[1:])
            case b"check":
                self._tasks.check(message)
            case b"drop":
                self._tasks.drop_check(message[1])
            case b"leave":
                self._leaving = not self._tasks.running
                self._alone_since = time.monotonic()

    def _over(self) -> bool:
        if self._tasks.running:
            return False
        alone = time.monotonic() - self._alone_since
        if self._leaving:
            return not self._tasks.untidy or alone > _LAST_S
        return self._peer is None and alone > _ALONE_S

    def _close(self) -> None:
        self._tasks.close()
        self._notes.close()
        for name in (PID, SOCKET):
            with contextlib.suppress(OSError):
                os.unlink(f"{self._folder}/{name}")
        self._listener.close()
        self._hang_up()
        self._poll.close()

    def _tell(self, *parts: bytes) -> None:
        if self._peer is not None:
            self._peer.send(*parts)

    def _flush(self) -> None:
        peer = self._peer
        if peer is None:
            return
        waited = peer.waiting
        if not peer.flush():
            self._hang_up()
        elif waited != peer.waiting:
            self._poll.modify(peer.descriptor, _BOTH if peer.waiting else _READ)

    def _hang_up(self) -> None:
        if self._peer is not None:
            self._unwatch(self._peer.descriptor)
            self._peer.close()
            self._peer = None
            self._alone_since = time.monotonic()

    def _watch(self, descriptor: int, ready: Callable[[], None]) -> None:
        self._poll.register(descriptor, _READ)
        self._ready[descriptor] = ready

    def _unwatch(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)
        del self._ready[descriptor]
