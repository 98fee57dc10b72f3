"""One cluster's life under faults: started, struck round after round, settled after each, judged in the end."""

import asyncio
import contextlib
import shutil
import signal
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.failover import settle
from tests.failover.aim import ZOOKEEPERS
from tests.failover.checks import TASKS, judge
from tests.failover.cluster import Cluster
from tests.failover.gather import KEPT, PASSING, gather, started
from tests.failover.network import Network
from tests.failover.part import sweep
from tests.failover.plan import Fault, rounds
from tests.failover.record import Process, Record, Settled, now_ms
from tests.failover.strike import strike
from tests.failover.zookeeper_logs import history, lost

READY_S, NEVER_S, END_S = 90.0, 60.0, 20.0
LOOP_S = 0.05


@dataclass(slots=True)
class Outcome:
    seed: int
    faults: list[str]
    record: Record
    problems: list[str]
    logs: str


async def run(seed: int, count: int, network: Network | None) -> Outcome:
    """Leaves its folder, with the logs, where something was wrong."""
    folder, record = Path(tempfile.mkdtemp(prefix="barter-f-")), Record()
    cluster = Cluster(folder, record, network)
    plan = list(rounds(seed, count, namespaces=network is not None))
    watch = asyncio.create_task(_watch_loop(record))
    try:
        try:
            await _live(cluster, plan)
        except Exception as error:
            record.problems.append(f"the campaign broke: {error!r}")
        record.over_ms = now_ms()
    finally:
        watch.cancel()
        await asyncio.shield(_end(cluster))
    record.zookeeper_lost = lost([history(folder / name / "data") for name in ZOOKEEPERS])
    gather(cluster.folder, [part.name for part in cluster.agents], [part.name for part in cluster.services], record)
    problems = list(judge(record)) if record.settled else record.problems
    if not problems:
        shutil.rmtree(folder, ignore_errors=True)
    faults = [kind for each in record.settled for kind in each.faults]
    return Outcome(seed, faults, record, problems, str(folder) if problems else "")


async def _live(cluster: Cluster, plan: list[tuple[Fault, ...]]) -> None:
    record = cluster.record
    await cluster.start()
    if not await _make_tasks(cluster):
        return
    cluster.writers.start(cluster.app(PASSING, 0))
    for number, faults in enumerate(plan, 1):
        await asyncio.gather(*(strike(fault, cluster) for fault in faults))
        took, lack = await settle.until(cluster, NEVER_S)
        kinds = tuple(fault.kind for fault in faults)
        record.settled.append(Settled(number, kinds, took, lack))
        record.tell(f"settled after {took} ms" if took >= 0 else f"NOT SETTLED: {lack}")
        if took < 0:
            break
    await cluster.writers.stop()
    _look_at_tasks(cluster, record.last)
    if record.settled[-1].took_ms >= 0:
        record.final.update(await cluster.writers.final())


async def _make_tasks(cluster: Cluster) -> bool:
    async with asyncio.timeout(READY_S):
        while await cluster.writers.service("/v2/apps", "POST", cluster.app(KEPT, TASKS)) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    took, lack = await settle.until(cluster, READY_S)
    if took < 0:
        cluster.record.problems.append(f"the cluster was never ready: {lack}")
        return False
    # A task runs as soon as it is there; its line comes when it has been given the processor.
    async with asyncio.timeout(READY_S):
        while len(started(cluster.folder, KEPT)) < TASKS:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    _look_at_tasks(cluster, cluster.record.first)
    cluster.record.tell(f"ready, with {len(cluster.record.first)} tasks")
    return True


def _look_at_tasks(cluster: Cluster, into: dict[int, Process]) -> None:
    for each in started(cluster.folder, KEPT):
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{each.pid}/stat").read_text().rpartition(")")[2].split()
            into[each.pid] = Process(each.pid, "" if words[0] in "ZX" else words[19])


async def _end(cluster: Cluster) -> None:
    """Agents leave with their tasks while there is a master to tell; then the others end, ZooKeeper last."""
    await cluster.writers.stop()
    for parts, number in (
        (cluster.agents, signal.SIGUSR1),
        (cluster.services, signal.SIGTERM),
        (cluster.masters, signal.SIGTERM),
        (cluster.ensemble.servers, signal.SIGKILL),
    ):
        await asyncio.gather(*(part.end(number, END_S) for part in parts))
    await cluster.stop_ways()
    if left := sweep(cluster.mark):
        cluster.record.problems.append(f"{len(left)} processes were left behind")


async def _watch_loop(record: Record) -> None:
    """The proxies are in this loop: where it is late, so is everything."""
    before = time.monotonic()
    while True:
        await asyncio.sleep(LOOP_S)
        now = time.monotonic()
        record.busy_ms = max(record.busy_ms, int((now - before - LOOP_S) * 1_000))
        before = now
