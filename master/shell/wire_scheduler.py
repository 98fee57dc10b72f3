"""The scheduler contract's messages, from and to the master's own."""

from base64 import b64decode, b64encode
from collections.abc import Iterable

from barter.core.cluster import Filters
from barter.core.groups import whole_groups
from barter.core.ids import AgentId, ExecutorId, OfferId, ReservationId, TaskId
from barter.core.messages import check_message
from barter.core.reservations import ReservationsHeld
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.shell.wishes import Wishes
from barter.proto import codec
from barter.proto.v1 import scheduler_pb2 as pb
from barter.proto.v1 import types_pb2

HEARTBEAT = pb.SchedulerEvent(heartbeat=pb.SchedulerEvent.Heartbeat())


def call_from_wire(session: int, wire: pb.SchedulerCall, wishes: Wishes) -> ev.Subscribe | ev.FrameworkEvent:
    """`wishes` are those of the session. Raises ValueError naming the field that is wrong; a task that is wrong is in
    `malformed` of its accept."""
    match wire.WhichOneof("call"):
        case "subscribe":
            return ev.Subscribe(
                session, codec.framework_from_wire(wire.subscribe.framework), wire.subscribe.demands_only
            )
        case "accept":
            return _accept(session, wire.accept)
        case "decline":
            return ev.Decline(session, _offer_ids(wire.decline.offer_ids), _filters(wire.decline))
        case "revive":
            return ev.Revive(session, tuple(wire.revive.roles))
        case "suppress":
            return ev.Suppress(session, tuple(wire.suppress.roles))
        case "demands":
            return wishes.demands(session, wire.demands)
        case "services":
            return wishes.services(session, wire.services)
        case "kill":
            return ev.KillTask(session, TaskId(wire.kill.task_id), wire.kill.grace_ms)
        case "acknowledge":
            return ev.AcknowledgeUpdates(session, codec.acks_from_wire(wire.acknowledge.acks))
        case "reconcile":
            return ev.Reconcile(session, tuple(TaskId(task_id) for task_id in wire.reconcile.task_ids))
        case "release":
            return ev.Release(session, tuple(TaskId(task_id) for task_id in wire.release.task_ids))
        case "reservations":
            endings = ((AgentId(one.agent_id), ReservationId(one.reservation_id)) for one in wire.reservations.endings)
            return ev.ReconcileReservations(session, tuple(endings))
        case "keep":
            return ev.Keep(session, tuple(TaskId(task_id) for task_id in wire.keep.task_ids))
        case "message":
            told, data = wire.message, b64encode(check_message(wire.message.data)).decode()
            return ev.FrameworkMessage(session, AgentId(told.agent_id), ExecutorId(told.executor_id), data)
        case "teardown":
            return ev.Teardown(session)
        case _:
            raise ValueError("call: this master knows no such call; is the framework's SDK newer than the master?")


def event_to_wire(message: msg.ToAgent | msg.ToFramework, epoch: int, heartbeat_ms: int) -> pb.SchedulerEvent:
    """Raises TypeError on a message for agents."""
    match message:
        case msg.Subscribed():
            subscribed = pb.SchedulerEvent.Subscribed(
                framework_id=message.framework_id, epoch=epoch, heartbeat_ms=heartbeat_ms, takes_updates=True
            )
            return pb.SchedulerEvent(subscribed=subscribed)
        case msg.Offers():
            offers = [codec.offer_to_wire(offer) for offer in message.offers]
            return pb.SchedulerEvent(offers=pb.SchedulerEvent.Offers(offers=offers))
        case msg.Rescind():
            rescind = pb.SchedulerEvent.Rescind(offer_ids=message.offer_ids, reason=message.reason)
            return pb.SchedulerEvent(rescind=rescind)
        case msg.InverseOffers():
            inverse = [codec.inverse_to_wire(each) for each in message.inverse_offers]
            return pb.SchedulerEvent(inverse_offers=pb.SchedulerEvent.InverseOffers(inverse_offers=inverse))
        case msg.RescindInverse():
            rescinded = pb.SchedulerEvent.RescindInverse(
                inverse_offer_ids=message.inverse_offer_ids, reason=message.reason
            )
            return pb.SchedulerEvent(rescind_inverse=rescinded)
        case msg.Update():
            statuses = [codec.status_to_wire(status) for status in message.statuses]
            return pb.SchedulerEvent(update=pb.SchedulerEvent.Update(statuses=statuses))
        case msg.ServicesServed():
            served = [codec.served_to_wire(each) for each in message.services]
            return pb.SchedulerEvent(services_served=pb.SchedulerEvent.ServicesServed(services=served))
        case msg.Failure():
            failure = pb.SchedulerEvent.Failure(
                agent_id=message.agent_id,
                reason=message.reason,
                executor_id=message.executor_id,
                exit_code=message.exit_code,
            )
            return pb.SchedulerEvent(failure=failure)
        case msg.FromExecutor():
            said = pb.SchedulerEvent.Message(
                agent_id=message.agent_id, executor_id=message.executor_id, data=b64decode(message.data)
            )
            return pb.SchedulerEvent(message=said)
        case ReservationsHeld():
            return pb.SchedulerEvent(reservations=codec.held_to_wire(message))
        case msg.Error():
            return pb.SchedulerEvent(error=pb.SchedulerEvent.Error(message=message.message, fatal=message.fatal))
        case _:
            raise TypeError(f"{type(message).__name__} is not for frameworks")


def _accept(session: int, wire: pb.SchedulerCall.Accept) -> ev.Accept:
    tasks, malformed = [], []
    for task in wire.launch:
        try:
            tasks.append(codec.task_from_wire(task))
        except ValueError as error:
            malformed.append((TaskId(task.task_id), str(error)))
    tasks, malformed = whole_groups(tasks, malformed, {task.task_id: task.group_id for task in wire.launch})
    operations, unreadable = [], []
    for operation in wire.operations:
        try:
            operations.append(codec.operation_from_wire(operation))
        except ValueError as error:
            unreadable.append((_subject(operation), str(error)))
    offer_ids, filters = _offer_ids(wire.offer_ids), _filters(wire)
    return ev.Accept(session, offer_ids, tuple(tasks), filters, tuple(malformed), tuple(operations), tuple(unreadable))


def _subject(wire: types_pb2.Operation) -> str:
    """The id of the reservation or volume that it makes or ends."""
    match wire.WhichOneof("operation"):
        case "reserve" | "unreserve" as kind:
            return str(getattr(wire, kind).reservation_id)
        case "create" | "destroy" as kind:
            return str(getattr(wire, kind).volume_id)
        case _:
            return ""


def _filters(wire: pb.SchedulerCall.Accept | pb.SchedulerCall.Decline) -> Filters:
    told: types_pb2.Filters = wire.filters
    return codec.filters_from_wire(told) if wire.HasField("filters") else Filters()


def _offer_ids(wire: Iterable[str]) -> tuple[OfferId, ...]:
    return tuple(OfferId(offer_id) for offer_id in wire)
