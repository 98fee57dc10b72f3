"""Offers, inverse offers, and what is wanted of them."""

from barter.core.cluster import Demand, Filters, InverseOffer, Offer, Strategy
from barter.core.constraints import Constraint, Operator
from barter.core.ids import AgentId, DemandId, FrameworkId, InverseOfferId, OfferId, TaskId, VolumeId
from barter.core.roles import DEFAULT_ROLE, check_role
from barter.proto.checks import check_name, check_size, member
from barter.proto.codec.resources import (
    reserved_from_wire,
    reserved_to_wire,
    resources_from_wire,
    resources_to_wire,
)
from barter.proto.v1 import types_pb2 as pb


def offer_to_wire(value: Offer) -> pb.Offer:
    return pb.Offer(
        offer_id=value.offer_id,
        agent_id=value.agent_id,
        framework_id=value.framework_id,
        role=value.role,
        resources=resources_to_wire(value.resources),
        hostname=value.hostname,
        host=value.host,
        attributes=value.attributes,
        public=value.public,
        runtimes=value.runtimes,
        demand_id=value.demand_id,
        reserved=reserved_to_wire(value.reserved),
        revocable=resources_to_wire(value.revocable) if value.revocable else None,
        volumes=value.volumes,
        unavailable_from_ms=value.unavailable_from_ms,
    )


def offer_from_wire(wire: pb.Offer) -> Offer:
    return Offer(
        offer_id=OfferId(wire.offer_id),
        agent_id=AgentId(wire.agent_id),
        framework_id=FrameworkId(wire.framework_id),
        role=wire.role,
        resources=resources_from_wire(wire.resources),
        hostname=wire.hostname,
        host=wire.host,
        attributes=dict(wire.attributes),
        public=wire.public,
        runtimes=tuple(wire.runtimes),
        demand_id=DemandId(wire.demand_id),
        reserved=reserved_from_wire(wire.reserved),
        revocable=resources_from_wire(wire.revocable),
        volumes=tuple(VolumeId(volume_id) for volume_id in wire.volumes),
        unavailable_from_ms=wire.unavailable_from_ms,
    )


def filters_from_wire(wire: pb.Filters) -> Filters:
    if wire.refuse_ms < 0:
        raise ValueError(f"filters.refuse_ms: {wire.refuse_ms} is negative")
    return Filters(wire.refuse_ms)


def inverse_to_wire(value: InverseOffer) -> pb.InverseOffer:
    return pb.InverseOffer(
        inverse_offer_id=value.inverse_offer_id,
        agent_id=value.agent_id,
        framework_id=value.framework_id,
        hostname=value.hostname,
        task_ids=value.tasks,
        start_ms=value.start_ms,
        deadline_ms=value.deadline_ms,
        reason=value.reason,
    )


def inverse_from_wire(wire: pb.InverseOffer) -> InverseOffer:
    return InverseOffer(
        InverseOfferId(wire.inverse_offer_id),
        AgentId(wire.agent_id),
        FrameworkId(wire.framework_id),
        wire.hostname,
        tuple(TaskId(task_id) for task_id in wire.task_ids),
        wire.start_ms,
        wire.deadline_ms,
        wire.reason,
    )


def demand_to_wire(value: Demand) -> pb.Demand:
    return pb.Demand(
        demand_id=value.demand_id,
        resources=resources_to_wire(value.resources),
        count=value.count,
        port_count=value.port_count,
        role=value.role,
        constraints=[pb.Constraint(field=c.field, operator=c.operator, value=c.value) for c in value.constraints],
        runtime=value.runtime,
        on_public=value.on_public,
        strategy=value.strategy,
        revocable=value.revocable,
        volume=value.volume,
        reserving=value.reserving,
    )


def demand_from_wire(wire: pb.Demand) -> Demand:
    if not wire.demand_id:
        raise ValueError("demand.demand_id: a demand needs an id")
    check_name("demand.demand_id", wire.demand_id)
    check_size(f"demand {wire.demand_id}", wire.ByteSize())
    if wire.count < 0 or wire.port_count < 0:
        raise ValueError(f"demand {wire.demand_id}: count {wire.count} and port_count {wire.port_count} must be >= 0")
    return Demand(
        demand_id=DemandId(wire.demand_id),
        resources=resources_from_wire(wire.resources),
        count=wire.count,
        port_count=wire.port_count,
        role=_role(wire),
        constraints=tuple(_constraint_from_wire(wire.demand_id, each) for each in wire.constraints),
        runtime=wire.runtime or "process",
        on_public=wire.on_public,
        strategy=member(f"demand {wire.demand_id}: strategy", Strategy, wire.strategy or Strategy.SPREAD),
        revocable=wire.revocable,
        volume=VolumeId(check_name(f"demand {wire.demand_id}: volume", wire.volume)),
        reserving=wire.reserving,
    )


def _constraint_from_wire(demand_id: str, wire: pb.Constraint) -> Constraint:
    field = f"demand {demand_id}: constraint on {wire.field!r}"
    operator = member(field, Operator, wire.operator)
    try:
        return Constraint(wire.field, operator, wire.value)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None


def _role(wire: pb.Demand) -> str:
    try:
        return check_role(wire.role or DEFAULT_ROLE)
    except ValueError as error:
        raise ValueError(f"demand {wire.demand_id}: {error}") from None
