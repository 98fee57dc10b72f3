"""Amounts, and what is reserved of them."""

from collections.abc import Mapping

from barter.core.ids import AgentId, ReservationId, VolumeId, check_id
from barter.core.operations import CreateVolume, DestroyVolume, Operation, Reserve, Unreserve
from barter.core.ranges import normalize
from barter.core.reservations import PersistentVolume, Reservation, ReservationsHeld, VolumeMount
from barter.core.resources import Resources
from barter.core.roles import USUAL_WEIGHT_MILLI, RoleConfig, check_role
from barter.proto.checks import check_amount, check_name, check_size
from barter.proto.codec.sharing import shared
from barter.proto.v1 import scheduler_pb2
from barter.proto.v1 import types_pb2 as pb

MOST_LABELS = 64


def resources_to_wire(value: Resources) -> pb.Resources:
    wire = pb.Resources(scalars=value.scalars)
    for name, pairs in value.ranges.items():
        wire.ranges[name].ranges.extend(pb.Range(low=low, high=high) for low, high in pairs)
    for name, ids in value.sets.items():
        wire.sets[name].names.extend(sorted(ids))
    return wire


@shared
def resources_from_wire(wire: pb.Resources) -> Resources:
    scalars = {name: amount for name, amount in wire.scalars.items() if amount}
    for name, amount in scalars.items():
        check_amount(f"resources.{name}", amount)
    ranges = {
        name: normalize((pair.low, pair.high) for pair in value.ranges)
        for name, value in wire.ranges.items()
        if value.ranges
    }
    for name, pairs in ranges.items():
        if pairs[0][0] < 0 or pairs[-1][1] > 65535:
            raise ValueError(f"resources.{name}: {pairs[0][0]}-{pairs[-1][1]} is outside 0-65535")
    sets = {name: frozenset(value.names) for name, value in wire.sets.items() if value.names}
    return Resources(scalars, ranges, sets)


def reserved_to_wire(value: Mapping[ReservationId, Resources]) -> dict[str, pb.Resources]:
    return {reservation_id: resources_to_wire(part) for reservation_id, part in value.items()}


def reserved_from_wire(wire: Mapping[str, pb.Resources]) -> dict[ReservationId, Resources]:
    return {ReservationId(reservation_id): resources_from_wire(part) for reservation_id, part in wire.items()}


def mount_to_wire(value: VolumeMount) -> pb.VolumeMount:
    return pb.VolumeMount(volume_id=value.volume_id, path=value.path, read_only=value.read_only)


def mount_from_wire(wire: pb.VolumeMount) -> VolumeMount:
    check_name("volumes.volume_id", wire.volume_id)
    if not wire.path:
        raise ValueError(f"volumes.{wire.volume_id}: a mount needs a path")
    return VolumeMount(VolumeId(wire.volume_id), wire.path, wire.read_only)


def reservation_to_wire(value: Reservation) -> pb.Reservation:
    return pb.Reservation(
        reservation_id=value.reservation_id,
        agent_id=value.agent_id,
        role=value.role,
        resources=resources_to_wire(value.resources),
        principal=value.principal,
        labels=value.labels,
        static=value.static,
        exclusive=value.exclusive,
    )


def reservation_from_wire(wire: pb.Reservation) -> Reservation:
    return Reservation(
        ReservationId(wire.reservation_id),
        AgentId(wire.agent_id),
        wire.role,
        resources_from_wire(wire.resources),
        wire.principal,
        dict(wire.labels),
        wire.static,
        wire.exclusive,
    )


def volume_to_wire(value: PersistentVolume) -> pb.PersistentVolume:
    return pb.PersistentVolume(
        volume_id=value.volume_id,
        reservation_id=value.reservation_id,
        agent_id=value.agent_id,
        size=value.size,
        principal=value.principal,
    )


def volume_from_wire(wire: pb.PersistentVolume) -> PersistentVolume:
    return PersistentVolume(
        VolumeId(wire.volume_id), ReservationId(wire.reservation_id), AgentId(wire.agent_id), wire.size, wire.principal
    )


def held_to_wire(value: ReservationsHeld) -> scheduler_pb2.SchedulerEvent.Reservations:
    return scheduler_pb2.SchedulerEvent.Reservations(
        reservations=[reservation_to_wire(each) for each in value.reservations],
        volumes=[volume_to_wire(each) for each in value.volumes],
    )


def held_from_wire(wire: scheduler_pb2.SchedulerEvent.Reservations) -> ReservationsHeld:
    return ReservationsHeld(
        tuple(reservation_from_wire(each) for each in wire.reservations),
        tuple(volume_from_wire(each) for each in wire.volumes),
    )


def operation_to_wire(value: Operation) -> pb.Operation:
    match value:
        case Reserve():
            resources = resources_to_wire(value.resources)
            reserve = pb.Operation.Reserve(
                reservation_id=value.reservation_id,
                role=value.role,
                resources=resources,
                labels=value.labels,
                exclusive=value.exclusive,
            )
            return pb.Operation(reserve=reserve)
        case Unreserve():
            return pb.Operation(unreserve=pb.Operation.Unreserve(reservation_id=value.reservation_id))
        case CreateVolume():
            create = pb.Operation.CreateVolume(
                volume_id=value.volume_id, reservation_id=value.reservation_id, size=value.size
            )
            return pb.Operation(create=create)
        case DestroyVolume():
            return pb.Operation(destroy=pb.Operation.DestroyVolume(volume_id=value.volume_id))


def operation_from_wire(wire: pb.Operation) -> Operation:
    """Raises ValueError also on an operation this version does not know."""
    check_size("operation", wire.ByteSize())
    match wire.WhichOneof("operation"):
        case "reserve":
            return _reserve_from_wire(wire.reserve)
        case "unreserve":
            return Unreserve(_reservation_id(wire.unreserve.reservation_id))
        case "create":
            if wire.create.size <= 0:
                raise ValueError(f"create.size: {wire.create.size} bytes is no size for a volume")
            check_amount("create.size", wire.create.size)
            return CreateVolume(
                _volume_id(wire.create.volume_id), _reservation_id(wire.create.reservation_id), wire.create.size
            )
        case "destroy":
            return DestroyVolume(_volume_id(wire.destroy.volume_id))
        case _:
            raise ValueError("operation: this master knows no such operation; is the framework's SDK newer?")


def _reserve_from_wire(wire: pb.Operation.Reserve) -> Reserve:
    if wire.role:
        check_role(wire.role)
    resources = resources_from_wire(wire.resources)
    if not resources:
        raise ValueError("reserve.resources: nothing is to be reserved")
    return Reserve(_reservation_id(wire.reservation_id), resources, wire.role, _labels(wire.labels), wire.exclusive)


def _labels(wire: Mapping[str, str]) -> dict[str, str]:
    """They are kept with the few durable facts of the master, so there is no room for much."""
    if len(wire) > MOST_LABELS:
        raise ValueError(f"reserve.labels: {len(wire)} are too many, at most {MOST_LABELS}")
    return {check_name("reserve.labels", key): check_name(f"reserve.labels.{key}", text) for key, text in wire.items()}


def _reservation_id(value: str) -> ReservationId:
    return ReservationId(check_id("reservation id", value))


def _volume_id(value: str) -> VolumeId:
    return VolumeId(check_id("volume id", value))


def role_to_wire(value: RoleConfig) -> pb.RoleConfig:
    return pb.RoleConfig(role=value.role, weight_milli=value.weight_milli, guarantee=value.guarantee, limit=value.limit)


def role_from_wire(wire: pb.RoleConfig) -> RoleConfig:
    """Raises ValueError on a malformed role, a weight that is not above 0, or a negative amount."""
    role = check_role(wire.role)
    check_size(f"role {role}", wire.ByteSize())
    if wire.weight_milli < 0:
        raise ValueError(f"role {role}: weight {wire.weight_milli / 1000:g} is not above 0")
    for what, amounts in (("guarantee", wire.guarantee), ("limit", wire.limit)):
        for name, amount in amounts.items():
            check_amount(f"role {role}: {what}.{name}", amount)
    guarantee = {name: amount for name, amount in wire.guarantee.items() if amount}
    return RoleConfig(role, wire.weight_milli or USUAL_WEIGHT_MILLI, guarantee, dict(wire.limit))
