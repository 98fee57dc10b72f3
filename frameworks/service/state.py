"""An app as the framework keeps it: its definitions over time, its instances, how it fares."""

from dataclasses import dataclass, field

from barter.frameworks.service.app import App
from barter.frameworks.service.backoff import Backoff
from barter.frameworks.service.instances import Instance

MOST_VERSIONS = 25


@dataclass(frozen=True, slots=True)
class Deployment:
    """A change under way. `action` is Marathon's name for it."""

    deployment_id: str
    action: str
    version: int


@dataclass(frozen=True, slots=True)
class Failure:
    """The last end nobody asked for."""

    task_id: str
    host: str
    agent_id: str
    state: str
    message: str
    version: int
    timestamp_ms: int


@dataclass(frozen=True, slots=True)
class StoredApp:
    """What is durable of an app. `versions` holds its definitions, the current one last.

    `config_version` is the version that last changed more than the scale, `scaling_version` the last that changed it.
    """

    app_id: str
    versions: tuple[tuple[int, App], ...]
    config_version: int
    scaling_version: int
    deployment: Deployment | None = None
    deleting: bool = False

    @property
    def version(self) -> int:
        return self.versions[-1][0]

    @property
    def app(self) -> App:
        return self.versions[-1][1]

    def definition(self, version: int) -> App | None:
        return next((app for number, app in self.versions if number == version), None)


@dataclass(slots=True)
class AppState:
    """`wanted` is how many launches are open now, `since` since when, `waiting` what the app waits for."""

    stored: StoredApp
    instances: dict[str, Instance] = field(default_factory=dict)
    backoff: Backoff = field(default_factory=Backoff)
    wanted: int = 0
    since: int = 0
    ready: int = 0
    waiting: str = ""
    last_failure: Failure | None = None

    @property
    def app(self) -> App:
        return self.stored.app
