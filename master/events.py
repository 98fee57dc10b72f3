"""What can happen to a master. `session` numbers a stream; events of an older stream of the same peer are ignored."""

from dataclasses import dataclass

from barter.core.cluster import AgentInfo, Demand, Filters, FrameworkInfo, Service, ServiceServed
from barter.core.ids import AgentId, ExecutorId, FrameworkId, OfferId, ReservationId, TaskId, VolumeId
from barter.core.operations import Operation
from barter.core.resources import NOTHING, Resources
from barter.core.roles import RoleConfig, RolePart
from barter.core.tasks import TaskInfo, TaskStatus
from barter.master.messages import Ack

AgentTask = tuple[FrameworkId, TaskInfo, TaskStatus]
AgentStatus = tuple[FrameworkId, TaskStatus]


@dataclass(frozen=True, slots=True)
class AgentRegister:
    """`tasks` is all the agent has, and `volumes` all its persistent volumes; `updates` those not yet acknowledged,
    oldest first. `slack` is revocable at the moment.
    """

    session: int
    info: AgentInfo
    tasks: tuple[AgentTask, ...] = ()
    updates: tuple[AgentStatus, ...] = ()
    volumes: tuple[VolumeId, ...] = ()
    slack: Resources = NOTHING


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
class AgentSlack:
    """What its tasks hold and do not use: revocable."""

    session: int
    agent_id: AgentId
    revocable: Resources


@dataclass(frozen=True, slots=True)
class AgentVolumes:
    """All the persistent volumes it has now."""

    session: int
    agent_id: AgentId
    volumes: tuple[VolumeId, ...]


@dataclass(frozen=True, slots=True)
class AgentMessage:
    """From a framework's executor to its scheduler; `data` in base64, as nobody between them reads it."""

    session: int
    agent_id: AgentId
    framework_id: FrameworkId
    executor_id: ExecutorId
    data: str


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
    """`operations` come before the launches. `malformed` and `unreadable` are tasks, and reservations or volumes to be
    operated on, that could not be read, each with the reason."""

    session: int
    offer_ids: tuple[OfferId, ...]
    tasks: tuple[TaskInfo, ...]
    filters: Filters = Filters()
    malformed: tuple[tuple[TaskId, str], ...] = ()
    operations: tuple[Operation, ...] = ()
    unreadable: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Decline:
    session: int
    offer_ids: tuple[OfferId, ...]
    filters: Filters = Filters()


@dataclass(frozen=True, slots=True)
class Revive:
    """For these roles; for all of the framework's where none is named."""

    session: int
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Suppress:
    """For these roles; for all of the framework's where none is named."""

    session: int
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Release:
    """These tasks on an agent that is to be given up have their replacement: they may be killed."""

    session: int
    task_ids: tuple[TaskId, ...]


@dataclass(frozen=True, slots=True)
class ReconcileReservations:
    """End these, pairs of agent and reservation, with their volumes; then tell which the framework's principal has."""

    session: int
    endings: tuple[tuple[AgentId, ReservationId], ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """These tasks, which returned late, stay."""

    session: int
    task_ids: tuple[TaskId, ...]


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
class FrameworkMessage:
    """To an executor of the framework's own; `data` in base64."""

    session: int
    agent_id: AgentId
    executor_id: ExecutorId
    data: str


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
    call: int = 0


@dataclass(frozen=True, slots=True)
class SetRoles:
    """Each replaces that part of what was set for its role; all of them or none. `call` numbers what is answered."""

    call: int
    roles: tuple[RoleConfig, ...]
    force: bool = False
    part: RolePart = RolePart.ALL


@dataclass(frozen=True, slots=True)
class Operate:
    """An operation of an operator's, on what is free of an agent."""

    call: int
    agent_id: AgentId
    principal: str
    operation: Operation


@dataclass(frozen=True, slots=True)
class Drain:
    """From `start_ms` on (0: now); what still runs on the agent `grace_ms` later is killed."""

    call: int
    agent_id: AgentId
    start_ms: int
    grace_ms: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Deactivate:
    """No more offers of it; its tasks go on."""

    call: int
    agent_id: AgentId
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Activate:
    """An end to its drain or deactivation."""

    call: int
    agent_id: AgentId
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MarkGone:
    """Its tasks run nowhere any more, and it is not to return under this id."""

    call: int
    agent_id: AgentId
    reason: str = ""


@dataclass(frozen=True, slots=True)
class HoldRemovals:
    """No agent out of reach is removed until that is taken back."""

    call: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ResumeRemovals:
    """Who is out of reach now is lost indeed, and is removed in turn."""

    call: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EdgeJoined:
    """`edge` names a watch of endpoints by one who serves them, another name for each."""

    edge: str


@dataclass(frozen=True, slots=True)
class EdgeReported:
    """The whole of each service that changed there, and those that it does not serve any more."""

    edge: str
    services: tuple[ServiceServed, ...]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeLeft:
    """The watch is over."""

    edge: str


AgentEvent = (
    AgentRegister
    | AgentUpdates
    | AgentHeartbeat
    | AgentSlack
    | AgentVolumes
    | AgentMessage
    | AgentUnregister
    | AgentDisconnected
)
FrameworkEvent = (
    FrameworkDisconnected
    | Accept
    | Decline
    | Revive
    | Suppress
    | SetDemands
    | SetServices
    | KillTask
    | FrameworkMessage
    | AcknowledgeUpdates
    | Reconcile
    | ReconcileReservations
    | Release
    | Keep
    | Teardown
)
OperatorCall = SetRoles | Operate | Drain | Deactivate | Activate | MarkGone | HoldRemovals | ResumeRemovals
EdgeEvent = EdgeJoined | EdgeReported | EdgeLeft
Event = AgentEvent | Subscribe | FrameworkEvent | EdgeEvent | TeardownByOperator | OperatorCall
