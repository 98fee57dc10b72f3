"""The messages of masters and executors as events of the agent's core."""

from collections.abc import Callable, Iterable, Mapping

from barter.agent import events as ev
from barter.agent.facts import Home
from barter.core.groups import whole_groups
from barter.core.ids import ExecutorId, FrameworkId, TaskId, VolumeId, check_id
from barter.core.tasks import Reason, TaskInfo
from barter.proto import codec
from barter.proto.v1 import agent_pb2, executor_pb2
from barter.shell.log import logger

Spent = Callable[[FrameworkId, Iterable[TaskId]], Mapping[TaskId, int]]
_log = logger("agent")


def master_event(wire: agent_pb2.AgentEvent, spent: Spent) -> ev.Event | None:
    """None for an event this version does not know."""
    epoch = wire.epoch
    match wire.WhichOneof("event"):
        case "run":
            return _run(epoch, wire.run, spent)
        case "acknowledge":
            return ev.Acknowledged(epoch, codec.acks_from_wire(wire.acknowledge.acks))
        case "heartbeat":
            return ev.MasterHeartbeat(epoch)
        case "kill":
            return _kill(epoch, wire.kill)
        case "kill_framework":
            return ev.KillFramework(epoch, FrameworkId(wire.kill_framework.framework_id), wire.kill_framework.reason)
        case "shutdown":
            return ev.Shutdown(epoch, wire.shutdown.reason)
        case "message":
            told = wire.message
            framework_id, executor_id = FrameworkId(told.framework_id), ExecutorId(told.executor_id)
            return ev.SchedulerMessage(epoch, framework_id, executor_id, told.data)
        case "destroy_volume":
            return _destroy(epoch, wire.destroy_volume.volume_id)
        case "registered":
            return ev.Registered(epoch, wire.registered.cluster_id, max(wire.registered.heartbeat_ms, 1))
        case "error":
            return ev.MasterError(epoch, wire.error.message, wire.error.fatal)
        case unknown:
            _log.warning("the master sent something this version does not know", name=unknown)
            return None


def _kill(epoch: int, wire: agent_pb2.AgentEvent.Kill) -> ev.KillTask:
    try:
        cause = Reason(wire.cause or Reason.KILLED_BY_FRAMEWORK)
    except ValueError:
        _log.warning("the master has a task killed for a reason that this version does not know", cause=wire.cause)
        cause = Reason.KILLED_BY_FRAMEWORK
    return ev.KillTask(epoch, FrameworkId(wire.framework_id), TaskId(wire.task_id), wire.grace_ms, wire.reason, cause)


def _destroy(epoch: int, volume_id: str) -> ev.DestroyVolume | None:
    try:
        return ev.DestroyVolume(epoch, VolumeId(check_id("volume id", volume_id)))
    except ValueError as error:
        _log.error("the master has a volume deleted that cannot be: ignored", problem=str(error))
        return None


def _run(epoch: int, run: agent_pb2.AgentEvent.Run, spent: Spent) -> ev.RunTasks:
    framework_id = FrameworkId(run.framework_id)
    tasks: list[TaskInfo] = []
    malformed: dict[TaskId, str] = {}
    try:
        check_id("framework id", framework_id)
        bad_framework = ""
    except ValueError as error:
        bad_framework = str(error)
    for wire in run.tasks:
        try:
            if bad_framework:
                raise ValueError(bad_framework)
            tasks.append(codec.task_from_wire(wire))
        except ValueError as error:
            malformed[TaskId(wire.task_id)] = str(error)
    tasks, unread = whole_groups(tasks, [*malformed.items()], {wire.task_id: wire.group_id for wire in run.tasks})
    malformed = dict(unread)
    known = spent(framework_id, [*(task.task_id for task in tasks), *malformed])
    return ev.RunTasks(epoch, framework_id, tuple(tasks), malformed, known)


def hello(wire: executor_pb2.ExecutorCall.Hello, executor: str, home: Home = None) -> ev.ExecutorHello:
    return ev.ExecutorHello(executor, _reports(wire.tasks), _reports(wire.statuses), home, max(wire.protocol, 1))


def executor_reports(wire: executor_pb2.ExecutorCall.Statuses, executor: str, home: Home = None) -> ev.ExecutorReports:
    return ev.ExecutorReports(executor, _reports(wire.statuses), home)


def usage(wire: executor_pb2.ExecutorCall.Usage, executor: str) -> ev.ExecutorUsage:
    return ev.ExecutorUsage(executor, tuple(_used(each) for each in wire.tasks))


def _used(wire: executor_pb2.ExecutorCall.TaskUsage) -> ev.TaskUsage:
    return ev.TaskUsage(
        FrameworkId(wire.framework_id),
        TaskId(wire.task_id),
        wire.cpus,
        wire.mem,
        wire.cpu_us,
        wire.read if wire.HasField("read") else None,
        wire.written if wire.HasField("written") else None,
        wire.received if wire.HasField("received") else None,
        wire.sent if wire.HasField("sent") else None,
    )


def _reports(wires: Iterable[executor_pb2.ExecutorStatus]) -> tuple[ev.Reported, ...]:
    reports: list[ev.Reported] = []
    for wire in wires:
        try:
            if wire.reason:
                wire.status.reason = wire.reason
            status = codec.status_from_wire(wire.status)
        except ValueError as error:
            _log.error("the executor sent a status that cannot be read: ignored", problem=str(error))
            continue
        reports.append(ev.Reported(FrameworkId(wire.framework_id), status, wire.sequence))
    return tuple(reports)
