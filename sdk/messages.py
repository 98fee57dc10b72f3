"""What a session hears besides the framework's own calls, and what it wants done."""

from dataclasses import dataclass

from barter.core.cluster import InverseOffer, Offer, ServiceUpdate
from barter.core.ids import AgentId, ExecutorId, FrameworkId, InverseOfferId, OfferId
from barter.core.reservations import ReservationsHeld
from barter.core.route import MastersAre
from barter.core.tasks import TaskStatus
from barter.sdk.callbacks import Callback
from barter.sdk.calls import Call, Launch, Subscribe

# From the master, each over the link that `Heard` names.


@dataclass(frozen=True, slots=True)
class Subscribed:
    framework_id: FrameworkId
    epoch: int
    heartbeat_ms: int


@dataclass(frozen=True, slots=True)
class Offers:
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Rescind:
    offer_ids: tuple[OfferId, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InverseOffers:
    inverse_offers: tuple[InverseOffer, ...]


@dataclass(frozen=True, slots=True)
class RescindInverse:
    inverse_offer_ids: tuple[InverseOfferId, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    statuses: tuple[TaskStatus, ...]


@dataclass(frozen=True, slots=True)
class ServicesServed:
    updates: tuple[ServiceUpdate, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """Of an agent; with `executor_id` of an executor of the framework's on it."""

    agent_id: AgentId
    reason: str
    executor_id: ExecutorId = ExecutorId("")
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """From an executor of the framework's own."""

    agent_id: AgentId
    executor_id: ExecutorId
    data: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """`fatal`: this framework is not to subscribe again."""

    message: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Heartbeat:
    pass


MasterEvent = (
    Subscribed
    | Offers
    | Rescind
    | InverseOffers
    | RescindInverse
    | Update
    | ServicesServed
    | Failure
    | Message
    | ReservationsHeld
    | Refusal
    | Heartbeat
)


# Events.


@dataclass(frozen=True, slots=True)
class Start:
    pass


@dataclass(frozen=True, slots=True)
class Heard:
    link: int
    event: MasterEvent


@dataclass(frozen=True, slots=True)
class LinkLost:
    """`leader`: where that master said to go, or empty; `jitter`: drawn from 0 to 999."""

    link: int
    reason: str
    leader: str = ""
    jitter: int = 0


@dataclass(frozen=True, slots=True)
class Invoked:
    """The first `count` callbacks of the last Invoke have returned or raised; the others were not called."""

    count: int


@dataclass(frozen=True, slots=True)
class Unsendable:
    """A launch that cannot be written on the wire."""

    launch: Launch
    message: str


@dataclass(frozen=True, slots=True)
class Stop:
    """`failover`: leave the framework and its tasks to another process."""

    failover: bool = False


Event = Start | MastersAre | Heard | LinkLost | Invoked | Unsendable | Stop | Call


# Actions.


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a link and subscribe; everything that comes of it carries `link`.

    `unreachable` is who should lead and does not answer, for this master to know, or empty. Should it answer again
    before this master has said a word, the link is lost with `unreachable` as the leader.
    """

    link: int
    address: str
    subscribe: Subscribe
    unreachable: str = ""


@dataclass(frozen=True, slots=True)
class Disconnect:
    link: int
    reason: str


@dataclass(frozen=True, slots=True)
class Send:
    call: Call


@dataclass(frozen=True, slots=True)
class Invoke:
    """Call these one after the other, then post Invoked."""

    callbacks: tuple[Callback, ...]


@dataclass(frozen=True, slots=True)
class KeepId:
    """Durably, before anything that follows; an empty id is forgotten."""

    framework_id: FrameworkId


@dataclass(frozen=True, slots=True)
class Say:
    """A line for the log."""

    message: str
    warning: bool = True


@dataclass(frozen=True, slots=True)
class Finish:
    """The session is over: flush what was sent, tell the scheduler of a fatal `error`, end with this exit code."""

    code: int
    reason: str
    error: str = ""


Action = Connect | Disconnect | Send | Invoke | KeepId | Say | Finish
