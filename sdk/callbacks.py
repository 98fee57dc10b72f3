"""What a framework is told, in the order it happened: one per callback of its scheduler."""

from dataclasses import dataclass

from barter.core.cluster import InverseOffer, Offer, ServiceUpdate
from barter.core.ids import AgentId, ExecutorId, FrameworkId, InverseOfferId, OfferId
from barter.core.reservations import ReservationsHeld
from barter.core.tasks import TaskStatus


@dataclass(frozen=True, slots=True)
class Registered:
    framework_id: FrameworkId


@dataclass(frozen=True, slots=True)
class Reregistered:
    pass


@dataclass(frozen=True, slots=True)
class Disconnected:
    pass


@dataclass(frozen=True, slots=True)
class Offered:
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Rescinded:
    offer_id: OfferId


@dataclass(frozen=True, slots=True)
class InverseOffered:
    inverse_offers: tuple[InverseOffer, ...]


@dataclass(frozen=True, slots=True)
class InverseRescinded:
    inverse_offer_id: InverseOfferId


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    status: TaskStatus


@dataclass(frozen=True, slots=True)
class ServiceUpdated:
    update: ServiceUpdate


@dataclass(frozen=True, slots=True)
class AgentLost:
    agent_id: AgentId
    reason: str


@dataclass(frozen=True, slots=True)
class ExecutorLost:
    agent_id: AgentId
    executor_id: ExecutorId
    exit_code: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class MessageCame:
    agent_id: AgentId
    executor_id: ExecutorId
    data: bytes


@dataclass(frozen=True, slots=True)
class ReservationsTold:
    held: ReservationsHeld


@dataclass(frozen=True, slots=True)
class Error:
    message: str


Callback = (
    Registered
    | Reregistered
    | Disconnected
    | Offered
    | Rescinded
    | InverseOffered
    | InverseRescinded
    | StatusUpdate
    | ServiceUpdated
    | AgentLost
    | ExecutorLost
    | MessageCame
    | ReservationsTold
    | Error
)
