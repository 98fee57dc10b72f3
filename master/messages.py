"""What the master says on its streams, in core types; the shell knows how each looks on the wire."""

from dataclasses import dataclass

from barter.core.cluster import InverseOffer, Offer, ServiceServed
from barter.core.ids import AgentId, ExecutorId, FrameworkId, InverseOfferId, OfferId, TaskId, VolumeId
from barter.core.reservations import ReservationsHeld
from barter.core.tasks import Reason, TaskInfo, TaskStatus

Ack = tuple[FrameworkId, TaskId, str]


@dataclass(frozen=True, slots=True)
class Registered:
    """To an agent: its session stands, and it is to say so often that it is there; told anew when that changes."""

    heartbeat_ms: int = 1_000


@dataclass(frozen=True, slots=True)
class Run:
    framework_id: FrameworkId
    tasks: tuple[TaskInfo, ...]


@dataclass(frozen=True, slots=True)
class Kill:
    """`grace_ms` less than 0 means the task's own; `cause` is the reason of the status that tells of it."""

    framework_id: FrameworkId
    task_id: TaskId
    grace_ms: int
    reason: str
    cause: Reason = Reason.KILLED_BY_FRAMEWORK


@dataclass(frozen=True, slots=True)
class Acknowledge:
    acks: tuple[Ack, ...]


@dataclass(frozen=True, slots=True)
class KillFramework:
    framework_id: FrameworkId
    reason: str


@dataclass(frozen=True, slots=True)
class DestroyVolume:
    """Its data is to be deleted; the agent then tells the volumes it has."""

    volume_id: VolumeId
    reason: str


@dataclass(frozen=True, slots=True)
class Shutdown:
    """To an agent that was marked gone: end all tasks and leave."""

    reason: str


@dataclass(frozen=True, slots=True)
class ToExecutor:
    """A scheduler's words to an executor of its own, for its agent; in base64, as nobody between them reads them."""

    framework_id: FrameworkId
    executor_id: ExecutorId
    data: str


@dataclass(frozen=True, slots=True)
class Subscribed:
    framework_id: FrameworkId


@dataclass(frozen=True, slots=True)
class Offers:
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Rescind:
    offer_ids: tuple[OfferId, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class InverseOffers:
    """One for an agent replaces an earlier one for it."""

    inverse_offers: tuple[InverseOffer, ...]


@dataclass(frozen=True, slots=True)
class RescindInverse:
    """The agents stay."""

    inverse_offer_ids: tuple[InverseOfferId, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Update:
    statuses: tuple[TaskStatus, ...]


@dataclass(frozen=True, slots=True)
class ServicesServed:
    """What of the framework's services is in place at the edges, of each that changed there."""

    services: tuple[ServiceServed, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """An agent was lost; with `executor_id` one of the framework's executors there ended, with this code if known."""

    agent_id: AgentId
    reason: str
    executor_id: ExecutorId = ExecutorId("")
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class FromExecutor:
    """An executor's words to its scheduler, in base64."""

    agent_id: AgentId
    executor_id: ExecutorId
    data: str


@dataclass(frozen=True, slots=True)
class Error:
    """Something the peer sent was refused; with `fatal` its session ends and is not to be tried again."""

    message: str
    fatal: bool = False


ToAgent = Registered | Run | Kill | Acknowledge | KillFramework | DestroyVolume | ToExecutor | Shutdown | Error
ToFramework = (
    Subscribed
    | Offers
    | Rescind
    | InverseOffers
    | RescindInverse
    | Update
    | ServicesServed
    | Failure
    | FromExecutor
    | ReservationsHeld
    | Error
)
