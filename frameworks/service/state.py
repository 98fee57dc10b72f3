"""An app as the framework keeps it: its definitions over time, its instances, how it fares."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from barter.core.cluster import ServiceUpdate
from barter.frameworks.service.app import App
from barter.frameworks.service.backoff import Backoff
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.members import Termination
from barter.frameworks.service.shares import Weights
from barter.sdk import Demand, Service

MOST_VERSIONS = 25
MOST_TERMINATIONS = 5
Spans = tuple[tuple[int, int], ...]
"""Versions alike in their tasks, from the first to the last of each span, in order."""


class Kind(StrEnum):
    """What a deployment does with one app, in Marathon's names."""

    START = "StartApplication"
    SCALE = "ScaleApplication"
    RESTART = "RestartApplication"
    STOP = "StopApplication"


@dataclass(frozen=True, slots=True)
class PlannedAction:
    kind: Kind
    app_id: str
    of_pod: bool = False


@dataclass(frozen=True, slots=True)
class Before:
    """What an app goes back to: the definition that had the `versions`, with `instances`. Without: it did not exist."""

    app_id: str
    versions: Spans
    instances: int


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """What a group says beyond the paths of its apps. `dependencies` are ids of apps and groups."""

    group_id: str
    dependencies: tuple[str, ...] = ()
    enforce_role: bool | None = None


@dataclass(frozen=True, slots=True)
class GroupBefore:
    """What a group said before; None where it said nothing."""

    group_id: str
    stored: StoredGroup | None


@dataclass(frozen=True, slots=True)
class Deployment:
    """A change under way over one or many apps: `steps` one after another, the actions of one side by side.

    `current` is the index of the step under way. While it is `paused` no outdated instance ends, no new one is added.
    `reverts` is the deployment that it undoes.
    """

    deployment_id: str
    version: int
    steps: tuple[tuple[PlannedAction, ...], ...]
    current: int = 0
    before: tuple[Before, ...] = ()
    groups_before: tuple[GroupBefore, ...] = ()
    paused: bool = False
    reverts: str = ""

    @property
    def app_ids(self) -> tuple[str, ...]:
        """The apps it affects, each once, in the order of its steps."""
        return tuple(dict.fromkeys(action.app_id for step in self.steps for action in step))

    @property
    def current_step(self) -> tuple[PlannedAction, ...]:
        """Nothing once all are done."""
        return self.steps[self.current] if self.current < len(self.steps) else ()

    def turns(self) -> dict[str, int]:
        """The step of each app in which it gets what it is to have: the last one it is in."""
        return {action.app_id: index for index, step in enumerate(self.steps) for action in step}


@dataclass(frozen=True, slots=True)
class Standing:
    """Two definitions side by side: `fresh` instances of the app's last one, `outdated` ones of the stable one.

    So are apps held for a later step, paused ones, canaries, and what a deployment that failed left behind.
    `count` is what the bounds are reckoned from. `trial` is how far a canary is: the index into canaryWeights.
    """

    count: int
    fresh: int
    outdated: int
    trial: int | None = None


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
    `stable` are the versions of the definition that was last rolled out in full.
    `revived` are versions whose instances are current again, as the definition went back to theirs.
    """

    app_id: str
    versions: tuple[tuple[int, App], ...]
    config_version: int
    scaling_version: int
    deleting: bool = False
    stable: Spans = ()
    revived: Spans = ()
    standing: Standing | None = None

    @property
    def version(self) -> int:
        return self.versions[-1][0]

    @property
    def app(self) -> App:
        return self.versions[-1][1]

    @property
    def is_pod(self) -> bool:
        return self.app.pod is not None

    def as_of(self, version: int) -> "StoredApp | None":
        """With the definition of that time as the last one; None where it was not there yet."""
        versions = tuple(known for known in self.versions if known[0] <= version)
        return replace(self, versions=versions) if versions else None

    def definition(self, version: int) -> App | None:
        return next((app for number, app in self.versions if number == version), None)

    @property
    def fallback(self) -> tuple[int, App] | None:
        """The definition that outdated instances are replaced by: the stable one, or else the one before."""
        if self.stable:
            version = self.stable[-1][1]
            stable = self.definition(version)
            return (version, stable) if stable and not self.is_current(version) else None
        earlier = [known for known in self.versions if not self.is_current(known[0])]
        return earlier[-1] if earlier else None

    def is_current(self, version: int) -> bool:
        """Whether instances launched at `version` are instances of the app as it is to be."""
        return version >= self.config_version or any(first <= version <= last for first, last in self.revived)


@dataclass(slots=True)
class Progress:
    """The best that was reached, and when: most ready ones, fewest outdated ones, fewest in all."""

    ready: int
    outdated: int
    total: int
    at_ms: int
    alarm_ms: int = 0

    def note(self, ready: int, outdated: int, total: int, now: int) -> None:
        if ready > self.ready or outdated < self.outdated or total < self.total:
            self.at_ms = now
        self.ready, self.outdated = max(ready, self.ready), min(outdated, self.outdated)
        self.total = min(total, self.total)


@dataclass(slots=True)
class AppState:
    """`wanted` is how many launches are open now, `since` since when, `waiting` what the app waits for.

    Up to `most_reopened` more are open in places that are `vacant`.
    With `launching_earlier` they get the definition of before. `progress` is that of its deployment in this process,
    `tried_since` when all of its canaries were ready. `service` and `demand` are what was told last, each with its app.
    `beside` are earlier definitions of which instances run, the last first.
    From the agents in `moved_from` instances were moved, as they are to be given up.
    """

    stored: StoredApp
    instances: dict[str, Instance] = field(default_factory=dict)
    backoff: Backoff = field(default_factory=Backoff)
    wanted: int = 0
    vacant: tuple[str, ...] = ()
    most_reopened: int = 0
    since: int = 0
    ready: int = 0
    waiting: str = ""
    launching_earlier: bool = False
    progress: Progress | None = None
    tried_since: int = 0
    beside: tuple[App, ...] = ()
    service: tuple[App, Service] | None = None
    demand: tuple[App, Demand] | None = None
    moved_from: set[str] = field(default_factory=set)
    last_failure: Failure | None = None
    terminations: tuple[Termination, ...] = ()
    at_edges: ServiceUpdate | None = None
    edges_until: int | None = None
    weights: Weights = ()

    @property
    def app(self) -> App:
        return self.stored.app

    @property
    def launched(self) -> tuple[int, App]:
        """The version that a launch gets now, with its definition."""
        earlier = self.stored.fallback if self.launching_earlier else None
        return earlier or self.stored.versions[-1]
