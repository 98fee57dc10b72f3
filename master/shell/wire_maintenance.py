"""Operators' calls about agents under maintenance, and what they are shown of them."""

from collections.abc import Callable

from barter.core.ids import AgentId
from barter.master import events as ev
from barter.master.history import LONGEST_REASON
from barter.master.maintenance_view import MaintenanceSummary
from barter.proto.checks import check_name
from barter.proto.v1 import operator_pb2 as pb


def change_of(request: pb.MaintainRequest, agent_id: AgentId) -> Callable[[int], ev.Event]:
    """From the number of the call to its event. Raises ValueError where it asks for nothing this master knows, or its
    reason, which is kept durably and told to frameworks, is long or cannot be printed."""
    reason = check_name("reason", request.reason, LONGEST_REASON)
    match request.WhichOneof("change"):
        case "drain":
            drain = request.drain
            return lambda call: ev.Drain(call, agent_id, drain.start_ms, drain.grace_ms, reason)
        case "deactivate":
            return lambda call: ev.Deactivate(call, agent_id, reason)
        case "activate":
            return lambda call: ev.Activate(call, agent_id, reason)
        case "mark_gone":
            return lambda call: ev.MarkGone(call, agent_id, reason)
        case _:
            raise ValueError("change: this master knows no such change; is the caller newer than the master?")


def maintenance_to_wire(value: MaintenanceSummary) -> pb.MaintenanceView:
    maintenance = value.maintenance
    return pb.MaintenanceView(
        agent_id=maintenance.agent_id,
        hostname=value.hostname,
        state=value.state,
        start_ms=maintenance.start_ms,
        deadline_ms=maintenance.deadline_ms,
        reason=maintenance.reason,
        tasks=value.tasks,
        released=value.released,
    )
