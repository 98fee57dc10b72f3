"""The calls to the engine, each answered by one event, and what is told to the executor."""

from dataclasses import dataclass
from typing import Literal

from barter.agent.containers.events import RuntimeEvent
from barter.agent.executor.events import Held, Order, TaskKey


@dataclass(frozen=True, slots=True)
class Watch:
    """Open the engine's news: EngineConnected or not, in the end EngineLost."""


@dataclass(frozen=True, slots=True)
class List:
    """Listed or ListFailed, with this `number`."""

    number: int


@dataclass(frozen=True, slots=True)
class Create:
    """Created or CreateFailed."""

    order: Order


@dataclass(frozen=True, slots=True)
class Start:
    """StartDone or StartFailed. No container is started twice: that would run its task twice."""

    key: TaskKey
    container: str


@dataclass(frozen=True, slots=True)
class Pull:
    """PullDone or PullFailed, with this `number`; before that PullProgress any number of times."""

    number: int
    image: str


@dataclass(frozen=True, slots=True)
class CancelPull:
    """Nobody waits for it any more; its answer means nothing."""

    number: int


@dataclass(frozen=True, slots=True)
class Inspect:
    """Inspected or InspectFailed; `container` is a name or an id."""

    key: TaskKey
    container: str


@dataclass(frozen=True, slots=True)
class Kill:
    """Answered only by KillFailed."""

    key: TaskKey
    container: str
    signal: str
    reason: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Removed or RemoveFailed; the container is killed if it runs."""

    container: str
    reason: str


@dataclass(frozen=True, slots=True)
class CopyLogs:
    """LogsCopied: with `follow` when the container has ended, else at the end of what there is now."""

    order: Order
    container: str
    follow: bool


@dataclass(frozen=True, slots=True)
class Recovered:
    """What earlier executors left is known. Comes once, before any report of these tasks."""

    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Pulling any number of times, then Started and exactly one Ended, or NotStarted."""

    event: RuntimeEvent


@dataclass(frozen=True, slots=True)
class Log:
    """For people."""

    level: Literal["info", "warning", "error"]
    message: str
    why: str


@dataclass(frozen=True, slots=True)
class Closed:
    """After Close: every container on its way out is gone."""


Call = Create | Start | Pull | Inspect | List | Kill | Remove | CopyLogs
"""What an engine is asked, once, and answers once."""

Action = Call | Watch | CancelPull | Recovered | Report | Log | Closed
