"""What the edge's machine is told, and what it asks its shell to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from barter.agent.edge.config import Candidate
from barter.agent.edge.model import Address
from barter.agent.edge.plan import Command
from barter.agent.edge.slots import Slots
from barter.agent.edge.view import ServiceEndpoints
from barter.core.cluster import Service, ServiceServed


@dataclass(frozen=True, slots=True)
class Adopted:
    """A HAProxy was found running: only told first, before anything else."""

    structure: str
    services: tuple[Service, ...]
    slots: Mapping[str, Slots]


@dataclass(frozen=True, slots=True)
class Told:
    """An update of the watch; with `snapshot`, all there is."""

    services: tuple[ServiceEndpoints, ...] = ()
    removed: tuple[str, ...] = ()
    snapshot: bool = False
    settled: bool = True


@dataclass(frozen=True, slots=True)
class WatchLost:
    """Nobody says what changes: what is served goes on."""

    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """`words` are HAProxy's, empty when it accepts the candidate; `taken` are addresses it could not listen on."""

    structure: str
    words: str = ""
    taken: Mapping[Address, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Running:
    """HAProxy serves `structure` since a start or reload, with these slots."""

    structure: str
    slots: Mapping[str, Slots]


@dataclass(frozen=True, slots=True)
class Failed:
    """A check could not be made, or a start or reload failed: after those HAProxy serves what it did before."""

    structure: str
    words: str


@dataclass(frozen=True, slots=True)
class Applied:
    """Runtime commands were carried out; `words` of the first that was not."""

    words: str = ""


@dataclass(frozen=True, slots=True)
class SlotsRead:
    slots: Mapping[str, Slots]


@dataclass(frozen=True, slots=True)
class SessionsCounted:
    """By backend and address what is under way there, in all of HAProxy's processes; none at those not named."""

    sessions: Mapping[str, Mapping[Address, int]]


@dataclass(frozen=True, slots=True)
class Died:
    """HAProxy has ended by itself."""

    words: str


Event = Adopted | Told | WatchLost | Checked | Running | Failed | Applied | SlotsRead | SessionsCounted | Died


@dataclass(frozen=True, slots=True)
class Check:
    """Let HAProxy check the candidate and see whether `probe` can be listened on; answered by Checked."""

    candidate: Candidate
    probe: frozenset[Address]
    reason: str


@dataclass(frozen=True, slots=True)
class Start:
    """Answered by Running or Failed."""

    candidate: Candidate
    reason: str


@dataclass(frozen=True, slots=True)
class Reload:
    """Write the candidate and reload; answered by Running or Failed."""

    candidate: Candidate
    reason: str


@dataclass(frozen=True, slots=True)
class ApplyRuntime:
    """Answered by Applied."""

    structure: str
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class ReadSlots:
    """Answered by SlotsRead, or by Applied with words."""

    structure: str
    reason: str


@dataclass(frozen=True, slots=True)
class CountSessions:
    """Answered by SessionsCounted, without the backends that could not be asked for."""

    structure: str
    backends: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class TellServed:
    """For the master: the whole of each service that changed in HAProxy, and those that are not served any more."""

    services: tuple[ServiceServed, ...]
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A line for the log; `trouble` asks for someone's attention."""

    message: str
    trouble: bool = False
    service_id: str = ""


Action = Check | Start | Reload | ApplyRuntime | ReadSlots | CountSessions | TellServed | Report
