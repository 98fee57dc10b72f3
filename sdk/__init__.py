"""What a framework author imports. Light: grpcio, protobuf and the standard library."""

from barter.core.cluster import (
    Demand,
    Filters,
    FrameworkInfo,
    InverseOffer,
    Offer,
    ReturningTasks,
    Service,
    ServicePort,
    ServiceUpdate,
    Strategy,
)
from barter.core.constraints import Constraint, Operator
from barter.core.groups import task_group
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
from barter.core.operations import CreateVolume, DestroyVolume, Operation, Reserve, Unreserve
from barter.core.reservations import PersistentVolume, Reservation, ReservationsHeld, VolumeMount
from barter.core.resources import Resources, parse_resources, resources
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
    Source,
    StatusCheck,
    TaskInfo,
    TaskPort,
    TaskStatus,
    Tmpfs,
    Volume,
)
from barter.core.units import GIB, KIB, MIB
from barter.core.zookeeper_url import ZooKeeperTls
from barter.sdk.driver import Driver
from barter.sdk.executor import (
    Executor,
    ExecutorDriver,
)
from barter.sdk.scheduler import Scheduler
from barter.sdk.shell.driver import MasterDriver
from barter.sdk.shell.elected import Elected, run_elected
from barter.sdk.shell.executor import run_executor
from barter.sdk.shell.sqlite_store import SqliteStore
from barter.sdk.store import MemoryStore, StateStore, StoreLost, StoreRefused

__all__ = [
    "GIB",
    "KIB",
    "MIB",
    "AgentId",
    "Artifact",
    "CheckKind",
    "CheckResult",
    "Command",
    "Constraint",
    "Container",
    "CreateVolume",
    "Demand",
    "DemandId",
    "DestroyVolume",
    "Device",
    "Driver",
    "Elected",
    "Executor",
    "ExecutorDriver",
    "ExecutorId",
    "ExecutorInfo",
    "Filters",
    "FrameworkId",
    "FrameworkInfo",
    "HealthCheck",
    "InverseOffer",
    "InverseOfferId",
    "Limits",
    "MasterDriver",
    "MemoryStore",
    "Network",
    "Offer",
    "OfferId",
    "Operation",
    "Operator",
    "PersistentVolume",
    "PortMapping",
    "ReadinessCheck",
    "Reason",
    "Reservation",
    "ReservationId",
    "ReservationsHeld",
    "Reserve",
    "Resources",
    "ReturningTasks",
    "Rlimit",
    "Scheduler",
    "Service",
    "ServicePort",
    "ServiceUpdate",
    "Source",
    "SqliteStore",
    "StateStore",
    "StatusCheck",
    "StoreLost",
    "StoreRefused",
    "Strategy",
    "TaskId",
    "TaskInfo",
    "TaskPort",
    "TaskState",
    "TaskStatus",
    "Tmpfs",
    "Unreserve",
    "Volume",
    "VolumeId",
    "VolumeMount",
    "ZooKeeperTls",
    "parse_resources",
    "resources",
    "run_elected",
    "run_executor",
    "task_group",
]
