"""What an agent has its shell do. The facts of a batch are recorded first; nothing is sent before."""

from dataclasses import dataclass

from barter.agent.facts import Fact, Home, TaskKey
from barter.core.ids import ExecutorId, FrameworkId, TaskId, VolumeId
from barter.core.resources import NOTHING, Resources
from barter.core.tasks import TaskInfo, TaskStatus


@dataclass(frozen=True, slots=True)
class Record:
    """Durable before any other action of the batch."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class AgentTask:
    framework_id: FrameworkId
    task: TaskInfo
    status: TaskStatus


@dataclass(frozen=True, slots=True)
class SendRegister:
    """`updates`: not yet acknowledged, oldest first; `slack`: revocable now; `volumes`: whose data is here."""

    tasks: tuple[AgentTask, ...]
    updates: tuple[tuple[FrameworkId, TaskStatus], ...]
    slack: Resources = NOTHING
    volumes: tuple[VolumeId, ...] = ()


@dataclass(frozen=True, slots=True)
class SendUpdates:
    updates: tuple[tuple[FrameworkId, TaskStatus], ...]


@dataclass(frozen=True, slots=True)
class SendHeartbeat:
    pass


@dataclass(frozen=True, slots=True)
class SendSlack:
    """What tasks hold and do not use."""

    revocable: Resources


@dataclass(frozen=True, slots=True)
class SendVolumes:
    """All the persistent volumes whose data is here."""

    volumes: tuple[VolumeId, ...]


@dataclass(frozen=True, slots=True)
class DeleteVolume:
    """Answered by VolumeDeleted."""

    volume_id: VolumeId
    reason: str


@dataclass(frozen=True, slots=True)
class SendUnregister:
    reason: str


@dataclass(frozen=True, slots=True)
class ConnectMaster:
    """Open a session; none is under way. `MasterConnected` once its stream is open, `MasterGone` at its end.

    `unreachable` is who should lead and does not answer, for this master to know, or empty. Should it answer again
    before this master has said a word, the link ends with `unreachable` as the leader.
    """

    link: int
    address: str
    unreachable: str = ""


@dataclass(frozen=True, slots=True)
class LeaveMaster:
    """End the present link, whatever it has come to; its `MasterGone` is due then like at any other end."""

    reason: str


@dataclass(frozen=True, slots=True)
class LaunchTasks:
    tasks: tuple[tuple[FrameworkId, TaskInfo], ...]
    reason: str
    home: Home = None


@dataclass(frozen=True, slots=True)
class KillAtExecutor:
    framework_id: FrameworkId
    task_id: TaskId
    grace_ms: int
    reason: str
    home: Home = None


@dataclass(frozen=True, slots=True)
class SendRecorded:
    sequence: int
    home: Home = None


@dataclass(frozen=True, slots=True)
class SendToExecutor:
    """A framework's message to an executor of its own."""

    executor: TaskKey
    data: bytes


@dataclass(frozen=True, slots=True)
class SendToScheduler:
    """The message of a framework's executor."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    data: bytes


@dataclass(frozen=True, slots=True)
class MeasureTasks:
    """Have the executor tell what tasks use, so often."""

    every_ms: int


@dataclass(frozen=True, slots=True)
class StartExecutor:
    reason: str


@dataclass(frozen=True, slots=True)
class StopExecutor:
    """Ask the agent's own to end: with `kill` it ends what it still runs, else it is known to run nothing."""

    reason: str
    kill: bool = True


@dataclass(frozen=True, slots=True)
class TaskEnded:
    """Its sandbox is complete, and one of those that may go when there are many."""

    framework_id: FrameworkId
    task_id: TaskId


@dataclass(frozen=True, slots=True)
class Note:
    """For the log: what was decided and why; `problem` when an operator should look at it."""

    message: str
    problem: bool = False


@dataclass(frozen=True, slots=True)
class Exit:
    code: int
    reason: str


Action = (
    Record
    | SendRegister
    | SendUpdates
    | SendHeartbeat
    | SendSlack
    | SendVolumes
    | DeleteVolume
    | SendUnregister
    | ConnectMaster
    | LeaveMaster
    | LaunchTasks
    | KillAtExecutor
    | SendRecorded
    | SendToExecutor
    | SendToScheduler
    | MeasureTasks
    | StartExecutor
    | StopExecutor
    | TaskEnded
    | Note
    | Exit
)
