"""What goes onto the wire comes back the same, and what cannot be meant is refused by name, without a crash."""

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from barter.core.cluster import (
    Filters,
)
from barter.core.ids import (
    FrameworkId,
    TaskId,
)
from barter.core.resources import Resources
from barter.proto import codec
from barter.proto.v1 import types_pb2 as pb
from tests.proto.values import (
    AGENTS,
    CONFIGS,
    DEMANDS,
    ENDPOINTS,
    FRAMEWORKS,
    INVERSES,
    OFFERS,
    OPERATIONS,
    RESERVATIONS,
    RESOURCES,
    SERVED,
    SERVICES,
    STATUSES,
    TASKS,
    TEXT,
    VOLUMES,
)

KINDS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], Message], Callable[[Any], Any], type[Message]]] = {
    "resources": (RESOURCES, codec.resources_to_wire, codec.resources_from_wire, pb.Resources),
    "agent": (AGENTS, codec.agent_to_wire, codec.agent_from_wire, pb.AgentInfo),
    "framework": (FRAMEWORKS, codec.framework_to_wire, codec.framework_from_wire, pb.FrameworkInfo),
    "offer": (OFFERS, codec.offer_to_wire, codec.offer_from_wire, pb.Offer),
    "demand": (DEMANDS, codec.demand_to_wire, codec.demand_from_wire, pb.Demand),
    "task": (TASKS, codec.task_to_wire, codec.task_from_wire, pb.TaskInfo),
    "status": (STATUSES, codec.status_to_wire, codec.status_from_wire, pb.TaskStatus),
    "service": (SERVICES, codec.service_to_wire, codec.service_from_wire, pb.Service),
    "served": (SERVED, codec.served_to_wire, codec.served_from_wire, pb.ServiceServed),
    "endpoint": (ENDPOINTS, codec.endpoint_to_wire, codec.endpoint_from_wire, pb.Endpoint),
    "inverse offer": (INVERSES, codec.inverse_to_wire, codec.inverse_from_wire, pb.InverseOffer),
    "reservation": (RESERVATIONS, codec.reservation_to_wire, codec.reservation_from_wire, pb.Reservation),
    "volume": (VOLUMES, codec.volume_to_wire, codec.volume_from_wire, pb.PersistentVolume),
    "operation": (OPERATIONS, codec.operation_to_wire, codec.operation_from_wire, pb.Operation),
    "role": (CONFIGS, codec.role_to_wire, codec.role_from_wire, pb.RoleConfig),
}


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_there_and_back(kind: str, data: st.DataObject) -> None:
    values, to_wire, from_wire, message = KINDS[kind]
    value = data.draw(values)
    sent = to_wire(value).SerializeToString()
    assert from_wire(message.FromString(sent)) == value


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_a_default_message_is_read_or_refused_by_name(kind: str, data: st.DataObject) -> None:
    """And so is any message with some fields of a good one taken away."""
    values, to_wire, from_wire, _ = KINDS[kind]
    wire = to_wire(data.draw(values))
    names = [each.name for each in wire.DESCRIPTOR.fields]
    for name in data.draw(st.lists(st.sampled_from(names))):
        wire.ClearField(name)
    try:
        from_wire(wire)
    except ValueError as refused:
        complaint = str(refused)
        assert len(complaint) > 10, complaint


@given(st.integers(0, 1 << 62))
def test_filters(refuse_ms: int) -> None:
    assert codec.filters_from_wire(pb.Filters(refuse_ms=refuse_ms)) == Filters(refuse_ms)


@given(st.lists(st.tuples(TEXT.map(FrameworkId), TEXT.map(TaskId), TEXT), max_size=4))
def test_acks(acks: list[tuple[FrameworkId, TaskId, str]]) -> None:
    assert codec.acks_from_wire(codec.acks_to_wire(acks)) == tuple(acks)


def test_zero_amounts_are_not_kept_and_ranges_are_made_disjoint() -> None:
    wire = pb.Resources(scalars={"cpus": 0, "mem": 1})
    wire.ranges["ports"].ranges.extend([pb.Range(low=5, high=7), pb.Range(low=6, high=9), pb.Range(low=1, high=4)])
    wire.ranges["none"].SetInParent()
    wire.sets["gpus"].SetInParent()
    assert codec.resources_from_wire(wire) == Resources({"mem": 1}, {"ports": ((1, 9),)})


def test_what_a_sender_may_leave_out() -> None:
    assert codec.framework_from_wire(pb.FrameworkInfo(name="f")).roles == ("*",)
    wanted = codec.demand_from_wire(pb.Demand(demand_id="d"))
    assert (wanted.role, wanted.runtime, wanted.count) == ("*", "process", 0)


def _with_range(low: int, high: int) -> pb.Resources:
    wire = pb.Resources()
    wire.ranges["ports"].ranges.add(low=low, high=high)
    return wire


@pytest.mark.parametrize(
    ("from_wire", "wire", "complaint"),
    [
        (codec.resources_from_wire, pb.Resources(scalars={"cpus": -1}), "cpus would be negative"),
        (codec.resources_from_wire, pb.Resources(scalars={"mem": 1 << 60}), "resources.mem: .* is absurdly large"),
        (codec.resources_from_wire, _with_range(9, 5), "backwards"),
        (codec.resources_from_wire, _with_range(-1, 5), "outside 0-65535"),
        (codec.resources_from_wire, _with_range(1, 65536), "outside 0-65535"),
        (codec.agent_from_wire, pb.AgentInfo(), "agent id '' is not usable"),
        (codec.agent_from_wire, pb.AgentInfo(agent_id="../x"), "agent id '../x' is not usable"),
        (codec.framework_from_wire, pb.FrameworkInfo(), "framework.name"),
        (codec.framework_from_wire, pb.FrameworkInfo(name="f", framework_id="/"), "framework id '/' is not usable"),
        (
            codec.framework_from_wire,
            pb.FrameworkInfo(name="f", failover_timeout_ms=-1),
            "framework.failover_timeout_ms",
        ),
        (codec.filters_from_wire, pb.Filters(refuse_ms=-1), "filters.refuse_ms"),
        (codec.demand_from_wire, pb.Demand(), "demand.demand_id"),
        (codec.demand_from_wire, pb.Demand(demand_id="d", count=-1), "demand d: count -1"),
        (codec.demand_from_wire, pb.Demand(demand_id="d", port_count=-1), "port_count -1"),
        (
            codec.demand_from_wire,
            pb.Demand(demand_id="d", constraints=[pb.Constraint(field="rack", operator="NEAR")]),
            "demand d: constraint on 'rack': 'NEAR' is not one of UNIQUE,",
        ),
        (
            codec.demand_from_wire,
            pb.Demand(demand_id="d", constraints=[pb.Constraint(field="rack", operator="LIKE", value="(")]),
            "demand d: constraint on 'rack': .* not a regular expression",
        ),
        (codec.task_from_wire, pb.TaskInfo(), "task id '' is not usable"),
        (codec.task_from_wire, pb.TaskInfo(task_id="t", kill_grace_ms=-1), "task t: kill_grace_ms"),
        (
            codec.task_from_wire,
            pb.TaskInfo(task_id="t", ports=[pb.TaskPort(name="http", protocol="tcp")]),
            "ports.http: 0",
        ),
        (
            codec.task_from_wire,
            pb.TaskInfo(task_id="t", ports=[pb.TaskPort(name="http", number=80, protocol="sctp")]),
            "'sctp' is neither tcp nor udp",
        ),
        (codec.task_from_wire, pb.TaskInfo(task_id="t", container=pb.Container()), "container.image"),
        (
            codec.task_from_wire,
            pb.TaskInfo(task_id="t", container=pb.Container(image="i", network="mesh")),
            "container.network: 'mesh' is not one of host, bridge, none",
        ),
        (
            codec.task_from_wire,
            pb.TaskInfo(
                task_id="t", container=pb.Container(image="i", network="host", port_mappings=[pb.PortMapping()])
            ),
            "container_port: 0 is outside",
        ),
        (
            codec.task_from_wire,
            pb.TaskInfo(task_id="t", health_checks=[pb.HealthCheck(kind="TCP")]),
            "health_check: interval_ms",
        ),
        (
            codec.task_from_wire,
            pb.TaskInfo(task_id="t", health_checks=[pb.HealthCheck(kind="PING", interval_ms=1, timeout_ms=1)]),
            "health_check.kind: 'PING' is not one of HTTP, HTTPS, TCP, COMMAND",
        ),
        (
            codec.task_from_wire,
            pb.TaskInfo(task_id="t", health_checks=[pb.HealthCheck(kind="COMMAND", interval_ms=1, timeout_ms=1)]),
            "health_check.command",
        ),
        (
            codec.task_from_wire,
            pb.TaskInfo(task_id="t", health_checks=[pb.HealthCheck(kind="HTTP", interval_ms=1, timeout_ms=1)]),
            "health_check.port",
        ),
        (codec.status_from_wire, pb.TaskStatus(state="TASK_BORED"), "status.state: 'TASK_BORED' is not one of"),
        (codec.status_from_wire, pb.TaskStatus(state="TASK_LOST", source="me"), "status.source: 'me' is not one of"),
        (
            codec.status_from_wire,
            pb.TaskStatus(state="TASK_LOST", source="agent", reason="BORED"),
            "status.reason: 'BORED' is not one of",
        ),
        (
            codec.service_from_wire,
            pb.Service(service_id="s", ports=[pb.ServicePort(name="http", number=65536)]),
            "service s: port http number 65536",
        ),
        (codec.agent_from_wire, pb.AgentInfo(agent_id="a", hostname="a\x1b[2J"), "agent.hostname: .* control"),
        (
            codec.agent_from_wire,
            pb.AgentInfo(agent_id="a", attributes={"rack": "r" * 256}),
            "agent.attributes.rack: 256",
        ),
        (codec.framework_from_wire, pb.FrameworkInfo(name="f" * 256), "framework.name: 256 characters are too many"),
        (codec.framework_from_wire, pb.FrameworkInfo(name="f", roles=["r"] * 101), "framework.roles: 101 are too many"),
        (codec.demand_from_wire, pb.Demand(demand_id="d\n"), "demand.demand_id: .* control characters"),
        (
            codec.service_from_wire,
            pb.Service(service_id="s", weights=[pb.TaskWeight(task_id="t", weight=257)]),
            "service s: weight 257 of t is outside 0-256",
        ),
        (codec.service_from_wire, pb.Service(), "service.service_id: a service needs an id"),
        (codec.service_from_wire, pb.Service(service_id="a\n bind *:22"), "service.service_id: .* control"),
        (
            codec.task_from_wire,
            pb.TaskInfo(task_id="t", labels={"l": "x" * (1 << 20)}),
            "task t: its definition has 10485.. bytes, at most 262144",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    from_wire: Callable[[Any], object], wire: Message, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        from_wire(wire)
