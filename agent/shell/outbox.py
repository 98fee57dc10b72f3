"""Messages on their way out of a stream, in order, without making their sender wait."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

MessageT = TypeVar("MessageT")


class Outbox(Generic[MessageT]):
    def __init__(self) -> None:
        self._waiting: deque[MessageT] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def put(self, message: MessageT) -> None:
        self._waiting.append(message)
        self._idle.clear()
        self._wake.set()

    async def drain(self, write: Callable[[MessageT], Awaitable[object]]) -> None:
        """Write all that comes until cancelled, or until `write` raises."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await write(self._waiting.popleft())
            self._idle.set()

    async def emptied(self) -> None:
        """Wait until all is written."""
        await self._idle.wait()
