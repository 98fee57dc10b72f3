"""A way to a registry that lets through only so many bytes a second."""

import contextlib
import socket
import threading
import time

_PIECE = 64 << 10


class SlowProxy:
    """Listens on loopback; what comes back from `target` is slowed down, what goes there is not.

    `connections` are open, `carried` is how many bytes came back.
    """

    def __init__(self, target: str, bytes_per_s: int) -> None:
        host, _, port = target.partition(":")
        self._target = host, int(port)
        self._pause_s = _PIECE / bytes_per_s
        self.connections = self.carried = 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "SlowProxy":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self._count(connections=1)
                far = socket.create_connection(self._target)
                threading.Thread(target=_carry, args=(near, far), daemon=True).start()
                threading.Thread(target=self._carry_back, args=(far, near), daemon=True).start()

    def _carry_back(self, far: socket.socket, near: socket.socket) -> None:
        with near, far, contextlib.suppress(OSError):
            while piece := far.recv(_PIECE):
                near.sendall(piece)
                self._count(carried=len(piece))
                time.sleep(self._pause_s * len(piece) / _PIECE)
        self._count(connections=-1)

    def _count(self, *, connections: int = 0, carried: int = 0) -> None:
        with self._lock:
            self.connections += connections
            self.carried += carried


def _carry(near: socket.socket, far: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := near.recv(_PIECE):
            far.sendall(piece)
        far.shutdown(socket.SHUT_RDWR)
