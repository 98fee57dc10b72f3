"""What kazoo takes for a socket: reads in large pieces, and tells how much it has read ahead."""

import socket

READ_BYTES = 1 << 16


class Stream:
    """Raises what a non-blocking socket raises, TLS or not."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._ahead = memoryview(b"")

    def recv(self, size: int) -> bytes:
        if not self._ahead:
            self._ahead = memoryview(self._connection.recv(max(size, READ_BYTES)))
        part, self._ahead = self._ahead[:size], self._ahead[size:]
        return bytes(part)

    def pending(self) -> int:
        """How many bytes can be had at once, although nothing more may come from the network."""
        beneath = getattr(self._connection, "pending", None)
        return len(self._ahead) or (beneath() if beneath else 0)

    def send(self, data: memoryview) -> int:
        return self._connection.send(data)

    def setblocking(self, flag: bool) -> None:
        self._connection.setblocking(flag)

    def fileno(self) -> int:
        return self._connection.fileno()

    def close(self) -> None:
        self._connection.close()
