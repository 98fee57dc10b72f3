"""What tasks use, as the agent's metrics and NodeService tell it: of live tasks only, so that both stay as small."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from barter.agent.events import TaskUsage
from barter.agent.machine import Agent
from barter.agent.measured import Reading
from barter.core.units import MILLI
from barter.proto.v1 import node_pb2 as pb

_US = 1_000_000
_LABELS = ("framework", "task")
_COUNTED: tuple[tuple[str, str, Callable[[TaskUsage], int | None]], ...] = (
    ("read_bytes", "Bytes read from disks", lambda used: used.read),
    ("written_bytes", "Bytes written to disks", lambda used: used.written),
    ("received_bytes", "Bytes received on a network of its own", lambda used: used.received),
    ("sent_bytes", "Bytes sent on a network of its own", lambda used: used.sent),
)


def reply(agent: Agent) -> pb.UsageReply:
    readings = (_wire(each) for each in agent.measured.of(agent.book))
    return pb.UsageReply(agent_id=agent.info.agent_id, tasks=readings)


def metrics(agent: Agent) -> Iterator[Metric]:
    readings = list(agent.measured.of(agent.book))
    yield from _of_tasks(readings)
    sums = agent.measured.sums
    text = "of all its tasks since its start, ended ones as far as they were measured."
    yield CounterMetricFamily("barter_agent_tasks_cpu_seconds", f"Cpu time {text}", sums.cpu_us / _US)
    for name, what, amount in (
        ("read_bytes", "Bytes read from disks", sums.read),
        ("written_bytes", "Bytes written to disks", sums.written),
        ("received_bytes", "Bytes received on networks of their own", sums.received),
        ("sent_bytes", "Bytes sent on networks of their own", sums.sent),
    ):
        yield CounterMetricFamily(f"barter_agent_tasks_{name}", f"{what}, {text}", amount)
    cpus = sum(each.used.cpus for each in readings) / MILLI
    yield GaugeMetricFamily("barter_agent_tasks_cpus", "Cpus in use by its tasks, as measured last.", cpus)
    memory = sum(each.used.mem for each in readings)
    yield GaugeMetricFamily("barter_agent_tasks_memory_bytes", "Resident bytes of its tasks.", memory)


def _of_tasks(readings: list[Reading]) -> Iterator[Metric]:
    seconds = CounterMetricFamily("barter_agent_task_cpu_seconds", "Cpu time of a running task.", labels=_LABELS)
    cpus = GaugeMetricFamily("barter_agent_task_cpus", "Cpus a running task used between the last two.", labels=_LABELS)
    memory = GaugeMetricFamily("barter_agent_task_memory_bytes", "Resident bytes of a running task.", labels=_LABELS)
    for each in readings:
        names = [each.used.framework_id, each.used.task_id]
        seconds.add_metric(names, each.used.cpu_us / _US)
        cpus.add_metric(names, each.used.cpus / MILLI)
        memory.add_metric(names, each.used.mem)
    yield from (seconds, cpus, memory)
    for name, what, amount_of in _COUNTED:
        family = CounterMetricFamily(f"barter_agent_task_{name}", f"{what}, by a running task.", labels=_LABELS)
        for each in readings:
            if (amount := amount_of(each.used)) is not None:
                family.add_metric([each.used.framework_id, each.used.task_id], amount)
        yield family


def _wire(reading: Reading) -> pb.TaskUsage:
    used = reading.used
    return pb.TaskUsage(
        framework_id=used.framework_id,
        task_id=used.task_id,
        measured_ms=reading.measured_ms,
        cpus=used.cpus,
        mem=used.mem,
        cpu_us=used.cpu_us,
        read=used.read,
        written=used.written,
        received=used.received,
        sent=used.sent,
    )
