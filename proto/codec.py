"""Between the wire and the core types: the only place that knows both.

`*_to_wire` never fails on a core value; `*_from_wire` raises ValueError naming the field that is wrong.
"""

from collections.abc import Iterable

from barter.core.cluster import (
    AgentInfo,
    Demand,
    Endpoint,
    Filters,
    FrameworkInfo,
    Offer,
    Service,
    ServicePort,
)
from barter.core.constraints import Constraint, Operator
from barter.core.ids import AgentId, DemandId, FrameworkId, OfferId, TaskId, check_id
from barter.core.ranges import normalize
from barter.core.resources import Resources
from barter.core.task_state import TaskState
from barter.core.tasks import (
    CheckKind,
    Command,
    Container,
    HealthCheck,
    Network,
    PortMapping,
    Reason,
    Source,
    TaskInfo,
    TaskPort,
    TaskStatus,
    Volume,
)
from barter.proto.checks import LONGEST_URL, check_amount, check_name, check_port, check_size, member
from barter.proto.v1 import types_pb2 as pb

MOST_ROLES = 100


def resources_to_wire(value: Resources) -> pb.Resources:
    wire = pb.Resources(scalars=value.scalars)
    for name, pairs in value.ranges.items():
        wire.ranges[name].ranges.extend(pb.Range(low=low, high=high) for low, high in pairs)
    for name, ids in value.sets.items():
        wire.sets[name].names.extend(sorted(ids))
    return wire


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


def agent_to_wire(value: AgentInfo) -> pb.AgentInfo:
    return pb.AgentInfo(
        agent_id=value.agent_id,
        hostname=value.hostname,
        host=value.host,
        resources=resources_to_wire(value.resources),
        attributes=value.attributes,
        public=value.public,
        runtimes=value.runtimes,
        node_address=value.node_address,
        notes=value.notes,
    )


def agent_from_wire(wire: pb.AgentInfo) -> AgentInfo:
    check_id("agent id", wire.agent_id)
    check_size("agent", wire.ByteSize())
    for name, value in wire.attributes.items():
        check_name("agent.attributes", name)
        check_name(f"agent.attributes.{name}", value)
    return AgentInfo(
        agent_id=AgentId(wire.agent_id),
        hostname=check_name("agent.hostname", wire.hostname),
        host=check_name("agent.host", wire.host),
        resources=resources_from_wire(wire.resources),
        attributes=dict(wire.attributes),
        public=wire.public,
        runtimes=tuple(wire.runtimes),
        node_address=check_name("agent.node_address", wire.node_address),
        notes=tuple(wire.notes),
    )


def framework_to_wire(value: FrameworkInfo) -> pb.FrameworkInfo:
    return pb.FrameworkInfo(
        name=value.name,
        framework_id=value.framework_id,
        user=value.user,
        roles=value.roles,
        failover_timeout_ms=value.failover_timeout_ms,
        web_url=value.web_url,
        hostname=value.hostname,
    )


def framework_from_wire(wire: pb.FrameworkInfo) -> FrameworkInfo:
    if not wire.name:
        raise ValueError("framework.name: a framework needs a name")
    if wire.framework_id:
        check_id("framework id", wire.framework_id)
    if len(wire.roles) > MOST_ROLES:
        raise ValueError(f"framework.roles: {len(wire.roles)} are too many, at most {MOST_ROLES}")
    if wire.failover_timeout_ms < 0:
        raise ValueError(f"framework.failover_timeout_ms: {wire.failover_timeout_ms} is negative")
    return FrameworkInfo(
        name=check_name("framework.name", wire.name),
        framework_id=FrameworkId(wire.framework_id),
        user=check_name("framework.user", wire.user),
        roles=tuple(check_name("framework.roles", role) for role in wire.roles) or ("*",),
        failover_timeout_ms=wire.failover_timeout_ms,
        web_url=check_name("framework.web_url", wire.web_url, LONGEST_URL),
        hostname=check_name("framework.hostname", wire.hostname),
    )


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
    )


def filters_from_wire(wire: pb.Filters) -> Filters:
    if wire.refuse_ms < 0:
        raise ValueError(f"filters.refuse_ms: {wire.refuse_ms} is negative")
    return Filters(wire.refuse_ms)


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
        role=check_name(f"demand {wire.demand_id}: role", wire.role) or "*",
        constraints=tuple(_constraint_from_wire(wire.demand_id, each) for each in wire.constraints),
        runtime=wire.runtime or "process",
        on_public=wire.on_public,
    )


def _constraint_from_wire(demand_id: str, wire: pb.Constraint) -> Constraint:
    field = f"demand {demand_id}: constraint on {wire.field!r}"
    operator = member(field, Operator, wire.operator)
    try:
        return Constraint(wire.field, operator, wire.value)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from None


def task_to_wire(value: TaskInfo) -> pb.TaskInfo:
    return pb.TaskInfo(
        task_id=value.task_id,
        name=value.name,
        resources=resources_to_wire(value.resources),
        command=pb.Command(shell=value.command.shell, argv=value.command.argv, env=value.command.env),
        container=None if value.container is None else _container_to_wire(value.container),
        health_check=None if value.health_check is None else _check_to_wire(value.health_check),
        kill_grace_ms=value.kill_grace_ms,
        ports=[
            pb.TaskPort(name=p.name, number=p.number, protocol=p.protocol, service_id=p.service_id) for p in value.ports
        ],
        labels=value.labels,
        demand_id=value.demand_id,
    )


def task_from_wire(wire: pb.TaskInfo) -> TaskInfo:
    check_id("task id", wire.task_id)
    check_size(f"task {wire.task_id}", wire.ByteSize())
    if wire.kill_grace_ms < 0:
        raise ValueError(f"task {wire.task_id}: kill_grace_ms {wire.kill_grace_ms} is negative")
    for port in wire.ports:
        check_port(f"task {wire.task_id}: ports.{port.name}", port.number, port.protocol)
    return TaskInfo(
        task_id=TaskId(wire.task_id),
        name=check_name(f"task {wire.task_id}: name", wire.name),
        resources=resources_from_wire(wire.resources),
        command=Command(wire.command.shell, tuple(wire.command.argv), dict(wire.command.env)),
        container=_container_from_wire(wire.container) if wire.HasField("container") else None,
        health_check=_check_from_wire(wire.health_check) if wire.HasField("health_check") else None,
        kill_grace_ms=wire.kill_grace_ms,
        ports=tuple(TaskPort(p.name, p.number, p.protocol, p.service_id) for p in wire.ports),
        labels=dict(wire.labels),
        demand_id=DemandId(wire.demand_id),
    )


def _container_to_wire(value: Container) -> pb.Container:
    return pb.Container(
        image=value.image,
        network=value.network,
        port_mappings=[
            pb.PortMapping(container_port=m.container_port, host_port=m.host_port, protocol=m.protocol)
            for m in value.port_mappings
        ],
        volumes=[
            pb.Volume(container_path=v.container_path, host_path=v.host_path, read_only=v.read_only)
            for v in value.volumes
        ],
        force_pull=value.force_pull,
    )


def _container_from_wire(wire: pb.Container) -> Container:
    if not wire.image:
        raise ValueError("container.image: a container needs an image")
    for mapping in wire.port_mappings:
        check_port("container.port_mappings.container_port", mapping.container_port, mapping.protocol)
        check_port("container.port_mappings.host_port", mapping.host_port, mapping.protocol)
    return Container(
        image=wire.image,
        network=member("container.network", Network, wire.network),
        port_mappings=tuple(PortMapping(m.container_port, m.host_port, m.protocol) for m in wire.port_mappings),
        volumes=tuple(Volume(v.container_path, v.host_path, v.read_only) for v in wire.volumes),
        force_pull=wire.force_pull,
    )


def _check_to_wire(value: HealthCheck) -> pb.HealthCheck:
    return pb.HealthCheck(
        kind=value.kind,
        port=value.port,
        path=value.path,
        command=value.command,
        grace_ms=value.grace_ms,
        interval_ms=value.interval_ms,
        timeout_ms=value.timeout_ms,
        max_failures=value.max_failures,
    )


def _check_from_wire(wire: pb.HealthCheck) -> HealthCheck:
    if wire.interval_ms <= 0 or wire.timeout_ms <= 0 or wire.grace_ms < 0 or wire.max_failures < 0:
        raise ValueError("health_check: interval_ms and timeout_ms must be > 0, grace_ms and max_failures >= 0")
    kind = member("health_check.kind", CheckKind, wire.kind)
    if kind is CheckKind.COMMAND and not wire.command:
        raise ValueError("health_check.command: a COMMAND check needs one")
    if kind is not CheckKind.COMMAND:
        check_port("health_check.port", wire.port, "tcp")
    return HealthCheck(
        kind=kind,
        port=wire.port,
        path=wire.path,
        command=wire.command,
        grace_ms=wire.grace_ms,
        interval_ms=wire.interval_ms,
        timeout_ms=wire.timeout_ms,
        max_failures=wire.max_failures,
    )


def status_to_wire(value: TaskStatus) -> pb.TaskStatus:
    return pb.TaskStatus(
        task_id=value.task_id,
        state=value.state,
        source=value.source,
        timestamp_ms=value.timestamp_ms,
        uuid=value.uuid,
        agent_id=value.agent_id,
        reason=value.reason,
        message=value.message,
        healthy=value.healthy,
        exit_code=value.exit_code,
    )


def status_from_wire(wire: pb.TaskStatus) -> TaskStatus:
    return TaskStatus(
        task_id=TaskId(wire.task_id),
        state=member("status.state", TaskState, wire.state),
        source=member("status.source", Source, wire.source),
        timestamp_ms=wire.timestamp_ms,
        uuid=wire.uuid,
        agent_id=AgentId(wire.agent_id),
        reason=member("status.reason", Reason, wire.reason),
        message=wire.message,
        healthy=wire.healthy if wire.HasField("healthy") else None,
        exit_code=wire.exit_code if wire.HasField("exit_code") else None,
    )


def service_to_wire(value: Service) -> pb.Service:
    return pb.Service(
        service_id=value.service_id,
        ports=[pb.ServicePort(name=p.name, number=p.number, protocol=p.protocol, vhosts=p.vhosts) for p in value.ports],
    )


def service_from_wire(wire: pb.Service) -> Service:
    if not wire.service_id:
        raise ValueError("service.service_id: a service needs an id")
    check_name("service.service_id", wire.service_id)
    check_size(f"service {wire.service_id}", wire.ByteSize())
    for port in wire.ports:
        if not 0 <= port.number <= 65535:
            raise ValueError(f"service {wire.service_id}: port {port.name} number {port.number} is outside 0-65535")
    ports = tuple(ServicePort(p.name, p.number, p.protocol, tuple(p.vhosts)) for p in wire.ports)
    return Service(wire.service_id, ports)


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
    )


Acks = Iterable[tuple[FrameworkId, TaskId, str]]


def acks_to_wire(acks: Acks) -> list[pb.Ack]:
    return [pb.Ack(framework_id=framework, task_id=task, uuid=uuid) for framework, task, uuid in acks]


def acks_from_wire(wire: Iterable[pb.Ack]) -> tuple[tuple[FrameworkId, TaskId, str], ...]:
    return tuple((FrameworkId(ack.framework_id), TaskId(ack.task_id), ack.uuid) for ack in wire)
