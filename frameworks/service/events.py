"""What happens to the service framework. `request` numbers an API call that waits for its Answer."""

from dataclasses import dataclass

from barter.frameworks.service.app import App
from barter.sdk import InverseOffer, Offer, TaskStatus


@dataclass(frozen=True, slots=True)
class Registered:
    """The master knows us, for the first time or again."""


@dataclass(frozen=True, slots=True)
class Offered:
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class StatusCame:
    status: TaskStatus


@dataclass(frozen=True, slots=True)
class InverseOffered:
    """Agents are to be given up; each names the instances there."""

    inverse_offers: tuple[InverseOffer, ...]


@dataclass(frozen=True, slots=True)
class InverseRescinded:
    """The agent stays."""

    inverse_offer_id: str


@dataclass(frozen=True, slots=True)
class PutApp:
    """Create or change an app. `base` is the version that was changed: 0 for a new app.

    `deployment_id` names the deployment this starts; `force` gives up the one that is under way.
    """

    request: int
    app: App
    base: int
    deployment_id: str
    force: bool = False


@dataclass(frozen=True, slots=True)
class RestartApp:
    """Replace all instances, as an upgrade to the same definition."""

    request: int
    app_id: str
    deployment_id: str
    force: bool = False


@dataclass(frozen=True, slots=True)
class DeleteApp:
    request: int
    app_id: str
    deployment_id: str
    force: bool = False


@dataclass(frozen=True, slots=True)
class KillInstances:
    """End these instances of the app; others take their place, unless `scale` takes them off the count."""

    request: int
    app_id: str
    task_ids: tuple[str, ...]
    deployment_id: str
    scale: bool = False
    force: bool = False


Request = PutApp | RestartApp | DeleteApp | KillInstances
Event = Registered | Offered | StatusCame | InverseOffered | InverseRescinded | Request
