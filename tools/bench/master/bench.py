"""`master`: a real master with thousands of agents over gRPC, against a server that only answers the same messages."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
import psutil

from barter.core.units import MIB
from barter.master.liveness import RAREST_BEAT_MS
from barter.proto.v1 import operator_pb2
from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub
from barter.shell import transport
from barter.tools.bench.cluster import Cluster
from barter.tools.bench.master.processes import BareServer, LoadProcess
from barter.tools.bench.measure import BenchFailed, Progress, Result, percentile

WARM_SECONDS = 2
SETTLE_SECONDS = RAREST_BEAT_MS / 1000


@dataclass(frozen=True, slots=True)
class Size:
    agents: int
    tasks_per_agent: int
    agents_per_connection: int

    def __str__(self) -> str:
        return f"{self.agents}x{self.tasks_per_agent}"


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one server: seconds, except `idle` (percent of a core) and `resident` (MiB)."""

    registered: float
    registered_cpu: float
    idle: float
    resident: float
    latencies: list[float]


def run(sizes: Sequence[Size], seconds: float, say: Progress) -> list[Result]:
    """The first size has the metrics' plain names. Raises BenchFailed when the master does not do what it should."""
    return [result for size in sizes for result in _of_size(size, "" if size is sizes[0] else f"_{size}", seconds, say)]


def _of_size(size: Size, suffix: str, seconds: float, say: Progress) -> list[Result]:
    with _bare() as (address, pid):
        floor = _measure("floor", address, pid, size, seconds, say)
    with _master() as (address, pid):
        value = _measure("master", address, pid, size, seconds, say)
    return [
        Result("master", f"registration{suffix}", value.registered, "s", floor.registered),
        Result("master", f"registration_cpu{suffix}", value.registered_cpu, "s", floor.registered_cpu),
        Result("master", f"idle_cpu{suffix}", value.idle, "% of a core", floor.idle),
        Result("master", f"resident_memory{suffix}", value.resident, "MiB", floor.resident),
        *(_latency(percent, suffix, value, floor) for percent in (50, 99)),
    ]


def _latency(percent: int, suffix: str, value: Measured, floor: Measured) -> Result:
    milliseconds = [percentile(each.latencies, percent) * 1000 for each in (value, floor)]
    return Result("master", f"offer_latency_p{percent}{suffix}", milliseconds[0], "ms", milliseconds[1])


def _measure(name: str, address: str, pid: int, size: Size, seconds: float, say: Progress) -> Measured:
    process = psutil.Process(pid)
    with LoadProcess(address, size.agents, size.tasks_per_agent, size.agents_per_connection) as load:
        say(f"{name}: {size.agents} registrations are made")
        load.ready()
        say(f"{name}: {size.agents} agents with {size.tasks_per_agent} tasks each register")
        before = _cpu(process)
        registered = float(load.ask("register")["seconds"])
        registered_cpu = _cpu(process) - before
        if name == "master":
            _check(address, size)
        say(f"{name}: registered within {registered:.1f} s; heartbeats for {seconds:.0f} s")
        time.sleep(SETTLE_SECONDS)
        before = _cpu(process)
        time.sleep(seconds)
        idle = (_cpu(process) - before) / seconds * 100
        resident = process.memory_info().rss
        say(f"{name}: {idle:.1f}% of a core, {resident / MIB:.0f} MiB; tasks start and end for {seconds:.0f} s")
        load.ask(f"offers {WARM_SECONDS}")
        answer = load.ask(f"offers {seconds}")
        resident = max(resident, process.memory_info().rss)
    latencies = [float(each) for each in answer["latencies"]]
    if answer["unanswered"] or not latencies:
        raise BenchFailed(f"{name}: {answer['unanswered']} demands of {len(latencies)} had no offer within a minute")
    if name == "master":
        rate = answer["ended"] / answer["seconds"]
        say(f"master: {len(latencies)} demands had offers, {rate:.0f} tasks a second ended")
    return Measured(registered, registered_cpu, idle, resident / MIB, latencies)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _check(address: str, size: Size) -> None:
    """What the master has is what was registered."""
    with transport.blocking_channel(address) as channel:
        try:
            status = OperatorServiceStub(channel).GetStatus(operator_pb2.GetStatusRequest(), timeout=30)  # type: ignore[no-untyped-call]
        except grpc.RpcError as error:
            raise BenchFailed(f"the master does not answer: {error}") from error
    found = (status.agents_active, status.tasks["TASK_RUNNING"])
    if found != (size.agents, size.agents * size.tasks_per_agent):
        raise BenchFailed(f"{found[0]} agents with {found[1]} running tasks are registered, not {size}")


@contextlib.contextmanager
def _bare() -> Iterator[tuple[str, int]]:
    with BareServer(RAREST_BEAT_MS) as server:
        yield server.address, server.pid


@contextlib.contextmanager
def _master() -> Iterator[tuple[str, int]]:
    folder = Path(tempfile.mkdtemp(prefix="barter-bench-"))
    made = Cluster(folder, "process")
    try:
        made.start_master()
        yield made.master, made.pid("master")
    finally:
        made.stop()
        shutil.rmtree(folder, ignore_errors=True)
