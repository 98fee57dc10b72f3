"""Reservations, persistent volumes and operators' operations on the wire."""

from collections.abc import Callable

from barter.core.ids import AgentId
from barter.master.events import Operate
from barter.master.reservation_views import ReservationSummary, VolumeSummary
from barter.proto import codec
from barter.proto.checks import check_name
from barter.proto.v1 import operator_pb2 as pb


def operate_of(request: pb.OperateRequest, agent_id: AgentId) -> Callable[[int], Operate]:
    """The event, once its call has a number; raises ValueError naming the field that is wrong."""
    principal = check_name("principal", request.principal)
    operation = codec.operation_from_wire(request.operation)
    return lambda call: Operate(call, agent_id, principal, operation)


def reservation_to_wire(value: ReservationSummary) -> pb.ReservationView:
    return pb.ReservationView(
        reservation=codec.reservation_to_wire(value.reservation),
        hostname=value.hostname,
        used=codec.resources_to_wire(value.used),
        offered=codec.resources_to_wire(value.offered),
        free=codec.resources_to_wire(value.free),
    )


def volume_to_wire(value: VolumeSummary) -> pb.VolumeView:
    volume = codec.volume_to_wire(value.volume)
    return pb.VolumeView(volume=volume, hostname=value.hostname, state=value.state, task_id=value.task_id)
