"""How kazoo connects, waits and wakes: short attempts, TLS, and a connection that can be cut."""

import contextlib
import os
import select
import socket
import ssl
from collections.abc import Callable
from threading import Lock
from typing import Any

from kazoo.handlers.threading import SequentialThreadingHandler

from barter.shell.zookeeper.stream import Stream


class Answer:
    """One answer, for one callback, which comes in the thread that has the answer. What kazoo calls an IAsyncResult."""

    def __init__(self) -> None:
        self.exception: Exception | None = None
        self.value: Any = None
        self._lock = Lock()
        self._there = False
        self._callback: Callable[[Answer], None] | None = None

    def set(self, value: Any = None) -> None:
        self._finish(value, None)

    def set_exception(self, exception: Exception) -> None:
        self._finish(None, exception)

    def get(self) -> Any:
        """For kazoo, which asks in a callback."""
        if self.exception is not None:
            raise self.exception
        return self.value

    def rawlink(self, callback: "Callable[[Answer], None]") -> None:
        with self._lock:
            self._callback = callback
            if not self._there:
                return
        callback(self)

    def _finish(self, value: Any, exception: Exception | None) -> None:
        with self._lock:
            if self._there:
                return
            self.value, self.exception, self._there = value, exception, True
            callback = self._callback
        if callback is not None:
            callback(self)


class Bell:
    """Rings as often as it was pulled; pulling never blocks, as kazoo's socket pair does after 278 requests."""

    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_SEMAPHORE | os.EFD_CLOEXEC)
        self._lock = Lock()

    def send(self, data: bytes) -> int:
        # Under a lock, so that the number is not another file's by now.
        with self._lock:
            os.eventfd_write(self._fd, len(data))
        return len(data)

    def recv(self, size: int) -> bytes:
        os.eventfd_read(self._fd)
        return b"\0"

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        """Both ends of the pair are the same, so it comes twice."""
        with self._lock:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1


class Handler(SequentialThreadingHandler):  # type: ignore[misc]
    """`attempt_s`: how long a server may take to accept a connection, and again to answer on it while `connecting`."""

    def __init__(self, tls: ssl.SSLContext | None) -> None:
        super().__init__()
        self.attempt_s = 1.0
        self.connecting = False
        self._tls = tls
        self._socket: socket.socket | None = None

    # Kazoo's own classes are not what it needs, only what it names: so Any.
    def async_result(self) -> Any:
        return Answer()

    def create_connection(self, address: tuple[str, int], hostname: str | None = None, **_: Any) -> Stream:
        """Kazoo would wait a whole session for each server, and leave its socket open where TLS fails."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        connection = self._socket = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(self.attempt_s)
            connection.connect(address)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._socket = self._tls.wrap_socket(connection, server_hostname=hostname)
        except BaseException:
            connection.close()
            raise
        return Stream(connection)

    def create_socket_pair(self) -> Any:
        bell = Bell()
        return bell, bell

    def select(self, readers: Any, writers: Any, _: Any, timeout: float | None = None) -> Any:
        if self.connecting:
            timeout = self.attempt_s if timeout is None else min(timeout, self.attempt_s)
        ahead = [each for each in readers if isinstance(each, Stream) and each.pending()]
        poll = select.poll()
        files: dict[int, Any] = {}
        for wanted, mask in ((readers, select.POLLIN), (writers, select.POLLOUT)):
            for file in wanted:
                files[file.fileno()] = file
                poll.register(file, mask)
        ready = [files[fd] for fd, _ in poll.poll(0 if ahead else None if timeout is None else timeout * 1000)]
        return [each for each in readers if each in ready or each in ahead], [w for w in writers if w in ready], []

    def cut(self) -> None:
        """Ends the connection under kazoo, or the attempt at one, so that it goes on to the next server."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
