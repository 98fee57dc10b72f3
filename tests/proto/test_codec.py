"""What goes onto the wire comes back the same, and what cannot be meant is refused by name, without a crash."""

from collections.abc import Callable
from typing import Any

import pytest
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from barter.core import ranges as rng
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
from barter.core.ids import AgentId, DemandId, FrameworkId, OfferId, TaskId
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
from barter.proto import codec
from barter.proto.checks import LARGEST_AMOUNT
from barter.proto.v1 import types_pb2 as pb

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
SOME = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=6)
SOME_NAMES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=6)
IDS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,8}", fullmatch=True)
NAMED = st.dictionaries(NAMES, NAMES, max_size=3)
MAPPINGS = st.dictionaries(TEXT, TEXT, max_size=3)
MS = st.integers(0, 1 << 62)
PORTS = st.integers(1, 65535)
RANGES = st.frozensets(st.integers(0, 65535), min_size=1, max_size=6).map(rng.of_numbers)
RESOURCES = st.builds(
    Resources,
    st.dictionaries(SOME, st.integers(1, LARGEST_AMOUNT), max_size=3),
    st.dictionaries(SOME, RANGES, max_size=2),
    st.dictionaries(SOME, st.frozensets(TEXT, min_size=1, max_size=3), max_size=2),
)
CONSTRAINTS = st.one_of(
    st.builds(Constraint, SOME, st.sampled_from([Operator.UNIQUE, Operator.GROUP_BY, Operator.CLUSTER])),
    st.builds(Constraint, SOME, st.sampled_from([Operator.IS, Operator.CLUSTER]), SOME),
    st.builds(Constraint, SOME, st.sampled_from([Operator.MAX_PER, Operator.GROUP_BY]), st.sampled_from(["1", "20"])),
    st.builds(Constraint, SOME, st.sampled_from([Operator.LIKE, Operator.UNLIKE]), st.sampled_from(["r.*", "[ab]"])),
)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
PROTOCOLS = st.sampled_from(["tcp", "udp"])

AGENTS = st.builds(AgentInfo, IDS.map(AgentId), NAMES, NAMES, RESOURCES, NAMED, st.booleans(), TEXTS, NAMES, TEXTS)
FRAMEWORKS = st.builds(
    FrameworkInfo,
    SOME_NAMES,
    st.one_of(st.just(""), IDS).map(FrameworkId),
    NAMES,
    st.lists(NAMES, min_size=1, max_size=3).map(tuple),
    MS,
    NAMES,
    NAMES,
)
OFFERS = st.builds(
    Offer,
    TEXT.map(OfferId),
    TEXT.map(AgentId),
    TEXT.map(FrameworkId),
    TEXT,
    RESOURCES,
    TEXT,
    TEXT,
    MAPPINGS,
    st.booleans(),
    TEXTS,
    TEXT.map(DemandId),
)
DEMANDS = st.builds(
    Demand,
    SOME_NAMES.map(DemandId),
    RESOURCES,
    MS,
    MS,
    SOME_NAMES,
    st.lists(CONSTRAINTS, max_size=2).map(tuple),
    SOME,
    st.booleans(),
)
CHECKS = st.one_of(
    st.builds(
        HealthCheck, st.just(CheckKind.COMMAND), st.just(0), TEXT, SOME, MS, st.integers(1, 9), st.integers(1, 9)
    ),
    st.builds(HealthCheck, st.sampled_from([CheckKind.HTTP, CheckKind.TCP]), PORTS, TEXT, TEXT, MS),
)
CONTAINERS = st.builds(
    Container,
    SOME,
    st.sampled_from(Network),
    st.lists(st.builds(PortMapping, PORTS, PORTS, PROTOCOLS), max_size=2).map(tuple),
    st.lists(st.builds(Volume, TEXT, TEXT, st.booleans()), max_size=2).map(tuple),
    st.booleans(),
)
TASKS = st.builds(
    TaskInfo,
    IDS.map(TaskId),
    NAMES,
    RESOURCES,
    st.builds(Command, TEXT, TEXTS, MAPPINGS),
    st.none() | CONTAINERS,
    st.none() | CHECKS,
    MS,
    st.lists(st.builds(TaskPort, TEXT, PORTS, PROTOCOLS, TEXT), max_size=2).map(tuple),
    MAPPINGS,
    TEXT.map(DemandId),
)
STATUSES = st.builds(
    TaskStatus,
    TEXT.map(TaskId),
    st.sampled_from(TaskState),
    st.sampled_from(Source),
    MS,
    TEXT,
    TEXT.map(AgentId),
    st.sampled_from(Reason),
    TEXT,
    st.none() | st.booleans(),
    st.none() | st.integers(-(1 << 31), (1 << 31) - 1),
)
SERVICES = st.builds(
    Service,
    SOME_NAMES,
    st.lists(st.builds(ServicePort, TEXT, st.integers(0, 65535), TEXT, TEXTS), max_size=2).map(tuple),
)
ENDPOINTS = st.builds(
    Endpoint,
    TEXT,
    TEXT,
    TEXT,
    TEXT.map(FrameworkId),
    TEXT.map(AgentId),
    TEXT,
    PORTS,
    TEXT,
    st.booleans(),
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
    "endpoint": (ENDPOINTS, codec.endpoint_to_wire, codec.endpoint_from_wire, pb.Endpoint),
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
            pb.TaskInfo(task_id="t", health_check=pb.HealthCheck(kind="TCP")),
            "health_check: interval_ms",
        ),
        (
            codec.task_from_wire,
            pb.TaskInfo(task_id="t", health_check=pb.HealthCheck(kind="PING", interval_ms=1, timeout_ms=1)),
            "health_check.kind: 'PING' is not one of HTTP, TCP, COMMAND",
        ),
        (
            codec.task_from_wire,
            pb.TaskInfo(task_id="t", health_check=pb.HealthCheck(kind="COMMAND", interval_ms=1, timeout_ms=1)),
            "health_check.command",
        ),
        (
            codec.task_from_wire,
            pb.TaskInfo(task_id="t", health_check=pb.HealthCheck(kind="HTTP", interval_ms=1, timeout_ms=1)),
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
