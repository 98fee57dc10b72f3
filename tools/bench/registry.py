"""The registry of 10,000 agents: read back from ZooKeeper and from SQLite, and what their first admission costs."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

from barter.core.candidacy import Lead
from barter.core.candidate_nodes import leader_bytes
from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId, ReservationId
from barter.core.reservations import Reservation
from barter.core.resources import parse_resources, resources
from barter.core.znodes import Create, Node, SetData
from barter.core.zookeeper_url import parse_url
from barter.master.facts import AgentAdmitted, Fact, Recovered, ReservationMade
from barter.master.registry import Registry
from barter.master.shell.sqlite_registry import FILE, SqliteRegistry
from barter.master.shell.wire_facts import body_of
from barter.master.shell.zookeeper_registry import FENCE, ZooKeeperRegistry, read_shards
from barter.shell import log
from barter.shell.zookeeper.guard import prepared
from barter.shell.zookeeper.loop import ZooKeeper
from barter.shell.zookeeper.settings import ZooKeeperSettings
from barter.tools.bench.failover.masters import CREDENTIALS, Ensemble
from barter.tools.bench.measure import BenchFailed, Progress, Result, median

BATCH = 300
_RACKS, _RESERVED_OF = 40, 10
_PLAIN = "frameworks/plain"


def run(agents: int, rounds: int, say: Progress) -> list[Result]:
    """A read is what a new leader does before it leads; its floor reads the same bytes and does nothing with them."""
    log.setup("warning")
    with tempfile.TemporaryDirectory(prefix="barter-bench-") as folder:
        ensemble = Ensemble(Path(folder), 1)
        try:
            say("starting ZooKeeper")
            ensemble.start()
            return asyncio.run(_run(Path(folder, FILE), ensemble.hosts, _facts(agents), rounds, say))
        finally:
            ensemble.stop()


async def _run(file: Path, hosts: str, facts: Sequence[Fact], rounds: int, say: Progress) -> list[Result]:
    url = parse_url(f"zk://{CREDENTIALS}@{hosts}/barter")
    zk = ZooKeeper(ZooKeeperSettings(url))
    await zk.start()
    try:
        await zk.opened(20)
        await prepared(zk)
        say(f"{len(facts)} facts into ZooKeeper, {BATCH} at a time")
        admission = await _admit(ZooKeeperRegistry(zk, await _lead(zk)), facts)
        shards = await read_shards(zk)
        say("the same bytes as plain nodes")
        plain = await _timed(lambda: _write_plainly(zk, shards))
        say(f"reading them back, {rounds} times each")
        times = [await _read(ZooKeeperRegistry(zk, await _lead(zk)), facts) for _ in range(rounds)]
        floors = [await _timed(lambda: zk.get_many([*shards])) for _ in range(rounds)]
    finally:
        await zk.close()
    say("the same in SQLite")
    await _admit(SqliteRegistry(file), facts)
    files = [await _read(SqliteRegistry(file), facts) for _ in range(rounds)]
    file_floors = [_read_file(file) for _ in range(rounds)]
    return [
        Result("registry", "zookeeper_read_back", median(times), "s", median(floors)),
        Result("registry", "sqlite_read_back", median(files), "s", median(file_floors)),
        Result("registry", "zookeeper_admission", admission, "s", plain),
        Result("registry", "zookeeper_size", sum(len(each.data) for each in shards.values()), "B", _size(facts)),
    ]


async def _admit(registry: Registry, facts: Sequence[Fact]) -> float:
    await registry.start("bench1")

    async def commit() -> None:
        for start in range(0, len(facts), BATCH):
            await registry.commit(facts[start : start + BATCH])

    seconds = await _timed(commit)
    await registry.close()
    return seconds


async def _read(registry: Registry, facts: Sequence[Fact]) -> float:
    began = time.perf_counter()
    recovered: Recovered = await registry.start("bench1")
    seconds = time.perf_counter() - began
    await registry.close()
    if (found := len(recovered.agents) + len(recovered.reservations)) != len(facts):
        raise BenchFailed(f"{found} of {len(facts)} facts were read back")
    return seconds


async def _write_plainly(zk: ZooKeeper, shards: dict[str, Node]) -> None:
    """A node a transaction, as a batch writes little more than one."""
    await zk.commit([Create(_PLAIN)])
    for number, node in enumerate(shards.values()):
        await zk.commit([Create(f"{_PLAIN}/{number}", node.data)])


async def _lead(zk: ZooKeeper) -> Lead:
    leader = await zk.get(FENCE)
    if leader is None:
        raise BenchFailed(f"{FENCE} is not there")
    epoch = leader.version + 1
    await zk.commit([SetData(FENCE, leader_bytes(epoch, "bench", {}), leader.version)])
    return Lead(epoch, leader.version + 1, "a bench")


def _read_file(file: Path) -> float:
    began = time.perf_counter()
    with closing(sqlite3.connect(file)) as db:
        db.execute("SELECT kind, id, body FROM facts").fetchall()
    return time.perf_counter() - began


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def _size(facts: Sequence[Fact]) -> int:
    """Bytes of the messages alone."""
    infos = [fact.info for fact in facts if isinstance(fact, AgentAdmitted)]
    kept = [fact.reservation for fact in facts if isinstance(fact, ReservationMade)]
    return sum(len(body_of("agent", each)) for each in infos) + sum(len(body_of("reservation", each)) for each in kept)


def _facts(agents: int) -> list[Fact]:
    """As a data centre has them: racks, zones, ports; parts of each tenth are reserved."""
    random, facts = Random(1), list[Fact]()
    for number in range(agents):
        cpus, mem = random.choice((16, 32, 64)), random.choice((64, 128, 256))
        has = parse_resources(f"cpus={cpus},mem={mem}GiB,disk=1024GiB,ports=[31000-31999,33000-33100]")
        rack = number % _RACKS
        attributes = {"zone": "abc"[rack % 3], "rack": f"r{rack}", "arch": "x86_64", "kernel": "6.1.0-22", "os": "12"}
        host = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        agent_id = AgentId(f"{random.getrandbits(128):032x}")
        name, both = f"host-{number}.rack{rack}.example.org", ("docker", "process")
        facts.append(AgentAdmitted(AgentInfo(agent_id, name, host, has, attributes, False, both, f"{host}:5060")))
        if number % _RESERVED_OF == 0:
            part = resources(cpus=1_000, mem=1 << 30)
            facts.append(ReservationMade(Reservation(ReservationId("r1"), agent_id, "eng/web", part)))
    return facts
