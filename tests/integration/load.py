"""Clients that ask an edge without a pause while something happens behind it, and note each answer that is not 200."""

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

PATIENCE_S = 20.0


@dataclass
class Load:
    """`failed` has the words of every request without a whole answer of status 200."""

    port: int
    host: str
    asked: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    _over: bool = False

    async def run(self) -> None:
        """Connections of their own for each request and kept ones, short requests and slow ones, until `end`."""
        clients = [self._client(f"{method} {path}", keeps=keeps)
                   for method, path in (("GET", "/"), ("POST", "/"), ("GET", "/slow"), ("POST", "/slow"))
                   for keeps in (True, False) for _ in range(2)]  # fmt: skip
        await asyncio.gather(*clients)

    def end(self) -> None:
        self._over = True

    async def _client(self, words: str, *, keeps: bool) -> None:
        line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while not self._over:
            try:
                async with asyncio.timeout(PATIENCE_S):
                    line = line or await asyncio.open_connection("127.0.0.1", self.port)
                    status, ends = await self._ask(*line, words, keeps=keeps)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError) as error:
                status, ends = repr(error), True
            self.asked[words] += 1
            if status != "200":
                self.failed.append(f"{words} keeps={keeps}: {status}")
                await asyncio.sleep(0.05)
            if line is not None and ends:
                line[1].close()
                line = None
        if line is not None:
            line[1].close()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, words: str, *, keeps: bool
    ) -> tuple[str, bool]:
        """The status, and whether the connection is not to be used again."""
        headers = f"Host: {self.host}\r\nConnection: {'keep-alive' if keeps else 'close'}\r\nContent-Length: 0"
        writer.write(f"{words} HTTP/1.1\r\n{headers}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length:")[2].partition("\r\n")[0])
        await reader.readexactly(length)
        return head.split()[1], "connection: close" in head or not keeps


@contextlib.contextmanager
def load(port: int, host: str) -> Iterator[Load]:
    """In a thread of its own while the body runs."""
    made = Load(port, host)
    thread = threading.Thread(target=lambda: asyncio.run(made.run()))
    thread.start()
    try:
        yield made
    finally:
        made.end()
        thread.join()
