"""What a master must remember over its own death: little, because agents tell the rest again."""

from dataclasses import dataclass

from barter.core.cluster import AgentInfo, FrameworkInfo
from barter.core.ids import AgentId, FrameworkId, ReservationId, VolumeId
from barter.core.maintenance import Maintenance
from barter.core.removals import Removals, RemovedAgent
from barter.core.reservations import PersistentVolume, Reservation
from barter.core.roles import RoleConfig


@dataclass(frozen=True, slots=True)
class AgentAdmitted:
    info: AgentInfo


@dataclass(frozen=True, slots=True)
class AgentLeft:
    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class FrameworkAdmitted:
    info: FrameworkInfo


@dataclass(frozen=True, slots=True)
class FrameworkRemoved:
    framework_id: FrameworkId


@dataclass(frozen=True, slots=True)
class RoleSet:
    """A usual config is one that need not be kept."""

    config: RoleConfig


@dataclass(frozen=True, slots=True)
class ReservationMade:
    reservation: Reservation


@dataclass(frozen=True, slots=True)
class ReservationEnded:
    agent_id: AgentId
    reservation_id: ReservationId


@dataclass(frozen=True, slots=True)
class VolumeMade:
    volume: PersistentVolume


@dataclass(frozen=True, slots=True)
class VolumeCondemned:
    """Its data is to be deleted as soon as its agent can be told."""

    agent_id: AgentId
    volume_id: VolumeId


@dataclass(frozen=True, slots=True)
class VolumeEnded:
    """Its agent has deleted its data."""

    agent_id: AgentId
    volume_id: VolumeId


@dataclass(frozen=True, slots=True)
class MaintenanceSet:
    """Replaces what was known of the agent; an active one without a start need not be kept."""

    maintenance: Maintenance


@dataclass(frozen=True, slots=True)
class AgentGone:
    """Marked gone by an operator; never to return under this id. Comes beside AgentLeft."""

    agent_id: AgentId
    reason: str


@dataclass(frozen=True, slots=True)
class AgentRemoved:
    """Out of reach for too long; it may return. Comes beside AgentLeft."""

    removed: RemovedAgent


@dataclass(frozen=True, slots=True)
class RemovedForgotten:
    """It is back, or was marked gone."""

    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class RemovalsSet:
    removals: Removals


Fact = (
    AgentAdmitted
    | AgentLeft
    | FrameworkAdmitted
    | FrameworkRemoved
    | RoleSet
    | ReservationMade
    | ReservationEnded
    | VolumeMade
    | VolumeCondemned
    | VolumeEnded
    | MaintenanceSet
    | AgentGone
    | AgentRemoved
    | RemovedForgotten
    | RemovalsSet
)


@dataclass(frozen=True, slots=True)
class Recovered:
    """The facts as a start finds them. `epoch` is already this start's own: higher than any before it.

    What belongs to an agent that has left is not among them.
    """

    cluster_id: str
    epoch: int
    agents: tuple[AgentInfo, ...] = ()
    frameworks: tuple[FrameworkInfo, ...] = ()
    roles: tuple[RoleConfig, ...] = ()
    reservations: tuple[Reservation, ...] = ()
    volumes: tuple[PersistentVolume, ...] = ()
    condemned: tuple[tuple[AgentId, VolumeId], ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    gone: tuple[AgentGone, ...] = ()
    removed: tuple[RemovedAgent, ...] = ()
    removals: Removals = Removals()
