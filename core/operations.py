"""What a framework (within an accept) or an operator does with an agent's resources. Mesos' offer operations."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.core.ids import ReservationId, VolumeId
from barter.core.resources import Resources


@dataclass(frozen=True, slots=True)
class Reserve:
    """Keep resources for `role` (the offer's, where empty). The same again, under the same id, changes nothing.

    An `exclusive` one serves no demand but those for its volumes.
    """

    reservation_id: ReservationId
    resources: Resources
    role: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Unreserve:
    reservation_id: ReservationId


@dataclass(frozen=True, slots=True)
class CreateVolume:
    """Take `size` bytes of the reservation's disk for a volume whose data outlives tasks."""

    volume_id: VolumeId
    reservation_id: ReservationId
    size: int


@dataclass(frozen=True, slots=True)
class DestroyVolume:
    """Delete its data and give its disk back to its reservation."""

    volume_id: VolumeId


Operation = Reserve | Unreserve | CreateVolume | DestroyVolume
