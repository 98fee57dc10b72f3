"""The scheduler contract's messages, from and to the session's own."""

from barter.core.cluster import Filters
from barter.core.ids import AgentId, ExecutorId, FrameworkId, InverseOfferId, OfferId
from barter.core.messages import check_message
from barter.proto import codec
from barter.proto.v1 import scheduler_pb2 as pb
from barter.proto.v1 import types_pb2
from barter.sdk import calls
from barter.sdk import messages as msg
from barter.sdk.shell.wishes import Wishes


def call_to_wire(call: calls.Call, framework_id: FrameworkId, wishes: Wishes) -> pb.SchedulerCall:
    """`wishes` are those of the session. Raises ValueError or TypeError where a value does not fit the wire."""
    match call:
        case calls.Subscribe():
            framework = codec.framework_to_wire(call.framework)
            return pb.SchedulerCall(subscribe={"framework": framework, "demands_only": call.demands_only})
        case calls.Launch():
            accept = pb.SchedulerCall.Accept(
                offer_ids=call.offer_ids,
                launch=[codec.task_to_wire(task) for task in call.tasks],
                filters=_filters(call.filters),
                operations=[codec.operation_to_wire(operation) for operation in call.operations],
            )
            return pb.SchedulerCall(accept=accept)
        case calls.Decline():
            return pb.SchedulerCall(decline={"offer_ids": call.offer_ids, "filters": _filters(call.filters)})
        case calls.Kill():
            grace = -1 if call.grace_ms is None else call.grace_ms
            return pb.SchedulerCall(kill={"task_id": call.task_id, "grace_ms": grace})
        case calls.Acknowledge():
            acks = codec.acks_to_wire((framework_id, task_id, uuid) for task_id, uuid in call.acks)
            return pb.SchedulerCall(acknowledge={"acks": acks})
        case calls.Message():
            said = pb.SchedulerCall.Message(
                agent_id=call.agent_id, executor_id=call.executor_id, data=check_message(call.data)
            )
            return pb.SchedulerCall(message=said)
        case calls.Reconcile():
            return pb.SchedulerCall(reconcile={"task_ids": call.task_ids})
        case calls.SetDemands() | calls.SetServices():
            return wishes.to_wire(call)
        case calls.Revive():
            return pb.SchedulerCall(revive={"roles": call.roles})
        case calls.Suppress():
            return pb.SchedulerCall(suppress={"roles": call.roles})
        case calls.Release():
            return pb.SchedulerCall(release={"task_ids": call.task_ids})
        case calls.ReconcileReservations():
            endings = [{"agent_id": agent_id, "reservation_id": name} for agent_id, name in call.endings]
            return pb.SchedulerCall(reservations={"endings": endings})
        case calls.Keep():
            return pb.SchedulerCall(keep={"task_ids": call.task_ids})
        case calls.Teardown():
            return pb.SchedulerCall(teardown={})


def event_from_wire(wire: pb.SchedulerEvent) -> msg.MasterEvent:
    """Raises ValueError naming what is wrong; an event of a kind not known yet counts as a heartbeat."""
    match wire.WhichOneof("event"):
        case "subscribed":
            told = wire.subscribed
            return msg.Subscribed(FrameworkId(told.framework_id), told.epoch, told.heartbeat_ms)
        case "offers":
            return msg.Offers(tuple(codec.offer_from_wire(offer) for offer in wire.offers.offers))
        case "rescind":
            return msg.Rescind(tuple(OfferId(offer_id) for offer_id in wire.rescind.offer_ids), wire.rescind.reason)
        case "inverse_offers":
            return msg.InverseOffers(tuple(codec.inverse_from_wire(one) for one in wire.inverse_offers.inverse_offers))
        case "rescind_inverse":
            named = tuple(InverseOfferId(each) for each in wire.rescind_inverse.inverse_offer_ids)
            return msg.RescindInverse(named, wire.rescind_inverse.reason)
        case "update":
            return msg.Update(tuple(codec.status_from_wire(status) for status in wire.update.statuses))
        case "services_served":
            served = map(codec.served_from_wire, wire.services_served.services)
            return msg.ServicesServed(tuple(each.update() for each in served))
        case "failure":
            lost = wire.failure
            code = lost.exit_code if lost.HasField("exit_code") else None
            return msg.Failure(AgentId(lost.agent_id), lost.reason, ExecutorId(lost.executor_id), code)
        case "message":
            said = wire.message
            return msg.Message(AgentId(said.agent_id), ExecutorId(said.executor_id), said.data)
        case "reservations":
            return codec.held_from_wire(wire.reservations)
        case "error":
            return msg.Refusal(wire.error.message, wire.error.fatal)
        case _:
            return msg.Heartbeat()


def _filters(filters: Filters) -> types_pb2.Filters:
    return types_pb2.Filters(refuse_ms=filters.refuse_ms)
