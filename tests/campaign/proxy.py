"""A TCP proxy that fails on order, between an agent and its master."""

import asyncio
import contextlib
import socket

CHUNK = 65_536
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Proxy:
    """Carries connections to `target`. `cut` ends them all and refuses new ones; what a closed gate (`forth` from the
    client, `back` to it) holds back is carried on when it opens, unless the connection has ended meanwhile."""

    def __init__(self, target: str) -> None:
        self._host, _, port = target.rpartition(":")
        self._port = int(port)
        self.forth, self.back = asyncio.Event(), asyncio.Event()
        self.delay_ms = 0
        self.refusing = False
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.address = ""
        self.heal()

    async def start(self) -> "Proxy":
        self._server = await asyncio.start_server(self.accept, "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def heal(self) -> None:
        self.forth.set()
        self.back.set()
        self.delay_ms, self.refusing = 0, False

    def cut(self) -> None:
        self.refusing = True
        for task in self._open:
            task.cancel()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A client's connection, of its own listening socket or of another's."""
        task = asyncio.get_running_loop().create_task(self._carry((reader, writer)))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _carry(self, client: Streams) -> None:
        if self.refusing:
            _abort(client[1])
            return
        server: Streams | None = None
        try:
            # A half-open network does not finish a handshake either.
            await self.forth.wait()
            server = await asyncio.open_connection(self._host, self._port)
            forth = self._pump(client[0], server[1], self.forth)
            back = self._pump(server[0], client[1], self.back)
            pumps = [asyncio.create_task(work) for work in (forth, back)]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            _abort(client[1])
            if server is not None:
                _abort(server[1])

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, gate: asyncio.Event) -> None:
        while data := await source.read(CHUNK):
            if self.delay_ms:
                await asyncio.sleep(self.delay_ms / 1000)
            await gate.wait()
            sink.write(data)
            await sink.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    """Without the good order of a close: the other side sees the connection break."""
    with contextlib.suppress(OSError):
        found = writer.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()
