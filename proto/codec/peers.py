"""Agents and frameworks as they describe themselves."""

from barter.core.cluster import AgentInfo, FrameworkInfo, ReturningTasks
from barter.core.ids import AgentId, FrameworkId, check_id
from barter.core.roles import check_role
from barter.proto.checks import LONGEST_URL, check_name, check_size
from barter.proto.codec.resources import resources_from_wire, resources_to_wire
from barter.proto.v1 import types_pb2 as pb

MOST_ROLES = 100
USUAL_RETURN = ReturningTasks.KEEP_UNLESS_GONE


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
        reserved={role: resources_to_wire(part) for role, part in value.reserved.items()},
        max_containers=value.max_containers,
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
        reserved={check_role(role): resources_from_wire(part) for role, part in wire.reserved.items()},
        max_containers=max(wire.max_containers, 0),
    )


def _returning_tasks(wire: str) -> ReturningTasks:
    try:
        return ReturningTasks(wire) if wire else USUAL_RETURN
    except ValueError:
        known = ", ".join(ReturningTasks)
        raise ValueError(f"framework.returning_tasks: {wire[:80]!r} is none of {known}") from None


def framework_to_wire(value: FrameworkInfo) -> pb.FrameworkInfo:
    return pb.FrameworkInfo(
        name=value.name,
        framework_id=value.framework_id,
        user=value.user,
        roles=value.roles,
        failover_timeout_ms=value.failover_timeout_ms,
        web_url=value.web_url,
        hostname=value.hostname,
        principal=value.principal,
        revocable=value.revocable,
        returning_tasks="" if value.returning_tasks is USUAL_RETURN else value.returning_tasks,
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
        roles=tuple(dict.fromkeys(check_role(role) for role in wire.roles)) or ("*",),
        failover_timeout_ms=wire.failover_timeout_ms,
        web_url=check_name("framework.web_url", wire.web_url, LONGEST_URL),
        hostname=check_name("framework.hostname", wire.hostname),
        principal=check_name("framework.principal", wire.principal),
        revocable=wire.revocable,
        returning_tasks=_returning_tasks(wire.returning_tasks),
    )
