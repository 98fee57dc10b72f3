"""The whole of a master between two batches, as an immutable value: what can be worked out of it is left out."""

from dataclasses import dataclass

from barter.core.cluster import AgentInfo, Demand, Endpoint, FrameworkInfo, Service, ServiceServed
from barter.core.ids import AgentId, DemandId, FrameworkId, TaskId, VolumeId
from barter.core.maintenance import Maintenance
from barter.core.removals import Removals, RemovedAgent
from barter.core.reservations import PersistentVolume, Reservation
from barter.core.resources import Resources
from barter.core.roles import RoleConfig
from barter.core.tasks import TaskInfo, TaskStatus
from barter.master.allocator.memory import Memory
from barter.master.cluster import Timing
from barter.master.facts import AgentGone
from barter.master.messages import Kill
from barter.master.state import Kept, OpenOffer, TaskKey
from barter.master.timers import Due


@dataclass(frozen=True, slots=True)
class Head:
    """`states` is how many tasks there are in each, the ended ones since the start included; `history` its length.

    `removed_ms` is when an agent was removed last.
    """

    now_ms: int
    cluster_id: str
    epoch: int
    timing: Timing
    frameworks_made: int
    offers_made: int
    history: int
    states: dict[str, int]
    expected_agents: tuple[AgentId, ...]
    expected_frameworks: tuple[FrameworkId, ...]
    removals: Removals = Removals()
    out_of_reach: tuple[AgentId, ...] = ()
    removed_ms: int = 0


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """`tasks` are the live ones on it, in the agent's order: their records stand in the frameworks' order."""

    info: AgentInfo
    session: int
    unreachable: bool
    leaving: bool
    heard_ms: int
    registered_ms: int
    tasks: tuple[TaskKey, ...]
    reservations: tuple[Reservation, ...]
    volumes: tuple[PersistentVolume, ...]
    condemned: tuple[VolumeId, ...]
    maintenance: Maintenance | None
    slack: Resources
    stored: tuple[VolumeId, ...]
    kept: tuple[Kept, ...] = ()
    unreachable_ms: int = 0
    heartbeat_ms: int = 0


@dataclass(frozen=True, slots=True)
class FrameworkRecord:
    info: FrameworkInfo
    session: int
    absences: int
    demands_only: bool
    suppressed: tuple[str, ...]
    subscribed_ms: int
    demands: tuple[Demand, ...]
    services: tuple[Service, ...]
    unanswered: tuple[TaskId, ...]
    waiting: tuple[tuple[DemandId, int], ...] = ()
    behind: bool = False


@dataclass(frozen=True, slots=True)
class TaskRecord:
    framework_id: FrameworkId
    agent_id: AgentId
    info: TaskInfo
    status: TaskStatus
    launched_ms: int
    kill: Kill | None
    why: str = ""
    undecided: bool = False


@dataclass(frozen=True, slots=True)
class PendingRecord:
    """A status that its framework has yet to acknowledge."""

    framework_id: FrameworkId
    agent_id: AgentId
    status: TaskStatus


@dataclass(frozen=True, slots=True)
class ToldRecord:
    """A service and the framework it belongs to: of several that tell it, the one whose tasks serve it."""

    framework_id: FrameworkId
    service: Service


@dataclass(frozen=True, slots=True)
class EdgeRecord:
    """An edge and what it has in place."""

    edge: str
    served: tuple[ServiceServed, ...]


@dataclass(frozen=True, slots=True)
class StandingRecord:
    """What was told in that session of a service at the edges."""

    session: int
    standing: ServiceServed


@dataclass(frozen=True, slots=True)
class TimerRecord:
    when_ms: int
    due: Due


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything in the master's own order. The texts of the history are not in it: nothing is decided by them."""

    head: Head
    agents: tuple[AgentRecord, ...]
    frameworks: tuple[FrameworkRecord, ...]
    tasks: tuple[TaskRecord, ...]
    ended: tuple[TaskRecord, ...]
    pending: tuple[PendingRecord, ...]
    offers: tuple[OpenOffer, ...]
    told: tuple[ToldRecord, ...]
    endpoints: tuple[Endpoint, ...]
    timers: tuple[TimerRecord, ...]
    roles: tuple[RoleConfig, ...]
    gone: tuple[AgentGone, ...]
    removed: tuple[RemovedAgent, ...]
    edges: tuple[EdgeRecord, ...]
    standings: tuple[StandingRecord, ...]
    allocator: Memory
