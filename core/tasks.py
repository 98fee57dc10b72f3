"""What a task is, and what is said of it. All times are milliseconds, all sizes bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from barter.core.ids import AgentId, DemandId, ReservationId, TaskId
from barter.core.reservations import VolumeMount
from barter.core.resources import NOTHING, Resources
from barter.core.task_state import TERMINAL, TaskState


class Network(StrEnum):
    HOST = "host"
    BRIDGE = "bridge"
    NONE = "none"


class CheckKind(StrEnum):
    HTTP = "HTTP"
    TCP = "TCP"
    COMMAND = "COMMAND"


class Source(StrEnum):
    MASTER = "master"
    AGENT = "agent"
    EXECUTOR = "executor"


class Reason(StrEnum):
    """Why a task is in its state, for machines; the status' message says it for people."""

    NONE = ""
    INVALID_TASK = "INVALID_TASK"
    INVALID_OFFERS = "INVALID_OFFERS"
    DUPLICATE_TASK_ID = "DUPLICATE_TASK_ID"
    INSUFFICIENT_RESOURCES = "INSUFFICIENT_RESOURCES"
    RUNTIME_MISSING = "RUNTIME_MISSING"
    IMAGE_FAILED = "IMAGE_FAILED"
    LAUNCH_FAILED = "LAUNCH_FAILED"
    COMMAND_EXITED = "COMMAND_EXITED"
    KILLED_BY_FRAMEWORK = "KILLED_BY_FRAMEWORK"
    KILLED_BY_HEALTH_CHECK = "KILLED_BY_HEALTH_CHECK"
    HEALTH_CHECK = "HEALTH_CHECK"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    EXECUTOR_LOST = "EXECUTOR_LOST"
    AGENT_UNREACHABLE = "AGENT_UNREACHABLE"
    AGENT_STOPPED = "AGENT_STOPPED"
    AGENT_FORGOT = "AGENT_FORGOT"
    FRAMEWORK_REMOVED = "FRAMEWORK_REMOVED"
    RECONCILIATION = "RECONCILIATION"
    MASTER_DISCONNECTED = "MASTER_DISCONNECTED"
    AGENT_DRAINING = "AGENT_DRAINING"
    AGENT_GONE = "AGENT_GONE"
    PREEMPTED = "PREEMPTED"
    VOLUME_UNUSABLE = "VOLUME_UNUSABLE"


@dataclass(frozen=True, slots=True)
class Command:
    """Either `shell`, run by /bin/sh -c, or `argv`; both empty means the image's own entry point."""

    shell: str = ""
    argv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PortMapping:
    container_port: int
    host_port: int
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True)
class Volume:
    container_path: str
    host_path: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Container:
    """A Docker image to run the task in."""

    image: str
    network: Network = Network.HOST
    port_mappings: tuple[PortMapping, ...] = ()
    volumes: tuple[Volume, ...] = ()
    force_pull: bool = False


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Run on the agent every `interval_ms`; `max_failures` in a row after `grace_ms` kill the task (0: never)."""

    kind: CheckKind
    port: int = 0
    path: str = "/"
    command: str = ""
    grace_ms: int = 300_000
    interval_ms: int = 60_000
    timeout_ms: int = 20_000
    max_failures: int = 3


@dataclass(frozen=True, slots=True)
class TaskPort:
    """A named port on the agent's address; with `service_id` it is an endpoint of that service's port `name`."""

    name: str
    number: int
    protocol: str = "tcp"
    service_id: str = ""


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """What a framework asks to run. `demand_id` names the demand it serves, so that constraints count it.

    The master fills in what its offers said: the `role` it counts for, and what of `resources` is taken from which
    reservation, and what is `revocable`. A framework may name the `reservation_id` to take from.
    """

    task_id: TaskId
    name: str
    resources: Resources
    command: Command = Command()
    container: Container | None = None
    health_check: HealthCheck | None = None
    kill_grace_ms: int = 3_000
    ports: tuple[TaskPort, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    demand_id: DemandId = DemandId("")
    volumes: tuple[VolumeMount, ...] = ()
    reservation_id: ReservationId = ReservationId("")
    role: str = ""
    reserved: Mapping[ReservationId, Resources] = field(default_factory=dict)
    revocable: Resources = NOTHING


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """One status update. `uuid` is empty when no acknowledgement is wanted (the master's own updates)."""

    task_id: TaskId
    state: TaskState
    source: Source
    timestamp_ms: int
    uuid: str = ""
    agent_id: AgentId = AgentId("")
    reason: Reason = Reason.NONE
    message: str = ""
    healthy: bool | None = None
    exit_code: int | None = None

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL
