"""What happens to an executor: orders of its agent, reports of its runtimes, results of health checks."""

from dataclasses import dataclass
from typing import NamedTuple

from barter.core.ids import AgentId, FrameworkId, TaskId
from barter.core.tasks import HealthCheck, ReadinessCheck, Reason, StatusCheck, TaskInfo

AnyCheck = HealthCheck | ReadinessCheck | StatusCheck


class TaskKey(NamedTuple):
    """A task's name on its agent: task ids are unique only within a framework."""

    framework_id: FrameworkId
    task_id: TaskId


def container_name(agent_id: AgentId, framework_id: FrameworkId, task_id: TaskId) -> str:
    """One for each task, so that the engine itself refuses a second launch."""
    return f"barter.{agent_id}.{framework_id}.{task_id}"


@dataclass(frozen=True, slots=True)
class Order:
    """A task to launch: `sandbox` is an absolute path that exists, `container_name` what an engine knows it by.

    `network_of` names the running container, one of its group, whose network it is in.
    """

    framework_id: FrameworkId
    task: TaskInfo
    sandbox: str
    container_name: str
    network_of: str = ""

    @property
    def key(self) -> TaskKey:
        return TaskKey(self.framework_id, self.task.task_id)


@dataclass(frozen=True, slots=True)
class Launch:
    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Kill:
    """`grace_ms` None means the task's own."""

    key: TaskKey
    grace_ms: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The agent has every status up to and with `sequence`."""

    sequence: int


@dataclass(frozen=True, slots=True)
class Stop:
    """End once nothing runs; with `kill`, end all tasks first."""

    kill: bool


@dataclass(frozen=True, slots=True)
class MeasureEvery:
    """The agent wants to know what tasks use, so often, until the session ends."""

    every_ms: int


@dataclass(frozen=True, slots=True)
class Sample:
    """All the cpu time a task ever had, in microseconds, and the bytes it has resident now.

    Bytes read from and written to disks, received and sent on a network of its own: None where nobody counts them.
    """

    key: TaskKey
    cpu_us: int
    mem: int
    read: int | None = None
    written: int | None = None
    received: int | None = None
    sent: int | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of the last `Measure`: told once for each; a task that could not be measured is not there."""

    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Connected:
    """The session of the last `Connect` is open and waits for the Hello."""


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The session has ended or never came about: told once for each `Connect`."""


@dataclass(frozen=True, slots=True)
class Held:
    """A runtime found this task of an earlier executor; `killing` when its kill was already asked for.

    `kill_reason` and `kill_message` are why that one was ending it, where it was noted. `address` as in Started.
    """

    order: Order
    killing: bool = False
    address: str = ""
    kill_reason: Reason = Reason.NONE
    kill_message: str = ""


@dataclass(frozen=True, slots=True)
class Pulling:
    """The task waits for its image; `message` says how far it is, where that is known."""

    key: TaskKey
    image: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """The task's artifacts are in its sandbox. What could not be fetched is a NotStarted."""

    key: TaskKey


@dataclass(frozen=True, slots=True)
class Started:
    """`address` is where the task's ports answer, empty for its agent's."""

    key: TaskKey
    address: str = ""


@dataclass(frozen=True, slots=True)
class NotStarted:
    """The launch failed for good; `message` says what, why and what to do."""

    key: TaskKey
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The task's main process is gone. `exit_code` is None where nobody could know it, 128 + n after signal n.

    `ended_ms` since 1970, None for now; `disk_full`: its sandbox had no room left.
    """

    key: TaskKey
    exit_code: int | None
    signal: str = ""
    out_of_memory: bool = False
    ended_ms: int | None = None
    disk_full: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A `check`'s result; `message` says what was found, `found` says it as in CheckResult.

    `ok` is None where it could not be run, which says nothing of the task.
    """

    key: TaskKey
    check: AnyCheck
    ok: bool | None
    message: str
    found: int | None = None


Event = (
    Launch
    | Kill
    | Recorded
    | Stop
    | MeasureEvery
    | Measured
    | Connected
    | Disconnected
    | Held
    | Pulling
    | Fetched
    | Started
    | NotStarted
    | Ended
    | Checked
)
