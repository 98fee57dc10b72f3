"""What the service framework wants done. Within a batch: first what is to be durable, then the rest in order."""

from dataclasses import dataclass

from barter.frameworks.service.former import Former
from barter.frameworks.service.instances import Placed
from barter.frameworks.service.places import Place
from barter.frameworks.service.published import Published
from barter.frameworks.service.secrets import SecretUse
from barter.frameworks.service.state import Deployment, StoredApp, StoredGroup
from barter.sdk import Demand, Offer, Operation, Service, TaskInfo


@dataclass(frozen=True, slots=True)
class SaveApp:
    stored: StoredApp


@dataclass(frozen=True, slots=True)
class DropApp:
    app_id: str


@dataclass(frozen=True, slots=True)
class SaveFormer:
    former: Former


@dataclass(frozen=True, slots=True)
class DropFormer:
    key: str


@dataclass(frozen=True, slots=True)
class SaveLaunch:
    """The living instances that were launched together, under the key they share."""

    record: str
    placed: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class DropLaunch:
    record: str


@dataclass(frozen=True, slots=True)
class SaveDeployment:
    deployment: Deployment


@dataclass(frozen=True, slots=True)
class DropDeployment:
    deployment_id: str


@dataclass(frozen=True, slots=True)
class SaveGroup:
    group: StoredGroup


@dataclass(frozen=True, slots=True)
class DropGroup:
    group_id: str


@dataclass(frozen=True, slots=True)
class SavePlace:
    place: Place


@dataclass(frozen=True, slots=True)
class DropPlace:
    place_id: str


@dataclass(frozen=True, slots=True)
class Launch:
    """`operations` make the places of the tasks; `secrets` are to be put into their environments."""

    offer: Offer
    tasks: tuple[TaskInfo, ...]
    reason: str
    operations: tuple[Operation, ...] = ()
    secrets: tuple[SecretUse, ...] = ()


@dataclass(frozen=True, slots=True)
class ReconcileReservations:
    """End these, pairs of agent and reservation, with their data, and be told what is left."""

    endings: tuple[tuple[str, str], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Decline:
    """Give an offer back, not to be offered again for `refuse_ms`."""

    offer: Offer
    refuse_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Kill:
    task_id: str
    grace_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Release:
    """Its agent is to be given up, and the instance is replaced: the master may end it."""

    task_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reconcile:
    task_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class SetDemands:
    demands: tuple[Demand, ...]


@dataclass(frozen=True, slots=True)
class SetServices:
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class Publish:
    """Tell those who listen to the event stream."""

    published: Published


@dataclass(frozen=True, slots=True)
class Answer:
    """To an API call: what it started, or with a `status` of an HTTP error why not; `path` names the field to blame.

    `locked_by` are the deployments in the way.
    """

    request: int
    version: int = 0
    deployment_id: str = ""
    status: int = 200
    message: str = ""
    path: str = ""
    stale: bool = False
    locked_by: tuple[str, ...] = ()


Saving = (
    SaveApp
    | DropApp
    | SaveFormer
    | DropFormer
    | SaveLaunch
    | DropLaunch
    | SavePlace
    | DropPlace
    | SaveDeployment
    | DropDeployment
    | SaveGroup
    | DropGroup
)
Telling = Launch | Decline | Kill | Release | Reconcile | ReconcileReservations | SetDemands | SetServices
Action = Saving | Telling | Publish | Answer
