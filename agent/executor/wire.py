"""Between the executor's messages and its events and actions."""

from collections.abc import Iterable
from dataclasses import replace

from barter.agent.executor.actions import ExecutorStatus, SendHello, SendUsage, TaskUsage
from barter.agent.executor.events import Event, Kill, Launch, MeasureEvery, Order, Recorded, Stop, TaskKey
from barter.agent.executor.protocol import PROTOCOL, older_reason
from barter.core.ids import FrameworkId, TaskId
from barter.proto import codec
from barter.proto.v1 import executor_pb2 as pb


def order_from_wire(wire: pb.ExecutorEvent.LaunchTask) -> Order:
    """Raises ValueError naming the field that is wrong."""
    return Order(FrameworkId(wire.framework_id), codec.task_from_wire(wire.task), wire.sandbox, wire.container_name)


def order_to_wire(order: Order) -> pb.ExecutorEvent.LaunchTask:
    return pb.ExecutorEvent.LaunchTask(
        framework_id=order.framework_id,
        task=codec.task_to_wire(order.task),
        sandbox=order.sandbox,
        container_name=order.container_name,
    )


def event_from_wire(wire: pb.ExecutorEvent) -> Event | None:
    """None for an event this version does not know; raises ValueError naming the field that is wrong."""
    match wire.WhichOneof("event"):
        case "launch":
            return Launch(tuple(order_from_wire(task) for task in wire.launch.tasks))
        case "kill":
            key = TaskKey(FrameworkId(wire.kill.framework_id), TaskId(wire.kill.task_id))
            return Kill(key, wire.kill.grace_ms if wire.kill.grace_ms >= 0 else None, wire.kill.reason)
        case "recorded":
            return Recorded(wire.recorded.sequence)
        case "stop":
            return Stop(wire.stop.kill)
        case "measure":
            return MeasureEvery(wire.measure.every_ms)
        case _:
            return None


def statuses_to_wire(statuses: Iterable[ExecutorStatus]) -> pb.ExecutorCall:
    return pb.ExecutorCall(statuses=pb.ExecutorCall.Statuses(statuses=[_status_to_wire(each) for each in statuses]))


def usage_to_wire(usage: SendUsage) -> pb.ExecutorCall:
    return pb.ExecutorCall(usage=pb.ExecutorCall.Usage(tasks=[_usage_to_wire(each) for each in usage.tasks]))


def _usage_to_wire(usage: TaskUsage) -> pb.ExecutorCall.TaskUsage:
    used = usage.sample
    return pb.ExecutorCall.TaskUsage(
        framework_id=used.key.framework_id,
        task_id=used.key.task_id,
        cpus=usage.cpus,
        mem=used.mem,
        cpu_us=used.cpu_us,
        read=used.read,
        written=used.written,
        received=used.received,
        sent=used.sent,
    )


def hello_to_wire(hello: SendHello, pid: int, version: str) -> pb.ExecutorCall:
    tasks = [_status_to_wire(each) for each in hello.tasks]
    statuses = [_status_to_wire(each) for each in hello.statuses]
    said = pb.ExecutorCall.Hello(pid=pid, version=version, tasks=tasks, statuses=statuses, protocol=PROTOCOL)
    return pb.ExecutorCall(hello=said)


def _status_to_wire(value: ExecutorStatus) -> pb.ExecutorStatus:
    status, reason = value.status, ""
    if (older := older_reason(status.reason)) is not status.reason:
        status, reason = replace(status, reason=older), status.reason
    return pb.ExecutorStatus(
        framework_id=value.framework_id, status=codec.status_to_wire(status), sequence=value.sequence, reason=reason
    )
