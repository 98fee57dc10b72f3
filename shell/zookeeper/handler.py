"""How kazoo connects, waits and wakes: short attempts, TLS, and a connection that can be cut."""

import contextlib
import os
import select
import socket
import ssl
from typing import Any

from kazoo.handlers.threading import SequentialThreadingHandler

Pair = tuple["Bell", "Bell"]


class Bell:
    """Rings as often as it was pulled; pulling never blocks, as kazoo's socket pair does after 278 requests."""

    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_SEMAPHORE | os.EFD_CLOEXEC)

    def send(self, data: bytes) -> int:
        os.eventfd_write(self._fd, len(data))
        return len(data)

    def recv(self, size: int) -> bytes:
        os.eventfd_read(self._fd)
        return b"\0"

    def fileno(self) -> int:
        return self._fd

    def close(self) -> None:
        """Both ends of the pair are the same, so it comes twice."""
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

    def create_connection(self, address: tuple[str, int], hostname: str | None = None, **_: Any) -> socket.socket:
        """Kazoo would wait a whole session for each server, and leave its socket open where TLS fails."""
        connection = socket.create_connection(address, self.attempt_s)
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_hostname=hostname)
        except BaseException:
            connection.close()
            raise
        self._socket = connection
        return connection

    def create_socket_pair(self) -> Pair:
        bell = Bell()
        return bell, bell

    def select(self, readers: Any, writers: Any, _: Any, timeout: float | None = None) -> tuple[list[Any], ...]:
        if self.connecting:
            timeout = self.attempt_s if timeout is None else min(timeout, self.attempt_s)
        poll = select.poll()
        files: dict[int, Any] = {}
        for wanted, mask in ((readers, select.POLLIN), (writers, select.POLLOUT)):
            for file in wanted:
                files[file.fileno()] = file
                poll.register(file, mask)
        ready = [files[fd] for fd, _ in poll.poll(None if timeout is None else timeout * 1000)]
        return [each for each in ready if each in readers], [each for each in ready if each in writers], []

    def cut(self) -> None:
        """Ends the connection under kazoo, so that it goes on to the next server."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
