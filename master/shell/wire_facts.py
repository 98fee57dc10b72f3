"""The registry's values as bytes: messages of the contract, by kind."""

from collections.abc import Callable
from typing import Any, NamedTuple

from google.protobuf.message import Message

from barter.core.ids import AgentId, FrameworkId, TaskId, VolumeId
from barter.core.maintenance import Maintenance, Mode
from barter.core.removals import RemovalMode, Removals, RemovedAgent
from barter.master import registry as kinds
from barter.master.facts import AgentGone
from barter.proto import codec
from barter.proto.v1 import registry_pb2, types_pb2

Condemned = tuple[AgentId, VolumeId]


class _Kind(NamedTuple):
    message: type[Message]
    to_wire: Callable[[Any], Message]
    from_wire: Callable[[Any], object]


def body_of(kind: str, value: object) -> bytes:
    return _KINDS[kind].to_wire(value).SerializeToString()


def value_of(kind: str, body: bytes) -> object:
    return _KINDS[kind].from_wire(_KINDS[kind].message.FromString(body))


def _condemned_to_wire(value: Condemned) -> registry_pb2.Condemned:
    return registry_pb2.Condemned(agent_id=value[0], volume_id=value[1])


def _condemned_from_wire(wire: registry_pb2.Condemned) -> Condemned:
    return AgentId(wire.agent_id), VolumeId(wire.volume_id)


def _maintenance_to_wire(value: Maintenance) -> registry_pb2.Maintenance:
    return registry_pb2.Maintenance(
        agent_id=value.agent_id,
        mode=value.mode,
        start_ms=value.start_ms,
        deadline_ms=value.deadline_ms,
        reason=value.reason,
    )


def _maintenance_from_wire(wire: registry_pb2.Maintenance) -> Maintenance:
    return Maintenance(AgentId(wire.agent_id), Mode(wire.mode), wire.start_ms, wire.deadline_ms, wire.reason)


def _gone_to_wire(value: AgentGone) -> registry_pb2.Gone:
    return registry_pb2.Gone(agent_id=value.agent_id, reason=value.reason)


def _gone_from_wire(wire: registry_pb2.Gone) -> AgentGone:
    return AgentGone(AgentId(wire.agent_id), wire.reason)


def _removed_to_wire(value: RemovedAgent) -> registry_pb2.Removed:
    return registry_pb2.Removed(
        agent_id=value.agent_id,
        hostname=value.hostname,
        removed_ms=value.removed_ms,
        reason=value.reason,
        tasks=[registry_pb2.RemovedTask(framework_id=each[0], task_id=each[1]) for each in value.tasks],
        tasks_unknown=not value.tasks_known,
        returned=value.returned,
        more_tasks=value.more,
    )


def _removed_from_wire(wire: registry_pb2.Removed) -> RemovedAgent:
    tasks = tuple((FrameworkId(each.framework_id), TaskId(each.task_id)) for each in wire.tasks)
    return RemovedAgent(
        AgentId(wire.agent_id),
        wire.hostname,
        wire.removed_ms,
        wire.reason,
        tasks,
        tasks_known=not wire.tasks_unknown,
        returned=wire.returned,
        more=wire.more_tasks,
    )


def _removals_to_wire(value: Removals) -> registry_pb2.Removals:
    return registry_pb2.Removals(
        mode=value.mode,
        since_ms=value.since_ms,
        reason=value.reason,
        not_before_ms=value.not_before_ms,
        excused=value.excused,
    )


def _removals_from_wire(wire: registry_pb2.Removals) -> Removals:
    excused = tuple(AgentId(each) for each in wire.excused)
    return Removals(RemovalMode(wire.mode), wire.since_ms, wire.reason, wire.not_before_ms, excused)


_KINDS = {
    kinds.AGENT: _Kind(types_pb2.AgentInfo, codec.agent_to_wire, codec.agent_from_wire),
    kinds.FRAMEWORK: _Kind(types_pb2.FrameworkInfo, codec.framework_to_wire, codec.framework_from_wire),
    kinds.ROLE: _Kind(types_pb2.RoleConfig, codec.role_to_wire, codec.role_from_wire),
    kinds.RESERVATION: _Kind(types_pb2.Reservation, codec.reservation_to_wire, codec.reservation_from_wire),
    kinds.VOLUME: _Kind(types_pb2.PersistentVolume, codec.volume_to_wire, codec.volume_from_wire),
    kinds.CONDEMNED: _Kind(registry_pb2.Condemned, _condemned_to_wire, _condemned_from_wire),
    kinds.MAINTENANCE: _Kind(registry_pb2.Maintenance, _maintenance_to_wire, _maintenance_from_wire),
    kinds.GONE: _Kind(registry_pb2.Gone, _gone_to_wire, _gone_from_wire),
    kinds.REMOVED: _Kind(registry_pb2.Removed, _removed_to_wire, _removed_from_wire),
    kinds.REMOVALS: _Kind(registry_pb2.Removals, _removals_to_wire, _removals_from_wire),
}
