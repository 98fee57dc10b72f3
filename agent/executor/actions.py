"""What an executor has its shell do."""

from dataclasses import dataclass

from barter.agent.executor.events import AnyCheck, Order, Sample, TaskKey
from barter.core.ids import FrameworkId
from barter.core.tasks import Reason, TaskStatus


@dataclass(frozen=True, slots=True)
class ExecutorStatus:
    """A status on its way to the agent, counted so that the agent can say what it has recorded.

    `sequence` is 0 for a task found by this executor of which nothing happened since.
    """

    framework_id: FrameworkId
    status: TaskStatus
    sequence: int


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a session with the agent; none is under way. `Connected` once it is open, `Disconnected` at its end."""


@dataclass(frozen=True, slots=True)
class SendHello:
    """`tasks`: all it holds with their last status; `statuses`: those not yet recorded, oldest first."""

    tasks: tuple[ExecutorStatus, ...]
    statuses: tuple[ExecutorStatus, ...]


@dataclass(frozen=True, slots=True)
class SendStatus:
    status: ExecutorStatus


@dataclass(frozen=True, slots=True)
class FetchArtifacts:
    """Bring the task's artifacts into its sandbox: `Fetched` or `NotStarted`, at once after a `CancelFetch`."""

    order: Order


@dataclass(frozen=True, slots=True)
class CancelFetch:
    key: TaskKey
    reason: str


@dataclass(frozen=True, slots=True)
class StartTask:
    order: Order


@dataclass(frozen=True, slots=True)
class EndTask:
    """SIGTERM, or SIGKILL with `force`, to all of the task's processes; also cancels a launch under way.

    `why` is what its end will have for a reason; with `force` it was said before.
    """

    key: TaskKey
    force: bool
    reason: str
    why: Reason = Reason.NONE


@dataclass(frozen=True, slots=True)
class RunCheck:
    """Answered by `Checked`, unless a `StopChecks` comes first. `address` as in Started."""

    order: Order
    check: AnyCheck
    address: str = ""


@dataclass(frozen=True, slots=True)
class StopChecks:
    """The task is ending: drop its checks under way, with all that their commands started."""

    key: TaskKey
    reason: str


@dataclass(frozen=True, slots=True)
class Measure:
    """Read what these tasks have used; `Measured` with what was found, however little."""

    keys: tuple[TaskKey, ...]


@dataclass(frozen=True, slots=True)
class TaskUsage:
    """`cpus`: thousandths of a cpu, on average since the last one; `sample`: what it has used in all."""

    cpus: int
    sample: Sample

    @property
    def key(self) -> TaskKey:
        return self.sample.key


@dataclass(frozen=True, slots=True)
class SendUsage:
    tasks: tuple[TaskUsage, ...]


@dataclass(frozen=True, slots=True)
class Release:
    """The agent has recorded the task's end: remove what the runtime kept of it."""

    key: TaskKey


@dataclass(frozen=True, slots=True)
class Exit:
    reason: str


Action = (
    Connect
    | SendHello
    | SendStatus
    | FetchArtifacts
    | CancelFetch
    | StartTask
    | EndTask
    | RunCheck
    | StopChecks
    | Measure
    | SendUsage
    | Release
    | Exit
)
