"""The whole cluster: three ZooKeeper servers, three masters, four agents, two instances of the service framework.

Each way that a fault may cut goes through a proxy: every master and service has its own to every ZooKeeper server, and
all clients of a master meet it at its front.
"""

import asyncio
import os
import sys
import uuid
from pathlib import Path

from tests.campaign.proxy import Proxy
from tests.failover.aim import AGENTS, MASTERS, SERVICES, ZOOKEEPERS, Leading
from tests.failover.calls import Masters, http
from tests.failover.checks import AGENT_TIMEOUT_MS, SESSION_MS
from tests.failover.ensemble import Ensemble
from tests.failover.front import Front
from tests.failover.network import Network
from tests.failover.part import MARK, Part
from tests.failover.record import Record
from tests.failover.writers import Writers
from tests.integration.machine import free_address, free_port

LOOK_S = 0.3
BARTER = ("-m", "barter.tools.cli.main", "start")
# Masters listen on one address of loopback, and are known by another.
TOLD_HOST = "127.0.0.2"


class Cluster:
    def __init__(self, folder: Path, record: Record, network: Network | None) -> None:
        self.folder, self.record, self.mark = folder, record, str(uuid.uuid4())
        self.ensemble = Ensemble(folder, self.mark, record, network)
        ports = [free_port() for _ in MASTERS]
        self.listens = [f"127.0.0.1:{port}" for port in ports]
        self.told = [f"{TOLD_HOST}:{port}" for port in ports]
        self.healths = [free_address() for _ in MASTERS]
        self.apis = [free_address() for _ in SERVICES]
        self.masters: list[Part] = []
        self.agents: list[Part] = []
        self.services: list[Part] = []
        self.fronts: list[Front] = []
        self.zookeeper_ways: dict[str, list[Proxy]] = {}
        self.operators = Masters(self.told)
        self.writers = Writers(self.operators, self.apis, record)
        self.last_leader, self.last_service = 0, 0

    @property
    def parts(self) -> list[Part]:
        return [*self.services, *self.agents, *self.masters, *self.ensemble.servers]

    @property
    def clients(self) -> dict[int, str]:
        """By pid, those who come to the masters' fronts."""
        return {part.pid: part.name for part in (*self.agents, *self.services) if part.pid}

    async def start(self) -> None:
        self.ensemble.start()
        for told, listen in zip(self.told, self.listens, strict=True):
            front = Front(told, listen, (*AGENTS, *SERVICES), lambda: self.clients)
            await front.start()
            self.fronts.append(front)
        self.masters = [await self._master(number, name) for number, name in enumerate(MASTERS)]
        self.agents = [self._agent(number, name) for number, name in enumerate(AGENTS)]
        self.services = [await self._service(number, name) for number, name in enumerate(SERVICES)]
        for part in (*self.masters, *self.agents, *self.services):
            part.start()

    async def _master(self, number: int, name: str) -> Part:
        words = ["--zk", await self._zookeeper(name), "--zk-session-timeout", f"{SESSION_MS}ms",
                 "--listen", self.listens[number], "--http", self.healths[number], "--advertise", TOLD_HOST,
                 "--agent-timeout", f"{AGENT_TIMEOUT_MS}ms", "--heartbeat", "1s"]  # fmt: skip
        return self._part(name, (*BARTER, "master", *words))

    def _agent(self, number: int, name: str) -> Part:
        # One finds the masters in ZooKeeper.
        masters = self.ensemble.url() if name == AGENTS[-1] else ",".join(self.told)
        low = 20_000 + 100 * number
        words = ["--master", masters, "--work-dir", str(self.folder / name), "--listen", free_address(),
                 "--http", free_address(), "--hostname", name, "--runtime", "process", "--isolation", "none",
                 "--attributes", f"zone=z{number}",
                 "--resources", f"cpus=16,mem=8GiB,disk=8GiB,ports={low}-{low + 99}"]  # fmt: skip
        tap = ("-m", "tests.failover.tap", str(self.folder / f"{name}.tap"), "start", "agent")
        return self._part(name, (*tap, *words))

    async def _service(self, number: int, name: str) -> Part:
        words = ["--master", ",".join(self.told), "--zk", await self._zookeeper(name),
                 "--zk-session-timeout", f"{SESSION_MS}ms", "--listen", self.apis[number]]  # fmt: skip
        tap = ("-m", "tests.failover.tap", str(self.folder / f"{name}.tap"), "start", "service")
        return self._part(name, (*tap, *words))

    async def _zookeeper(self, name: str) -> str:
        self.zookeeper_ways[name] = [await Proxy(address).start() for address in self.ensemble.addresses]
        return self.ensemble.url(tuple(way.address for way in self.zookeeper_ways[name]))

    def _part(self, name: str, words: tuple[str, ...]) -> Part:
        return Part(name, (sys.executable, *words), self.folder / f"{name}.log", self.mark, self.record)

    def part(self, name: str) -> Part:
        return next(part for part in self.parts if part.name == name)

    def way(self, client: str, server: str) -> Proxy:
        if server in MASTERS:
            return self.fronts[MASTERS.index(server)].ways[client]
        return self.zookeeper_ways[client][ZOOKEEPERS.index(server)]

    async def leading(self) -> Leading:
        """Who leads now, or did last."""
        master, service, server = await asyncio.gather(_who(self.healths), _who(self.apis), self.ensemble.leader())
        self.last_leader = self.last_leader if master is None else master
        self.last_service = self.last_service if service is None else service
        return Leading(MASTERS[self.last_leader], ZOOKEEPERS[server], SERVICES[self.last_service])

    def app(self, name: str, instances: int) -> dict[str, object]:
        """Its tasks write their start into a file of this name, and stay; none is replaced for being out of reach."""
        carried = {MARK: self.mark, **{key: os.environ[key] for key in ("BARTER_TEST_MARK",) if key in os.environ}}
        return {
            "id": f"/{name}",
            "cmd": f'echo "$BARTER_TASK_ID $$" >> {self.folder}/{name}; exec sleep 86400',
            "instances": instances,
            "cpus": 0.1,
            "mem": 16,
            "portDefinitions": [],
            "env": carried,
            "unreachableStrategy": "disabled",
        }

    async def stop_ways(self) -> None:
        ways = [way for each in self.zookeeper_ways.values() for way in each]
        for way in ways:
            await way.stop()
        for front in self.fronts:
            await front.stop()
        await self.operators.close()


async def _who(addresses: list[str]) -> int | None:
    """The index of the one that says that it leads."""
    replies = await asyncio.gather(*(http(address, "/health", seconds=LOOK_S) for address in addresses))
    told = [number for number, reply in enumerate(replies) if (reply.json or {}).get("leading") is True]
    return told[0] if told else None
