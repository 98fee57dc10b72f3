"""Operators' calls about removals, and what they are shown of them."""

from collections.abc import Callable

from barter.master import events as ev
from barter.master.cluster import Timing
from barter.master.history import LONGEST_REASON
from barter.master.removals_view import RemovalsSummary
from barter.proto.checks import check_name
from barter.proto.v1 import operator_pb2 as pb


def change_of(request: pb.SetRemovalsRequest) -> Callable[[int], ev.Event]:
    """From the number of the call to its event. Raises ValueError where it asks for nothing this master knows, or its
    reason, which is kept durably, is long or cannot be printed."""
    reason = check_name("reason", request.reason, LONGEST_REASON)
    match request.WhichOneof("change"):
        case "hold":
            return lambda call: ev.HoldRemovals(call, reason)
        case "resume":
            return lambda call: ev.ResumeRemovals(call, reason)
        case _:
            raise ValueError("change: this master knows no such change; is the caller newer than the master?")


def removals_to_wire(value: RemovalsSummary, timing: Timing) -> pb.GetRemovalsResponse:
    return pb.GetRemovalsResponse(
        mode=value.removals.mode,
        since_ms=value.removals.since_ms,
        reason=value.removals.reason,
        out_of_reach=[
            pb.OutOfReach(
                agent_id=each.agent_id,
                hostname=each.hostname,
                since_ms=each.since_ms,
                removal_ms=each.removal_ms,
                tasks=each.tasks,
                kept=each.kept,
                counted=each.counted,
            )
            for each in value.out
        ],
        removed=[
            pb.RemovedView(
                agent_id=each.agent_id,
                hostname=each.hostname,
                removed_ms=each.removed_ms,
                reason=each.reason,
                tasks=len(each.tasks),
            )
            for each in value.removed
        ],
        share_milli=timing.loss_share_milli,
        least=timing.loss_least,
        window_ms=timing.loss_window_ms,
        removal_ms=timing.removal_ms,
        every_ms=timing.removal_every_ms,
        agents=value.agents,
    )
