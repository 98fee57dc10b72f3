"""What can happen to a master. `session` numbers a stream; events of an older stream of the same peer are ignored."""

from dataclasses import dataclass

from barter.core.cluster import AgentInfo, Demand, Filters, FrameworkInfo, Service
from barter.core.ids import AgentId, FrameworkId, OfferId, TaskId
from barter.core.tasks import TaskInfo, TaskStatus
from barter.master.messages import Ack

AgentTask = tuple[FrameworkId, TaskInfo, TaskStatus]
AgentStatus = tuple[FrameworkId, TaskStatus]


@dataclass(frozen=True, slots=True)
class AgentRegister:
    """`tasks` is all the agent has; `updates` those not yet acknowledged, oldest first."""

    session: int
    info: AgentInfo
    tasks: tuple[AgentTask, ...] = ()
    updates: tuple[AgentStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class AgentUpdates:
    session: int
    agent_id: AgentId
    updates: tuple[AgentStatus, ...]


@dataclass(frozen=True, slots=True)
class AgentHeartbeat:
    session: int
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class AgentUnregister:
    """The agent leaves for good and has ended its tasks."""

    session: int
    agent_id: AgentId
    reason: str


@dataclass(frozen=True, slots=True)
class AgentDisconnected:
    session: int
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class Subscribe:
    """An empty `info.framework_id` asks for a new one; a known one takes over from its older session."""

    session: int
    info: FrameworkInfo
    demands_only: bool = False


@dataclass(frozen=True, slots=True)
class FrameworkDisconnected:
    session: int


@dataclass(frozen=True, slots=True)
class Accept:
    """`malformed` are tasks that could not be read, each with the reason."""

    session: int
    offer_ids: tuple[OfferId, ...]
    tasks: tuple[TaskInfo, ...]
    filters: Filters = Filters()
    malformed: tuple[tuple[TaskId, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Decline:
    session: int
    offer_ids: tuple[OfferId, ...]
    filters: Filters = Filters()


@dataclass(frozen=True, slots=True)
class Revive:
    session: int


@dataclass(frozen=True, slots=True)
class Suppress:
    session: int


@dataclass(frozen=True, slots=True)
class SetDemands:
    session: int
    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True)
class SetServices:
    session: int
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class KillTask:
    session: int
    task_id: TaskId
    grace_ms: int = -1


@dataclass(frozen=True, slots=True)
class AcknowledgeUpdates:
    session: int
    acks: tuple[Ack, ...]


@dataclass(frozen=True, slots=True)
class Reconcile:
    """Asks for the current status of these tasks; of all where none is named."""

    session: int
    task_ids: tuple[TaskId, ...] = ()


@dataclass(frozen=True, slots=True)
class Teardown:
    session: int


@dataclass(frozen=True, slots=True)
class TeardownByOperator:
    framework_id: FrameworkId


AgentEvent = AgentRegister | AgentUpdates | AgentHeartbeat | AgentUnregister | AgentDisconnected
FrameworkEvent = (
    FrameworkDisconnected
    | Accept
    | Decline
    | Revive
    | Suppress
    | SetDemands
    | SetServices
    | KillTask
    | AcknowledgeUpdates
    | Reconcile
    | Teardown
)
Event = AgentEvent | Subscribe | FrameworkEvent | TeardownByOperator
