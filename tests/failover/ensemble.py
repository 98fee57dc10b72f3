"""Three ZooKeeper servers as real processes; what followers have to say to their leader goes through proxies."""

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

from barter.shell.zookeeper.server import Peer, ServerConfig, command, write
from tests.campaign.proxy import Proxy
from tests.failover.part import Part
from tests.failover.record import Record
from tests.integration.machine import free_port

SERVERS = 3
TICK_MS = 200
ANSWER_S = 0.5


class Ensemble:
    """`quorum` has a way for each pair, from the one that follows to the one that leads, should they ever."""

    def __init__(self, folder: Path, mark: str, record: Record) -> None:
        self._folder, self._mark, self._record = folder, mark, record
        self._ports = [free_port() for _ in range(SERVERS)]
        self.addresses = tuple(f"127.0.0.1:{port}" for port in self._ports)
        self.servers: list[Part] = []
        self.quorum: dict[tuple[int, int], Proxy] = {}

    async def start(self) -> None:
        own = [Peer(number + 1, port, free_port(), free_port()) for number, port in enumerate(self._ports)]
        for this in own:
            seen = [this if this is other else await self._seen(this, other) for other in own]
            config = ServerConfig(self._folder / f"z{this.id}", this.client_port, this.id, tuple(seen), TICK_MS)
            write(config)
            log = self._folder / f"z{this.id}.log"
            part = Part(f"z{this.id}", command(config, durable=False), log, self._mark, self._record)
            self.servers.append(part)
            part.start()

    async def _seen(self, this: Peer, other: Peer) -> Peer:
        """The other as this one is to know it."""
        way = self.quorum[this.id - 1, other.id - 1] = await Proxy(f"127.0.0.1:{other.quorum_port}").start()
        return replace(other, quorum_port=int(way.address.rpartition(":")[2]))

    async def modes(self) -> tuple[str, ...]:
        """leader, follower or nothing of each."""
        return tuple(await asyncio.gather(*map(_mode, self.addresses)))

    async def leader(self) -> int:
        """The index of the one that leads; of any where none does."""
        modes = await self.modes()
        return modes.index("leader") if "leader" in modes else 0

    def url(self, ways: tuple[str, ...] = ()) -> str:
        return f"zk://barter:secret@{','.join(ways or self.addresses)}/clusters/failover"

    async def stop(self) -> None:
        for proxy in self.quorum.values():
            await proxy.stop()


async def _mode(address: str) -> str:
    host, _, port = address.rpartition(":")
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(ANSWER_S):
            reader, writer = await asyncio.open_connection(host, int(port))
            try:
                writer.write(b"srvr")
                said = (await reader.read()).decode(errors="replace")
            finally:
                writer.transport.abort()
            return next((line[6:] for line in said.splitlines() if line.startswith("Mode: ")), "")
    return ""
