"""What happens to the service framework. `request` numbers an API call that waits for its Answer."""

from dataclasses import dataclass

from barter.frameworks.service.app import App
from barter.frameworks.service.state import StoredGroup
from barter.sdk import InverseOffer, Offer, ReservationsHeld, ServiceUpdate, TaskStatus


@dataclass(frozen=True, slots=True)
class Registered:
    """The master knows us, for the first time, under this id, or again."""

    framework_id: str = ""


@dataclass(frozen=True, slots=True)
class ReservationsTold:
    held: ReservationsHeld


@dataclass(frozen=True, slots=True)
class Offered:
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class StatusCame:
    status: TaskStatus


@dataclass(frozen=True, slots=True)
class ServicesServed:
    """What of the apps is in place at the edges, of each where that changed."""

    updates: tuple[ServiceUpdate, ...]


@dataclass(frozen=True, slots=True)
class InverseOffered:
    """Agents are to be given up; each names the instances there."""

    inverse_offers: tuple[InverseOffer, ...]


@dataclass(frozen=True, slots=True)
class InverseRescinded:
    """The agent stays."""

    inverse_offer_id: str


@dataclass(frozen=True, slots=True)
class Put:
    """Create or change an app. `base` is the version that was changed: 0 for a new app."""

    app: App
    base: int


@dataclass(frozen=True, slots=True)
class Change:
    """One change of many apps and groups: all of it, or none.

    `restarts` are apps whose instances are all replaced. `groups` are kept as they are given, `group_deletes` no more.
    `deployment_id` names the deployment this starts; `force` gives up those that are in the way.
    """

    request: int
    deployment_id: str
    puts: tuple[Put, ...] = ()
    deletes: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()
    groups: tuple[StoredGroup, ...] = ()
    group_deletes: tuple[str, ...] = ()
    force: bool = False


@dataclass(frozen=True, slots=True)
class KillInstances:
    """End these instances of any apps; others take their place, unless `scale` takes them off the counts.

    `wipe` gives up what they keep on their agents, too.
    """

    request: int
    task_ids: tuple[str, ...]
    deployment_id: str
    scale: bool = False
    wipe: bool = False
    force: bool = False


@dataclass(frozen=True, slots=True)
class Rollback:
    """Go back to what was before a deployment, by a new one, `new_id`. With `force` it is only given up."""

    request: int
    deployment_id: str
    new_id: str
    force: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    request: int
    deployment_id: str


@dataclass(frozen=True, slots=True)
class Resume:
    request: int
    deployment_id: str


@dataclass(frozen=True, slots=True)
class Promote:
    """The canaries of a deployment are good: go on with the rest."""

    request: int
    deployment_id: str


@dataclass(frozen=True, slots=True)
class ResetDelay:
    """Launch again now, whatever failed before."""

    request: int
    app_id: str


Request = Change | KillInstances | Rollback | Pause | Resume | Promote | ResetDelay
Event = (
    Registered | ReservationsTold | Offered | StatusCame | ServicesServed | InverseOffered | InverseRescinded | Request
)
