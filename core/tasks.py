"""What a task is, and what is said of it. All times are milliseconds, all sizes bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from barter.core.ids import AgentId, DemandId, ExecutorId, ReservationId, TaskId
from barter.core.reservations import VolumeMount
from barter.core.resources import NOTHING, Resources
from barter.core.task_state import TERMINAL, TaskState


class Network(StrEnum):
    HOST = "host"
    BRIDGE = "bridge"
    NONE = "none"
    OWN = "own"


class CheckKind(StrEnum):
    HTTP = "HTTP"
    HTTPS = "HTTPS"
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
    IMAGE_NOT_FOUND = "IMAGE_NOT_FOUND"
    IMAGE_UNAUTHORIZED = "IMAGE_UNAUTHORIZED"
    IMAGE_UNREACHABLE = "IMAGE_UNREACHABLE"
    FETCH_FAILED = "FETCH_FAILED"
    DISK_FULL = "DISK_FULL"
    CONTAINER_LIMIT = "CONTAINER_LIMIT"
    LAUNCH_FAILED = "LAUNCH_FAILED"
    COMMAND_EXITED = "COMMAND_EXITED"
    KILLED_BY_FRAMEWORK = "KILLED_BY_FRAMEWORK"
    KILLED_BY_HEALTH_CHECK = "KILLED_BY_HEALTH_CHECK"
    HEALTH_CHECK = "HEALTH_CHECK"
    READINESS_CHECK = "READINESS_CHECK"
    STATUS_CHECK = "STATUS_CHECK"
    MEMORY_LIMIT = "MEMORY_LIMIT"
    EXECUTOR_LOST = "EXECUTOR_LOST"
    EXECUTOR_FAILED = "EXECUTOR_FAILED"
    EXECUTOR_IDLE = "EXECUTOR_IDLE"
    GROUP_ENDED = "GROUP_ENDED"
    RETURNED_LATE = "RETURNED_LATE"
    AGENT_UNREACHABLE = "AGENT_UNREACHABLE"
    AGENT_STOPPED = "AGENT_STOPPED"
    AGENT_FORGOT = "AGENT_FORGOT"
    FRAMEWORK_REMOVED = "FRAMEWORK_REMOVED"
    RECONCILIATION = "RECONCILIATION"
    MASTER_DISCONNECTED = "MASTER_DISCONNECTED"
    AGENT_DRAINING = "AGENT_DRAINING"
    AGENT_GONE = "AGENT_GONE"
    AGENT_REMOVED = "AGENT_REMOVED"
    PREEMPTED = "PREEMPTED"
    VOLUME_UNUSABLE = "VOLUME_UNUSABLE"


UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Rlimit:
    """`name` as ulimits have it ("nofile", "core", ...); UNLIMITED is -1."""

    name: str
    soft: int
    hard: int


@dataclass(frozen=True, slots=True)
class Command:
    """Either `shell`, run by /bin/sh -c, or `argv`; both empty means the image's own entry point.

    `user` is a name or "uid[:gid]"; empty means the image's, or the agent's for a process.
    """

    shell: str = ""
    argv: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    rlimits: tuple[Rlimit, ...] = ()


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that is in the sandbox before the task starts (Mesos' CommandInfo.URI).

    `sha256` in hex is checked where given. `output_file` is its name, the last part of the `uri`'s path where empty.
    `extract` unpacks a tar or zip file; `executable` makes the file so; `cache` keeps it on the agent for other tasks.
    """

    uri: str
    sha256: str = ""
    extract: bool = True
    executable: bool = False
    cache: bool = False
    output_file: str = ""


@dataclass(frozen=True, slots=True)
class PortMapping:
    container_port: int
    host_port: int
    protocol: str = "tcp"


@dataclass(frozen=True, slots=True)
class Volume:
    """Of the host, or the engine's own volume `name`: one of both is given."""

    container_path: str
    host_path: str = ""
    read_only: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Tmpfs:
    """Of at most `size` bytes; 0 leaves that to the engine."""

    container_path: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Device:
    """`container_path` is `host_path` where empty; `permissions` of "r", "w" and "m"."""

    host_path: str
    container_path: str = ""
    permissions: str = "rwm"


@dataclass(frozen=True, slots=True)
class Container:
    """A Docker image to run the task in; the command's `argv` are the arguments of the `entrypoint`.

    With Network.OWN it is in the engine's network `network_name`, where it has an address of its own. `shm_size` in
    bytes, 0 leaves it to the engine, as an empty `log_driver` does. `init` has a small init as its first process.
    """

    image: str
    network: Network = Network.HOST
    port_mappings: tuple[PortMapping, ...] = ()
    volumes: tuple[Volume, ...] = ()
    force_pull: bool = False
    entrypoint: tuple[str, ...] = ()
    network_name: str = ""
    tmpfs: tuple[Tmpfs, ...] = ()
    capabilities: tuple[str, ...] = ()
    devices: tuple[Device, ...] = ()
    log_driver: str = ""
    log_options: Mapping[str, str] = field(default_factory=dict)
    shm_size: int = 0
    init: bool = False


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """Run on the agent every `interval_ms`, from `delay_ms` after the start.

    `max_failures` in a row after `grace_ms` kill the task (0: never).
    """

    kind: CheckKind
    port: int = 0
    path: str = "/"
    command: str = ""
    grace_ms: int = 300_000
    interval_ms: int = 60_000
    timeout_ms: int = 20_000
    max_failures: int = 3
    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class ReadinessCheck:
    """Run on the agent from `delay_ms` after the start until its first success; it never kills.

    `statuses` are those of HTTP that are a success; empty for 2xx and 3xx.
    """

    kind: CheckKind
    port: int = 0
    path: str = "/"
    command: str = ""
    delay_ms: int = 0
    interval_ms: int = 30_000
    timeout_ms: int = 10_000
    statuses: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusCheck:
    """Run on the agent for as long as the task runs; what it finds is told, and nothing follows (Mesos' CheckInfo)."""

    kind: CheckKind
    port: int = 0
    path: str = "/"
    command: str = ""
    delay_ms: int = 15_000
    interval_ms: int = 60_000
    timeout_ms: int = 20_000


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`found` is the status of HTTP, 1 or 0 for a connection of TCP, the exit code of a command; None: no answer."""

    kind: CheckKind
    found: int | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a task may use beyond its resources, in milli-cpus and bytes: UNLIMITED is what the machine has to spare.

    None leaves it as it is without: memory is as much as its resources, cpu a share.
    """

    cpus: int | None = None
    mem: int | None = None


@dataclass(frozen=True, slots=True)
class SharedFolder:
    """A folder that tasks of a group share, named after `task_id`, one of them, with whose sandbox it goes.

    A container has it at the absolute `path`, a process by a link at `path` below its sandbox.
    """

    task_id: TaskId
    name: str
    path: str
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class ExecutorInfo:
    """A framework's own executor: one for each `executor_id` on an agent, started by `command`, using `resources`.

    The master fills in `task_id`: the executor is itself a task, which holds what it uses.
    """

    executor_id: ExecutorId
    command: Command
    resources: Resources = NOTHING
    task_id: TaskId = TaskId("")


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

    Tasks of one launch with the same `group_id` are a group: they share network and lifetime. `executor` is who runs
    it where that is not the agent's own. It is healthy when all of its `health_checks` say so.
    """

    task_id: TaskId
    name: str
    resources: Resources
    command: Command = Command()
    container: Container | None = None
    health_checks: tuple[HealthCheck, ...] = ()
    kill_grace_ms: int = 3_000
    ports: tuple[TaskPort, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    demand_id: DemandId = DemandId("")
    volumes: tuple[VolumeMount, ...] = ()
    reservation_id: ReservationId = ReservationId("")
    role: str = ""
    reserved: Mapping[ReservationId, Resources] = field(default_factory=dict)
    revocable: Resources = NOTHING
    readiness_check: ReadinessCheck | None = None
    artifacts: tuple[Artifact, ...] = ()
    group_id: str = ""
    executor: ExecutorInfo | None = None
    status_check: StatusCheck | None = None
    limits: Limits | None = None
    shared: tuple[SharedFolder, ...] = ()

    @property
    def is_executor(self) -> bool:
        """Whether it is itself an executor of its framework, which runs other tasks."""
        return self.executor is not None and self.executor.task_id == self.task_id


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """One status update. `uuid` is empty when no acknowledgement is wanted (the master's own updates).

    `timestamp_ms` of a terminal status is when the task ended. `ready` is for tasks with a readiness check, `check`
    for those with a status check; `address` is the task's own, empty for its agent's.
    """

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
    ready: bool | None = None
    address: str = ""
    check: CheckResult | None = None

    @property
    def terminal(self) -> bool:
        return self.state in TERMINAL
