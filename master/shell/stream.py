"""One session's stream: read by the task gRPC made for it, written by a task that is there only while something waits.

Thousands of agents say nothing most of the time: each of them costs one task that waits, and a heartbeat one more turn.
"""

import asyncio
from collections.abc import Awaitable, Callable

from barter.master.joining import Message
from barter.master.shell.outbox import Outbox

Write = Callable[[Message | None], Awaitable[None]]


class Stream:
    """Made by the task that reads it, which is cancelled when the session is `over`.

    `write` takes None for a heartbeat. `overfull` says that the peer has left too much unread.
    """

    def __init__(self, number: int, peer: str, write: Write) -> None:
        self.number = number
        self.peer = peer
        self.over = False
        self.failure: Exception | None = None
        self._write = write
        self._outbox = Outbox()
        self._reader = asyncio.current_task()
        self._writer: asyncio.Task[None] | None = None
        self._answered = False

    @property
    def overfull(self) -> bool:
        return self._outbox.overfull

    def put(self, message: Message) -> None:
        self._outbox.put(message)
        self._wake()

    async def answer(self) -> None:
        """For the reader: the peer said that it is there, so say so too, at once where nobody writes."""
        self._answered = True
        self._outbox.beat()
        if self._writer is None and not self.over:
            self._writer = self._reader
            await self._write_all()

    def beat(self) -> None:
        """Say that the master is there, unless the peer had that for an answer since the last time."""
        if self._answered:
            self._answered = False
            return
        self._outbox.beat()
        if self._outbox.overfull:
            self._end()
        else:
            self._wake()

    def close(self) -> None:
        """Over after what already waits."""
        self._outbox.close()
        self._wake()

    def abandon(self) -> None:
        """Over at once: nobody reads it any more."""
        self.over = True
        if self._writer is not None and self._writer is not self._reader:
            self._writer.cancel()

    async def until_over(self) -> None:
        """For the reader that has nothing more to read: it is cancelled then."""
        await asyncio.get_running_loop().create_future()

    def forgive(self) -> None:
        """For the reader: the cancellation was the session's end and has been heard."""
        if self._reader is not None:
            self._reader.uncancel()

    def _wake(self) -> None:
        if self._writer is None and not self.over:
            self._writer = asyncio.create_task(self._write_all())

    async def _write_all(self) -> None:
        try:
            while (messages := self._outbox.take()) is not None:
                for message in messages or (None,):
                    await self._write(message)
        except Exception as error:
            self.failure = error
        self._writer = None
        if self._outbox.closed or self.failure is not None:
            self._end()

    def _end(self) -> None:
        if not self.over and self._reader is not None:
            self._reader.cancel()
        self.over = True
