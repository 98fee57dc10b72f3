"""Resources of an agent kept for one role, and volumes on them whose data outlives tasks."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.core.ids import AgentId, ReservationId, VolumeId
from barter.core.resources import Resources


@dataclass(frozen=True, slots=True)
class Reservation:
    """For `role` and the roles below it. A static one comes from the agent's start and goes only with it."""

    reservation_id: ReservationId
    agent_id: AgentId
    role: str
    resources: Resources
    principal: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    static: bool = False


@dataclass(frozen=True, slots=True)
class PersistentVolume:
    """`size` bytes of its reservation's disk are its own, whether a task uses it or not; one task at a time does."""

    volume_id: VolumeId
    reservation_id: ReservationId
    agent_id: AgentId
    size: int
    principal: str = ""


@dataclass(frozen=True, slots=True)
class VolumeMount:
    """A persistent volume in a task: at `path` of its container, or below its sandbox where it has none."""

    volume_id: VolumeId
    path: str
    read_only: bool = False
