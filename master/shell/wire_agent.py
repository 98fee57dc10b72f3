"""The agent contract's messages, from and to the master's own."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator

from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId, ExecutorId, FrameworkId, VolumeId, check_id
from barter.core.messages import check_message
from barter.core.reservations import static_id
from barter.core.resources import NOTHING
from barter.core.roles import DEFAULT_ROLE
from barter.core.task_state import TERMINAL
from barter.core.tasks import TaskInfo
from barter.master import events as ev
from barter.master import messages as msg
from barter.proto import codec
from barter.proto.v1 import agent_pb2 as pb
from barter.proto.v1 import types_pb2
from barter.shell.log import logger

MOST_OF_A_SCALAR = 1 << 53
LOG = logger("master")


def register_from_wire(session: int, wire: pb.AgentCall.Register) -> ev.AgentRegister:
    """Raises ValueError naming the field that is wrong."""
    info = codec.agent_from_wire(wire.agent)
    for name, amount in info.resources.scalars.items():
        if amount > MOST_OF_A_SCALAR:
            raise ValueError(f"agent.resources.{name}: {amount} is absurdly large")
    _check_reserved(info)
    volumes, slack = _volumes(wire.volumes), codec.resources_from_wire(wire.slack)
    return ev.AgentRegister(session, info, tuple(_tasks(wire.tasks)), tuple(_updates(wire.updates)), volumes, slack)


def _check_reserved(info: AgentInfo) -> None:
    """Raises ValueError where more is reserved than there is, a port for two roles, or something for everybody's."""
    if DEFAULT_ROLE in info.reserved:
        raise ValueError(f"agent.reserved: role {DEFAULT_ROLE} is everybody's, so nothing is reserved for it")
    if len({static_id(role) for role in info.reserved}) < len(info.reserved):
        raise ValueError(
            f"agent.reserved: roles that are alike but for '/' and '.': {', '.join(sorted(info.reserved))}"
        )
    if short := info.resources.shortfalls(sum(info.reserved.values(), NOTHING)):
        raise ValueError(f"agent.reserved: more than the agent's resources: {'; '.join(short)}")


def call_from_wire(session: int, agent_id: AgentId, wire: pb.AgentCall) -> ev.AgentEvent:
    """Raises ValueError naming the field that is wrong; a second Register must be of the same agent."""
    match wire.WhichOneof("call"):
        case "register":
            if wire.register.agent.agent_id != agent_id:
                raise ValueError(f"register.agent.agent_id: this stream is of agent {agent_id}")
            return register_from_wire(session, wire.register)
        case "updates":
            return ev.AgentUpdates(session, agent_id, tuple(_updates(wire.updates.updates)))
        case "heartbeat":
            return ev.AgentHeartbeat(session, agent_id)
        case "slack":
            return ev.AgentSlack(session, agent_id, codec.resources_from_wire(wire.slack.revocable))
        case "volumes":
            return ev.AgentVolumes(session, agent_id, _volumes(wire.volumes.volumes))
        case "message":
            told, data = wire.message, b64encode(check_message(wire.message.data)).decode()
            framework_id, executor_id = FrameworkId(told.framework_id), ExecutorId(told.executor_id)
            return ev.AgentMessage(session, agent_id, framework_id, executor_id, data)
        case "unregister":
            return ev.AgentUnregister(session, agent_id, wire.unregister.reason)
        case _:
            raise ValueError("call: this master knows no such call; is the agent newer than the master?")


def event_to_wire(message: msg.ToAgent | msg.ToFramework, epoch: int, cluster_id: str) -> pb.AgentEvent:
    """Raises TypeError on a message for frameworks."""
    match message:
        case msg.Registered():
            registered = pb.AgentEvent.Registered(cluster_id=cluster_id, heartbeat_ms=message.heartbeat_ms)
            return pb.AgentEvent(epoch=epoch, registered=registered)
        case msg.Run():
            tasks = [codec.task_to_wire(task) for task in message.tasks]
            return pb.AgentEvent(epoch=epoch, run=pb.AgentEvent.Run(framework_id=message.framework_id, tasks=tasks))
        case msg.Kill():
            kill = pb.AgentEvent.Kill(
                framework_id=message.framework_id,
                task_id=message.task_id,
                grace_ms=message.grace_ms,
                reason=message.reason,
                cause=message.cause,
            )
            return pb.AgentEvent(epoch=epoch, kill=kill)
        case msg.Acknowledge():
            acks = pb.AgentEvent.Acknowledge(acks=codec.acks_to_wire(message.acks))
            return pb.AgentEvent(epoch=epoch, acknowledge=acks)
        case msg.KillFramework():
            removed = pb.AgentEvent.KillFramework(framework_id=message.framework_id, reason=message.reason)
            return pb.AgentEvent(epoch=epoch, kill_framework=removed)
        case msg.DestroyVolume():
            destroy = pb.AgentEvent.DestroyVolume(volume_id=message.volume_id)
            return pb.AgentEvent(epoch=epoch, destroy_volume=destroy)
        case msg.ToExecutor():
            said = pb.AgentEvent.Message(
                framework_id=message.framework_id, executor_id=message.executor_id, data=b64decode(message.data)
            )
            return pb.AgentEvent(epoch=epoch, message=said)
        case msg.Shutdown():
            return pb.AgentEvent(epoch=epoch, shutdown=pb.AgentEvent.Shutdown(reason=message.reason))
        case msg.Error():
            error = pb.AgentEvent.Error(message=message.message, fatal=message.fatal)
            return pb.AgentEvent(epoch=epoch, error=error)
        case _:
            raise TypeError(f"{type(message).__name__} is not for agents")


def heartbeat(epoch: int) -> pb.AgentEvent:
    return pb.AgentEvent(epoch=epoch, heartbeat=pb.AgentEvent.Heartbeat())


def _volumes(wire: Iterable[str]) -> tuple[VolumeId, ...]:
    return tuple(VolumeId(check_id("volume id", volume_id)) for volume_id in wire)


def _tasks(wire: Iterable[pb.AgentTask]) -> Iterator[ev.AgentTask]:
    """An agent keeps what it refused until that is acknowledged, also what no master should have ordered: left out."""
    for each in wire:
        try:
            framework_id = FrameworkId(check_id("framework id", each.framework_id))
            yield framework_id, _task(each.task), codec.status_from_wire(each.status)
        except ValueError as error:
            if each.status.state not in TERMINAL:
                raise
            LOG.warning("an agent tells of an ended task that cannot be: left out", reason=str(error))


def _task(wire: types_pb2.TaskInfo) -> TaskInfo:
    """Raises ValueError also where more of it is reserved and revocable than it holds: that would count below zero."""
    info = codec.task_taken_from_wire(wire)
    parts = sum(info.reserved.values(), info.revocable)
    if parts and (short := info.resources.shortfalls(parts)):
        raise ValueError(f"task {info.task_id}: more is reserved and revocable than it holds: {'; '.join(short)}")
    return info


def _updates(wire: Iterable[pb.FrameworkUpdate]) -> Iterator[ev.AgentStatus]:
    """Those that can be read: the others of a message must not wait for one that never will be."""
    for each in wire:
        try:
            yield FrameworkId(check_id("framework id", each.framework_id)), codec.status_from_wire(each.status)
        except ValueError as error:
            LOG.warning("an agent sent an update that cannot be read: left out", reason=str(error))
