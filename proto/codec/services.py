"""Services and their endpoints."""

from collections.abc import Iterable

from barter.core.cluster import FULL_WEIGHT, HIGHEST_WEIGHT, Endpoint, Service, ServicePort, ServiceServed
from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.proto.checks import check_name, check_size
from barter.proto.v1 import types_pb2 as pb


def service_to_wire(value: Service) -> pb.Service:
    return pb.Service(
        service_id=value.service_id,
        ports=[_port_to_wire(port) for port in value.ports],
        weights=[pb.TaskWeight(task_id=task_id, weight=weight) for task_id, weight in value.weights],
    )


def _port_to_wire(value: ServicePort) -> pb.ServicePort:
    return pb.ServicePort(
        name=value.name, number=value.number, protocol=value.protocol, vhosts=value.vhosts, aliases=value.aliases
    )


def service_from_wire(wire: pb.Service) -> Service:
    if not wire.service_id:
        raise ValueError("service.service_id: a service needs an id")
    check_name("service.service_id", wire.service_id)
    check_size(f"service {wire.service_id}", wire.ByteSize())
    for port in wire.ports:
        if not 0 <= port.number <= 65535:
            raise ValueError(f"service {wire.service_id}: port {port.name} number {port.number} is outside 0-65535")
    for told in wire.weights:
        if not 0 <= told.weight <= HIGHEST_WEIGHT:
            raise ValueError(
                f"service {wire.service_id}: weight {told.weight} of {told.task_id} is outside 0-{HIGHEST_WEIGHT}"
            )
    ports = tuple(ServicePort(p.name, p.number, p.protocol, tuple(p.vhosts), tuple(p.aliases)) for p in wire.ports)
    return Service(wire.service_id, ports, tuple((TaskId(told.task_id), told.weight) for told in wire.weights))


def served_to_wire(value: ServiceServed) -> pb.ServiceServed:
    return pb.ServiceServed(
        service_id=value.service_id, serving=value.serving, drained=value.drained, edges=value.edges
    )


def served_from_wire(wire: pb.ServiceServed) -> ServiceServed:
    check_name("served.service_id", wire.service_id)
    return ServiceServed(wire.service_id, _task_ids(wire.serving), _task_ids(wire.drained), wire.edges)


def _task_ids(names: Iterable[str]) -> tuple[TaskId, ...]:
    return tuple(TaskId(name) for name in names)


def endpoint_to_wire(value: Endpoint) -> pb.Endpoint:
    return pb.Endpoint(
        service_id=value.service_id,
        port_name=value.port_name,
        task_id=value.task_id,
        framework_id=value.framework_id,
        agent_id=value.agent_id,
        host=value.host,
        port=value.port,
        protocol=value.protocol,
        draining=value.draining,
        weight=None if value.weight == FULL_WEIGHT else value.weight,
    )


def endpoint_from_wire(wire: pb.Endpoint) -> Endpoint:
    return Endpoint(
        service_id=wire.service_id,
        port_name=wire.port_name,
        task_id=wire.task_id,
        framework_id=FrameworkId(wire.framework_id),
        agent_id=AgentId(wire.agent_id),
        host=wire.host,
        port=wire.port,
        protocol=wire.protocol,
        draining=wire.draining,
        weight=wire.weight if wire.HasField("weight") else FULL_WEIGHT,
    )
