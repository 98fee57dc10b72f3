"""What a master wants done. Facts are made durable before any message of the same batch is sent."""

from dataclasses import dataclass

from barter.core.cluster import Endpoint, Service
from barter.core.ids import AgentId, FrameworkId
from barter.master.facts import Fact
from barter.master.messages import ToAgent, ToFramework


@dataclass(frozen=True, slots=True)
class SendToAgent:
    session: int
    agent_id: AgentId
    message: ToAgent
    reason: str


@dataclass(frozen=True, slots=True)
class SendToFramework:
    session: int
    framework_id: FrameworkId
    message: ToFramework
    reason: str


@dataclass(frozen=True, slots=True)
class Persist:
    fact: Fact
    reason: str


@dataclass(frozen=True, slots=True)
class CloseSession:
    """Tell the peer why, then end its stream; with `fatal` it is not to come back."""

    session: int
    reason: str
    fatal: bool


@dataclass(frozen=True, slots=True)
class ServiceView:
    service: Service
    endpoints: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class EndpointsChanged:
    """The whole of each service that changed in this batch."""

    services: tuple[ServiceView, ...]
    removed: tuple[str, ...]
    settled: bool
    reason: str


@dataclass(frozen=True, slots=True)
class HistoryGrew:
    """For those who watch events: all after what they have are in the history, up to `sequence`."""

    sequence: int
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """To the operator's call of that number; an empty refusal: it is done, and durable. `notes` say what it left."""

    call: int
    refusal: str
    reason: str
    notes: tuple[str, ...] = ()


Action = SendToAgent | SendToFramework | Persist | CloseSession | EndpointsChanged | HistoryGrew | Answer
