"""The keeper's end of the socket on which its executor talks to it: one at a time, of the same user."""

import os
import struct
from _socket import SO_PEERCRED, SOL_SOCKET, socket

from barter.agent.runtime.keeper.wire import Message, pack, split

_MOST = 1 << 20


class Peer:
    """`incoming` are messages not looked at yet; `waiting` while not all could be sent."""

    def __init__(self, connection: socket) -> None:
        self._connection = connection
        self._read = bytearray()
        self._unsent = bytearray()
        self.incoming: list[Message] = []
        self.waiting = False

    @property
    def descriptor(self) -> int:
        return self._connection.fileno()

    def allowed(self) -> bool:
        """Whether it is a process of this user, or root's."""
        size = struct.calcsize("3i")
        _, uid, _ = struct.unpack("3i", self._connection.getsockopt(SOL_SOCKET, SO_PEERCRED, size))
        return uid in (0, os.geteuid())

    def send(self, *parts: bytes) -> None:
        self._unsent += pack(parts)

    def read(self) -> bool:
        """Take in what has come; False once the other end is gone or talks nonsense."""
        try:
            data = self._connection.recv(_MOST)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._read += data
        try:
            messages, used = split(self._read)
        except ValueError:
            return False
        del self._read[:used]
        self.incoming += [message for message in messages if message]
        return bool(data)

    def flush(self) -> bool:
        """Send what can be sent now; False once the other end is gone."""
        try:
            while self._unsent:
                del self._unsent[: self._connection.send(self._unsent[:_MOST])]
        except BlockingIOError:
            pass
        except OSError:
            return False
        self.waiting = bool(self._unsent)
        return True

    def close(self) -> None:
        self._connection.close()
