"""Three ZooKeeper servers as real processes, in namespaces of their own where there are any."""

import asyncio
import contextlib
import signal
from collections.abc import Iterable
from pathlib import Path

from barter.core.zookeeper_url import parse_url
from barter.shell.zookeeper.client import BlockingZooKeeper, Unreachable
from barter.shell.zookeeper.server import Peer, ServerConfig, command, write
from barter.shell.zookeeper.settings import ZooKeeperSettings
from tests.failover.aim import ZOOKEEPERS
from tests.failover.network import Network
from tests.failover.part import Part
from tests.failover.record import Record
from tests.integration.machine import free_port

TICK_MS, SYNC_TICKS, INIT_TICKS = 200, 8, 50
ANSWER_S, PROBE_MS = 0.5, 4_000


class Ensemble:
    def __init__(self, folder: Path, mark: str, record: Record, network: Network | None) -> None:
        self._folder, self._mark, self._record, self._network = folder, mark, record, network
        self._peers = [Peer(number + 1, free_port(), free_port(), free_port()) for number in range(len(ZOOKEEPERS))]
        self._hosts = [network.host(number) if network else "127.0.0.1" for number in range(len(ZOOKEEPERS))]
        ports = [peer.client_port for peer in self._peers]
        self.addresses = tuple(f"{host}:{port}" for host, port in zip(self._hosts, ports, strict=True))
        self.servers: list[Part] = []

    def start(self) -> None:
        hosts = zip(self._peers, self._hosts, strict=True)
        places = {f"server.{peer.id}": f"{host}:{peer.quorum_port}:{peer.election_port}" for peer, host in hosts}
        for number, name in enumerate(ZOOKEEPERS):
            ticks = {"syncLimit": str(SYNC_TICKS), "initLimit": str(INIT_TICKS)}
            # All that it wrote stays, to be looked at in the end.
            more = {"clientPortAddress": self._hosts[number], "autopurge.purgeInterval": "0", **ticks, **places}
            peer = self._peers[number]
            config = ServerConfig(self._folder / name, peer.client_port, peer.id, tuple(self._peers), TICK_MS, more)
            write(config)
            words = command(config, durable=False)
            words = self._network.command(number, words) if self._network else words
            part = Part(name, words, self._folder / f"{name}.log", self._mark, self._record)
            self.servers.append(part)
            part.start()

    async def lose(self, ways: Iterable[tuple[str, str]]) -> None:
        """No packets on these ways from now on; there is a network, else nobody draws such a fault."""
        assert self._network is not None
        pairs = [(ZOOKEEPERS.index(sender), ZOOKEEPERS.index(receiver)) for sender, receiver in ways]
        await asyncio.to_thread(self._network.lose, pairs)

    async def heal(self) -> None:
        assert self._network is not None
        await asyncio.to_thread(self._network.heal)

    async def works(self) -> bool:
        """Whether it lets a session begin, for which most servers have to agree."""
        return await asyncio.to_thread(_begins, self.url(path="/probe"))

    async def again(self) -> None:
        """Kills all servers and waits for the next processes."""
        for server in self.servers:
            server.up.clear()
            server.send(signal.SIGKILL)
        await asyncio.gather(*(server.up.wait() for server in self.servers))

    async def modes(self) -> tuple[str, ...]:
        """leader, follower or nothing of each."""
        return tuple(await asyncio.gather(*map(_mode, self.addresses)))

    async def leader(self) -> int:
        """The index of the one that leads; of any where none does."""
        modes = await self.modes()
        return modes.index("leader") if "leader" in modes else 0

    def url(self, ways: tuple[str, ...] = (), path: str = "/clusters/failover") -> str:
        return f"zk://barter:secret@{','.join(ways or self.addresses)}{path}"


def _begins(url: str) -> bool:
    try:
        with BlockingZooKeeper(ZooKeeperSettings(parse_url(url), PROBE_MS), lease=False):
            return True
    except Unreachable:
        return False


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
