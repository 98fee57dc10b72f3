"""What a framework author imports. Light: grpcio, protobuf and the standard library."""

from barter.core.cluster import Demand, Filters, FrameworkInfo, InverseOffer, Offer, Service, ServicePort, Strategy
from barter.core.constraints import Constraint, Operator
from barter.core.ids import (
    AgentId,
    DemandId,
    FrameworkId,
    InverseOfferId,
    OfferId,
    ReservationId,
    TaskId,
    VolumeId,
)
from barter.core.operations import CreateVolume, DestroyVolume, Operation, Reserve, Unreserve
from barter.core.reservations import VolumeMount
from barter.core.resources import Resources, parse_resources, resources
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
from barter.core.units import GIB, KIB, MIB
from barter.sdk.driver import Driver
from barter.sdk.scheduler import Scheduler
from barter.sdk.shell.driver import MasterDriver
from barter.sdk.shell.sqlite_store import SqliteStore
from barter.sdk.store import MemoryStore, StateStore

__all__ = [
    "GIB",
    "KIB",
    "MIB",
    "AgentId",
    "CheckKind",
    "Command",
    "Constraint",
    "Container",
    "CreateVolume",
    "Demand",
    "DemandId",
    "DestroyVolume",
    "Driver",
    "Filters",
    "FrameworkId",
    "FrameworkInfo",
    "HealthCheck",
    "InverseOffer",
    "InverseOfferId",
    "MasterDriver",
    "MemoryStore",
    "Network",
    "Offer",
    "OfferId",
    "Operation",
    "Operator",
    "PortMapping",
    "Reason",
    "ReservationId",
    "Reserve",
    "Resources",
    "Scheduler",
    "Service",
    "ServicePort",
    "Source",
    "SqliteStore",
    "StateStore",
    "Strategy",
    "TaskId",
    "TaskInfo",
    "TaskPort",
    "TaskState",
    "TaskStatus",
    "Unreserve",
    "Volume",
    "VolumeId",
    "VolumeMount",
    "parse_resources",
    "resources",
]
