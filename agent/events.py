"""What happens to an agent: its master's session and orders, its executor's session and reports, an operator's wish."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.agent.executor.protocol import PROTOCOL
from barter.agent.facts import Home, TaskKey
from barter.core.ids import ExecutorId, FrameworkId, TaskId, VolumeId
from barter.core.machine import Tick
from barter.core.route import MastersAre
from barter.core.tasks import Reason, TaskInfo, TaskStatus


@dataclass(frozen=True, slots=True)
class MasterConnected:
    """The stream of the `ConnectMaster` with this link is open and waits for its first call.

    All that is heard on it comes between this and its `MasterGone`.
    """

    link: int


@dataclass(frozen=True, slots=True)
class MasterGone:
    """The link has ended or never came about: told once for each `ConnectMaster`, and the last thing of that link.

    `leader` is where the master said the leader is, `jitter` a random number from 0 to 999.
    """

    link: int
    reason: str
    leader: str = ""
    jitter: int = 0


@dataclass(frozen=True, slots=True)
class Registered:
    epoch: int
    cluster_id: str
    heartbeat_ms: int


@dataclass(frozen=True, slots=True)
class MasterHeartbeat:
    epoch: int


@dataclass(frozen=True, slots=True)
class MasterError:
    """The master refused something; with `fatal` it does not want this agent."""

    epoch: int
    message: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class RunTasks:
    """`malformed` maps the ids of tasks that could not be read to what is wrong with them.

    `spent` maps those of the ids that the ledger has ever seen to how many updates they had.
    """

    epoch: int
    framework_id: FrameworkId
    tasks: tuple[TaskInfo, ...]
    malformed: Mapping[TaskId, str] = field(default_factory=dict)
    spent: Mapping[TaskId, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KillTask:
    """`grace_ms` less than 0 means the task's own; `cause` is the reason of the status that tells of it."""

    epoch: int
    framework_id: FrameworkId
    task_id: TaskId
    grace_ms: int = -1
    reason: str = ""
    cause: Reason = Reason.KILLED_BY_FRAMEWORK


@dataclass(frozen=True, slots=True)
class KillFramework:
    epoch: int
    framework_id: FrameworkId
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SchedulerMessage:
    """From a framework's scheduler to an executor of its own."""

    epoch: int
    framework_id: FrameworkId
    executor_id: ExecutorId
    data: bytes


@dataclass(frozen=True, slots=True)
class Shutdown:
    """It was marked gone: it is to end its tasks and to forget who it was."""

    epoch: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DestroyVolume:
    """Its data is to be deleted."""

    epoch: int
    volume_id: VolumeId


@dataclass(frozen=True, slots=True)
class VolumeDeleted:
    """The end of a `DeleteVolume`: its data is gone for good, or what stood against that."""

    volume_id: VolumeId
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    epoch: int
    acks: tuple[tuple[FrameworkId, TaskId, str], ...]


@dataclass(frozen=True, slots=True)
class Reported:
    """A task's status as its executor saw it; `sequence` counts that executor's statuses, 0 for one not news."""

    framework_id: FrameworkId
    status: TaskStatus
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class ExecutorHello:
    """`executor` names this one process and no other ever. `tasks`: all it holds; `statuses`: not yet recorded.

    `home` where it is a framework's. `protocol` says what it can be told.
    """

    executor: str
    tasks: tuple[Reported, ...] = ()
    statuses: tuple[Reported, ...] = ()
    home: Home = None
    protocol: int = PROTOCOL


@dataclass(frozen=True, slots=True)
class ExecutorReports:
    executor: str
    statuses: tuple[Reported, ...]
    home: Home = None


@dataclass(frozen=True, slots=True)
class TaskUsage:
    """`cpus` since the last one, in thousandths of a cpu; `mem` is resident, in bytes; the rest since its start.

    `cpu_us` in microseconds; bytes of disks and of a network of its own, None where they are not counted.
    """

    framework_id: FrameworkId
    task_id: TaskId
    cpus: int
    mem: int
    cpu_us: int = 0
    read: int | None = None
    written: int | None = None
    received: int | None = None
    sent: int | None = None


@dataclass(frozen=True, slots=True)
class ExecutorUsage:
    executor: str
    tasks: tuple[TaskUsage, ...]


@dataclass(frozen=True, slots=True)
class ExecutorDisconnected:
    """Its stream ended; the process may live on and come back."""

    executor: str
    home: Home = None


@dataclass(frozen=True, slots=True)
class ExecutorMessage:
    """From a framework's executor to its scheduler."""

    home: TaskKey
    data: bytes


@dataclass(frozen=True, slots=True)
class ExecutorDied:
    """No executor process lives."""

    reason: str


@dataclass(frozen=True, slots=True)
class LaunchFailed:
    """The agent could not prepare what a task needs; it was not sent to the executor."""

    framework_id: FrameworkId
    task_id: TaskId
    problem: str


@dataclass(frozen=True, slots=True)
class Leave:
    """An operator wants the agent gone for good, with its tasks."""

    reason: str


Order = (
    Registered
    | MasterHeartbeat
    | RunTasks
    | KillTask
    | KillFramework
    | SchedulerMessage
    | DestroyVolume
    | Shutdown
    | Acknowledged
)

Event = (
    Order
    | MasterConnected
    | MasterGone
    | MastersAre
    | MasterError
    | ExecutorHello
    | ExecutorReports
    | ExecutorUsage
    | ExecutorMessage
    | ExecutorDisconnected
    | ExecutorDied
    | LaunchFailed
    | VolumeDeleted
    | Leave
    | Tick
)
