"""The only way to a master: one address for all, and behind it a way for each client, which can be cut by itself."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.campaign.proxy import Proxy

OTHERS = "others"


class Front:
    """Listens on `host:port`, which is what the master of `target` tells of itself. `pids` are the clients' by name."""

    def __init__(self, listen: str, target: str, clients: tuple[str, ...], pids: Callable[[], Mapping[int, str]]):
        self.address, self.port = listen, 0
        self.ways = {name: Proxy(target) for name in (*clients, OTHERS)}
        self._pids = pids
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        host, _, port = self.address.rpartition(":")
        self._server = await asyncio.start_server(self._accept, host, int(port))
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for way in self.ways.values():
            await way.stop()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port: int = writer.get_extra_info("peername")[1]
        name = self._pids().get(owner(port, set(self._pids())), OTHERS)
        self.ways[name].accept(reader, writer)


def owner(port: int, pids: set[int]) -> int:
    """Which of these processes has the connection from this port of loopback; 0 where it is none of them."""
    inode = _inode(port)
    for pid in pids if inode else ():
        with contextlib.suppress(OSError):
            for name in os.listdir(f"/proc/{pid}/fd"):
                with contextlib.suppress(OSError):
                    if os.readlink(f"/proc/{pid}/fd/{name}") == f"socket:[{inode}]":
                        return pid
    return 0


def _inode(port: int) -> str:
    for table in ("tcp", "tcp6"):
        with contextlib.suppress(OSError):
            for line in Path("/proc/net", table).read_text().splitlines()[1:]:
                words = line.split()
                if words[1].endswith(f":{port:04X}") and words[9] != "0":
                    return words[9]
    return ""
