"""Values of each kind that goes onto the wire."""

from dataclasses import replace

from hypothesis import strategies as st

from barter.core import ranges as rng
from barter.core.cluster import (
    AgentInfo,
    Demand,
    Endpoint,
    FrameworkInfo,
    InverseOffer,
    Offer,
    ReturningTasks,
    Service,
    ServicePort,
    ServiceServed,
    Strategy,
)
from barter.core.constraints import Constraint, Operator
from barter.core.ids import (
    AgentId,
    DemandId,
    ExecutorId,
    FrameworkId,
    InverseOfferId,
    OfferId,
    ReservationId,
    TaskId,
    VolumeId,
)
from barter.core.operations import CreateVolume, DestroyVolume, Reserve, Unreserve
from barter.core.reservations import PersistentVolume, Reservation, VolumeMount
from barter.core.resources import Resources
from barter.core.roles import RoleConfig
from barter.core.task_state import TaskState
from barter.core.tasks import (
    Artifact,
    CheckKind,
    CheckResult,
    Command,
    Container,
    Device,
    ExecutorInfo,
    HealthCheck,
    Limits,
    Network,
    PortMapping,
    ReadinessCheck,
    Reason,
    Rlimit,
    SharedFolder,
    Source,
    StatusCheck,
    TaskInfo,
    TaskPort,
    TaskStatus,
    Tmpfs,
    Volume,
)
from barter.proto.checks import LARGEST_AMOUNT

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

PATHS = st.lists(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.*-]{0,5}", fullmatch=True), min_size=1, max_size=8).map(
    "/".join
)
ROLES = st.just("*") | PATHS
RESERVED = st.dictionaries(SOME_NAMES.map(ReservationId), RESOURCES, max_size=2)
AMOUNTS = st.dictionaries(SOME, st.integers(1, LARGEST_AMOUNT), max_size=2)

AGENTS = st.builds(
    AgentInfo,
    IDS.map(AgentId),
    NAMES,
    NAMES,
    RESOURCES,
    NAMED,
    st.booleans(),
    TEXTS,
    NAMES,
    TEXTS,
    st.dictionaries(ROLES, RESOURCES, max_size=2),
    st.integers(0, 1000),
)
FRAMEWORKS = st.builds(
    FrameworkInfo,
    SOME_NAMES,
    st.one_of(st.just(""), IDS).map(FrameworkId),
    NAMES,
    st.lists(ROLES, min_size=1, max_size=3, unique=True).map(tuple),
    MS,
    NAMES,
    NAMES,
    NAMES,
    st.booleans(),
    st.sampled_from(ReturningTasks),
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
    RESERVED,
    RESOURCES,
    st.lists(TEXT.map(VolumeId), max_size=2).map(tuple),
    MS,
)
INVERSES = st.builds(
    InverseOffer,
    TEXT.map(InverseOfferId),
    TEXT.map(AgentId),
    TEXT.map(FrameworkId),
    TEXT,
    st.lists(TEXT.map(TaskId), max_size=2).map(tuple),
    MS,
    MS,
    TEXT,
)
RESERVATIONS = st.builds(
    Reservation, TEXT.map(ReservationId), TEXT.map(AgentId), ROLES, RESOURCES, TEXT, MAPPINGS, st.booleans()
)
VOLUMES = st.builds(
    PersistentVolume, TEXT.map(VolumeId), TEXT.map(ReservationId), TEXT.map(AgentId), st.integers(1, 1 << 50), TEXT
)
OPERATIONS = st.one_of(
    st.builds(Reserve, IDS.map(ReservationId), RESOURCES.filter(bool), st.just("") | ROLES, NAMED),
    st.builds(Unreserve, IDS.map(ReservationId)),
    st.builds(CreateVolume, IDS.map(VolumeId), IDS.map(ReservationId), st.integers(1, LARGEST_AMOUNT)),
    st.builds(DestroyVolume, IDS.map(VolumeId)),
)
CONFIGS = st.builds(RoleConfig, ROLES, st.integers(1, 1 << 40), AMOUNTS, AMOUNTS)
DEMANDS = st.builds(
    Demand,
    SOME_NAMES.map(DemandId),
    RESOURCES,
    MS,
    MS,
    ROLES,
    st.lists(CONSTRAINTS, max_size=2).map(tuple),
    SOME,
    st.booleans(),
    st.sampled_from(Strategy),
    st.booleans(),
    NAMES.map(VolumeId),
)
NETWORKED = st.sampled_from([CheckKind.HTTP, CheckKind.HTTPS, CheckKind.TCP])
FEW = st.integers(1, 9)
CHECKS = st.one_of(
    st.builds(HealthCheck, st.just(CheckKind.COMMAND), st.just(0), TEXT, SOME, MS, FEW, FEW),
    st.builds(HealthCheck, NETWORKED, PORTS, TEXT, TEXT, MS, delay_ms=MS),
)
READINESS_CHECKS = st.one_of(
    st.builds(ReadinessCheck, st.just(CheckKind.COMMAND), st.just(0), TEXT, SOME, MS, FEW, FEW),
    st.builds(ReadinessCheck, NETWORKED, PORTS, TEXT, TEXT, MS, FEW, FEW, st.lists(FEW, max_size=2).map(tuple)),
)
STATUS_CHECKS = st.one_of(
    st.builds(StatusCheck, st.just(CheckKind.COMMAND), st.just(0), TEXT, SOME, MS, FEW, FEW),
    st.builds(StatusCheck, NETWORKED, PORTS, TEXT, TEXT, MS, FEW, FEW),
)
OWN_VOLUMES = st.builds(Volume, TEXT, st.just(""), st.booleans(), SOME)
NETWORKS = st.tuples(st.sampled_from(Network).filter(lambda network: network is not Network.OWN), st.just(""))
ON_HOST = st.builds(
    Container,
    SOME,
    st.just(Network.HOST),
    st.lists(st.builds(PortMapping, PORTS, PORTS, PROTOCOLS), max_size=2).map(tuple),
    st.lists(st.builds(Volume, TEXT, SOME, st.booleans()) | OWN_VOLUMES, max_size=2).map(tuple),
    st.booleans(),
    TEXTS,
    st.just(""),
    st.lists(st.builds(Tmpfs, TEXT, MS), max_size=2).map(tuple),
    TEXTS,
    st.lists(st.builds(Device, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    TEXT,
    MAPPINGS,
    MS,
    st.booleans(),
)
CONTAINERS = st.builds(
    lambda container, network: replace(container, network=network[0], network_name=network[1]),
    ON_HOST,
    NETWORKS | st.tuples(st.just(Network.OWN), SOME),
)
LIMITS = st.integers(-1, 1 << 50)
COMMANDS = st.builds(
    Command, TEXT, TEXTS, MAPPINGS, TEXT, st.lists(st.builds(Rlimit, TEXT, LIMITS, LIMITS), max_size=2).map(tuple)
)
ARTIFACTS = st.builds(Artifact, TEXT, TEXT, st.booleans(), st.booleans(), st.booleans(), TEXT)
TASKS = st.builds(
    TaskInfo,
    IDS.map(TaskId),
    NAMES,
    RESOURCES,
    COMMANDS,
    st.none() | CONTAINERS,
    st.lists(CHECKS, max_size=2).map(tuple),
    MS,
    st.lists(st.builds(TaskPort, TEXT, PORTS, PROTOCOLS, TEXT), max_size=2).map(tuple),
    MAPPINGS,
    TEXT.map(DemandId),
    st.lists(st.builds(VolumeMount, NAMES.map(VolumeId), SOME, st.booleans()), max_size=2).map(tuple),
    NAMES.map(ReservationId),
    st.just("") | ROLES,
    RESERVED,
    RESOURCES,
    st.none() | READINESS_CHECKS,
    st.lists(ARTIFACTS, max_size=2).map(tuple),
    st.just("") | IDS,
    st.none() | st.builds(ExecutorInfo, IDS.map(ExecutorId), COMMANDS, RESOURCES, st.just("") | IDS.map(TaskId)),
    st.none() | STATUS_CHECKS,
    st.none() | st.builds(Limits, st.none() | LIMITS, st.none() | LIMITS),
    st.lists(st.builds(SharedFolder, IDS.map(TaskId), IDS, SOME, st.booleans()), max_size=2).map(tuple),
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
    st.none() | st.booleans(),
    TEXT,
    st.none() | st.builds(CheckResult, st.sampled_from(CheckKind), st.none() | st.integers(-(1 << 31), (1 << 31) - 1)),
)
SERVICES = st.builds(
    Service,
    SOME_NAMES,
    st.lists(st.builds(ServicePort, TEXT, st.integers(0, 65535), TEXT, TEXTS, TEXTS), max_size=2).map(tuple),
    st.lists(st.tuples(TEXT.map(TaskId), st.integers(0, 256)), max_size=2).map(tuple),
)
TASK_IDS = st.lists(TEXT.map(TaskId), max_size=2).map(tuple)
SERVED = st.builds(ServiceServed, SOME_NAMES, TASK_IDS, TASK_IDS, st.integers(0, 9))
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
    st.integers(0, 256),
)
