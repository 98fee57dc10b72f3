"""Tasks, what becomes of them, and its receipts."""

from collections.abc import Iterable
from sys import intern

from barter.core.ids import AgentId, DemandId, ExecutorId, FrameworkId, ReservationId, TaskId, check_id
from barter.core.resources import NOTHING
from barter.core.roles import check_role
from barter.core.task_state import TaskState
from barter.core.tasks import (
    UNLIMITED,
    Artifact,
    CheckKind,
    CheckResult,
    Command,
    ExecutorInfo,
    Limits,
    Reason,
    Rlimit,
    SharedFolder,
    Source,
    TaskInfo,
    TaskPort,
    TaskStatus,
)
from barter.proto.checks import check_amount, check_name, check_port, check_size, member
from barter.proto.codec.containers import (
    check_from_wire,
    check_to_wire,
    container_from_wire,
    container_to_wire,
    readiness_from_wire,
    readiness_to_wire,
    status_check_from_wire,
    status_check_to_wire,
)
from barter.proto.codec.resources import (
    mount_from_wire,
    mount_to_wire,
    reserved_from_wire,
    reserved_to_wire,
    resources_from_wire,
    resources_to_wire,
)
from barter.proto.codec.sharing import shared, strings_from_wire
from barter.proto.v1 import types_pb2 as pb


def task_to_wire(value: TaskInfo) -> pb.TaskInfo:
    return pb.TaskInfo(
        task_id=value.task_id,
        name=value.name,
        resources=resources_to_wire(value.resources),
        command=_command_to_wire(value.command),
        container=None if value.container is None else container_to_wire(value.container),
        health_checks=[check_to_wire(each) for each in value.health_checks],
        kill_grace_ms=value.kill_grace_ms,
        ports=[
            pb.TaskPort(name=p.name, number=p.number, protocol=p.protocol, service_id=p.service_id) for p in value.ports
        ],
        labels=value.labels,
        demand_id=value.demand_id,
        volumes=[mount_to_wire(mount) for mount in value.volumes],
        reservation_id=value.reservation_id,
        role=value.role,
        reserved=reserved_to_wire(value.reserved),
        revocable=resources_to_wire(value.revocable) if value.revocable else None,
        readiness_check=None if value.readiness_check is None else readiness_to_wire(value.readiness_check),
        artifacts=[_artifact_to_wire(each) for each in value.artifacts],
        group_id=value.group_id,
        executor=None if value.executor is None else _executor_to_wire(value.executor),
        status_check=None if value.status_check is None else status_check_to_wire(value.status_check),
        limits=None if value.limits is None else pb.Limits(cpus=value.limits.cpus, mem=value.limits.mem),
        shared=[
            pb.SharedFolder(task_id=each.task_id, name=each.name, path=each.path, read_only=each.read_only)
            for each in value.shared
        ],
    )


def task_from_wire(wire: pb.TaskInfo) -> TaskInfo:
    """Raises ValueError naming the field that is wrong."""
    copy = pb.TaskInfo()
    copy.CopyFrom(wire)
    return task_taken_from_wire(copy)


def task_taken_from_wire(wire: pb.TaskInfo) -> TaskInfo:
    """As `task_from_wire`, of a message nobody needs any more: what is the task's own is taken out of it.

    The rest is decoded once for all tasks of which it is the same.
    """
    task_id = TaskId(intern(check_id("task id", wire.task_id)))
    check_size(f"task {task_id}", wire.ByteSize())
    try:
        resources = resources_from_wire(wire.resources)
        ports = tuple([_port_from_wire(port) for port in wire.ports])
        for own in ("task_id", "resources", "ports"):
            wire.ClearField(own)
        rest = _rest_from_wire(wire)
    except ValueError as error:
        raise ValueError(f"task {task_id}: {error}") from None
    return TaskInfo(
        task_id,
        rest.name,
        resources,
        rest.command,
        rest.container,
        rest.health_checks,
        rest.kill_grace_ms,
        ports,
        rest.labels,
        rest.demand_id,
        rest.volumes,
        rest.reservation_id,
        rest.role,
        rest.reserved,
        rest.revocable,
        rest.readiness_check,
        rest.artifacts,
        rest.group_id,
        rest.executor,
        rest.status_check,
        rest.limits,
        rest.shared,
    )


@shared
def _rest_from_wire(wire: pb.TaskInfo) -> TaskInfo:
    """All but what a task has for itself."""
    if wire.kill_grace_ms < 0:
        raise ValueError(f"kill_grace_ms {wire.kill_grace_ms} is negative")
    return TaskInfo(
        task_id=TaskId(""),
        name=intern(check_name("name", wire.name)),
        resources=NOTHING,
        command=_command_from_wire(wire.command),
        container=container_from_wire(wire.container) if wire.HasField("container") else None,
        health_checks=tuple([check_from_wire(each) for each in wire.health_checks]) if wire.health_checks else (),
        kill_grace_ms=wire.kill_grace_ms,
        labels=strings_from_wire(wire.labels),
        demand_id=DemandId(intern(wire.demand_id)),
        volumes=tuple([mount_from_wire(mount) for mount in wire.volumes]) if wire.volumes else (),
        reservation_id=ReservationId(wire.reservation_id),
        role=intern(check_role(wire.role)) if wire.role else "",
        reserved=reserved_from_wire(wire.reserved) if wire.reserved else {},
        revocable=resources_from_wire(wire.revocable) if wire.HasField("revocable") else NOTHING,
        readiness_check=readiness_from_wire(wire.readiness_check) if wire.HasField("readiness_check") else None,
        artifacts=tuple([_artifact_from_wire(each) for each in wire.artifacts]) if wire.artifacts else (),
        group_id=check_id("group id", wire.group_id) if wire.group_id else "",
        executor=_executor_from_wire(wire.executor) if wire.HasField("executor") else None,
        status_check=status_check_from_wire(wire.status_check) if wire.HasField("status_check") else None,
        limits=_limits_from_wire(wire.limits) if wire.HasField("limits") else None,
        shared=tuple([_shared_from_wire(each) for each in wire.shared]) if wire.shared else (),
    )


def _limits_from_wire(wire: pb.Limits) -> Limits:
    cpus = wire.cpus if wire.HasField("cpus") else None
    mem = wire.mem if wire.HasField("mem") else None
    for name, amount in (("cpus", cpus), ("mem", mem)):
        if amount is not None and amount < UNLIMITED:
            raise ValueError(f"limits.{name}: {amount} is negative")
        check_amount(f"limits.{name}", amount or 0)
    return Limits(cpus, mem)


def _command_to_wire(value: Command) -> pb.Command:
    rlimits = [pb.Rlimit(name=each.name, soft=each.soft, hard=each.hard) for each in value.rlimits]
    return pb.Command(shell=value.shell, argv=value.argv, env=value.env, user=value.user, rlimits=rlimits)


@shared
def _command_from_wire(wire: pb.Command) -> Command:
    rlimits = tuple([Rlimit(each.name, each.soft, each.hard) for each in wire.rlimits]) if wire.rlimits else ()
    return Command(wire.shell, tuple(wire.argv), dict(wire.env), wire.user, rlimits)


def _artifact_to_wire(value: Artifact) -> pb.Artifact:
    return pb.Artifact(
        uri=value.uri,
        sha256=value.sha256,
        extract=value.extract,
        executable=value.executable,
        cache=value.cache,
        output_file=value.output_file,
    )


@shared
def _artifact_from_wire(wire: pb.Artifact) -> Artifact:
    return Artifact(wire.uri, wire.sha256, wire.extract, wire.executable, wire.cache, wire.output_file)


def _executor_to_wire(value: ExecutorInfo) -> pb.ExecutorInfo:
    command, has = _command_to_wire(value.command), resources_to_wire(value.resources)
    return pb.ExecutorInfo(executor_id=value.executor_id, command=command, resources=has, task_id=value.task_id)


def _executor_from_wire(wire: pb.ExecutorInfo) -> ExecutorInfo:
    executor_id = ExecutorId(check_id("executor id", wire.executor_id))
    task_id = TaskId(check_id("executor's task id", wire.task_id)) if wire.task_id else TaskId("")
    return ExecutorInfo(executor_id, _command_from_wire(wire.command), resources_from_wire(wire.resources), task_id)


def _shared_from_wire(wire: pb.SharedFolder) -> SharedFolder:
    owner = TaskId(check_id("shared folder's task id", wire.task_id))
    return SharedFolder(owner, check_id("shared folder's name", wire.name), wire.path, wire.read_only)


@shared
def _port_from_wire(wire: pb.TaskPort) -> TaskPort:
    check_port(f"ports.{wire.name}", wire.number, wire.protocol)
    return TaskPort(wire.name, wire.number, wire.protocol, wire.service_id)


def status_to_wire(value: TaskStatus) -> pb.TaskStatus:
    return pb.TaskStatus(
        task_id=value.task_id,
        state=value.state,
        source=value.source,
        timestamp_ms=value.timestamp_ms,
        uuid=value.uuid,
        agent_id=value.agent_id,
        reason=value.reason,
        message=value.message,
        healthy=value.healthy,
        exit_code=value.exit_code,
        ready=value.ready,
        address=value.address,
        check=None if value.check is None else pb.CheckResult(kind=value.check.kind, found=value.check.found),
    )


def status_from_wire(wire: pb.TaskStatus) -> TaskStatus:
    return TaskStatus(
        task_id=TaskId(intern(wire.task_id)),
        state=member("status.state", TaskState, wire.state),
        source=member("status.source", Source, wire.source),
        timestamp_ms=wire.timestamp_ms,
        uuid=wire.uuid,
        agent_id=AgentId(intern(wire.agent_id)),
        reason=member("status.reason", Reason, wire.reason),
        message=wire.message,
        healthy=wire.healthy if wire.HasField("healthy") else None,
        exit_code=wire.exit_code if wire.HasField("exit_code") else None,
        ready=wire.ready if wire.HasField("ready") else None,
        address=wire.address,
        check=_result_from_wire(wire.check) if wire.HasField("check") else None,
    )


def _result_from_wire(wire: pb.CheckResult) -> CheckResult:
    found = wire.found if wire.HasField("found") else None
    return CheckResult(member("status.check.kind", CheckKind, wire.kind), found)


Acks = Iterable[tuple[FrameworkId, TaskId, str]]


def acks_to_wire(acks: Acks) -> list[pb.Ack]:
    return [pb.Ack(framework_id=framework, task_id=task, uuid=uuid) for framework, task, uuid in acks]


def acks_from_wire(wire: Iterable[pb.Ack]) -> tuple[tuple[FrameworkId, TaskId, str], ...]:
    return tuple((FrameworkId(ack.framework_id), TaskId(ack.task_id), ack.uuid) for ack in wire)
