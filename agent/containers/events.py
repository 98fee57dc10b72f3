"""What happens to the containers of an executor: its orders, the engine's answers, the engine's own news."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from barter.agent.executor.events import Ended, NotStarted, Order, Pulling, Started, TaskKey
from barter.core.tasks import Reason

RuntimeEvent = Pulling | Started | NotStarted | Ended


class Trouble(StrEnum):
    """Why a call did not succeed: AWAY had no effect for certain, LOST may have had its whole effect."""

    IMAGE_MISSING = "image missing"
    NAME_TAKEN = "name taken"
    REFUSED = "refused"
    DISK_FULL = "disk full"
    AWAY = "engine away"
    LOST = "answer lost"


class Standing(StrEnum):
    """How a container is, in three of the engine's many words; paused and restarting ones are RUNNING."""

    CREATED = "created"
    RUNNING = "running"
    EXITED = "exited"


@dataclass(frozen=True, slots=True)
class Seen:
    """A container as the engine shows it; `order` is None when it is not one of this executor's.

    A list says nothing of its end. `ended_ms` since 1970; `vanished`: it is said to be RUNNING and its
    process is not there.
    """

    container: str
    standing: Standing
    order: Order | None
    exit_code: int | None = None
    out_of_memory: bool = False
    ended_ms: int | None = None
    vanished: bool = False
    address: str = ""


@dataclass(frozen=True, slots=True)
class Launch:
    """Tasks with an image to be run, in this order."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class End:
    """SIGTERM for a task, SIGKILL with `force`; a launch under way is given up."""

    key: TaskKey
    force: bool


@dataclass(frozen=True, slots=True)
class Release:
    """Nobody needs these ended tasks' containers any more."""

    keys: tuple[TaskKey, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """The executor ends: nothing more is begun, and removals wait for nothing but the last lines."""


@dataclass(frozen=True, slots=True)
class EngineConnected:
    """The engine's news come from here on; a list asked for after this misses no end."""


@dataclass(frozen=True, slots=True)
class EngineLost:
    """The news ended, or could not be had."""

    why: str


@dataclass(frozen=True, slots=True)
class Died:
    """News: a container ended, `ended_ms` after 1970; it may come before the answer to its start."""

    key: TaskKey
    code: int
    ended_ms: int | None = None


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """News: a container's memory was short. An engine may show this only after it has told the end."""

    key: TaskKey


@dataclass(frozen=True, slots=True)
class Listed:
    """All containers of this executor and its earlier ones, ended ones too."""

    number: int
    found: Sequence[Seen]


@dataclass(frozen=True, slots=True)
class ListFailed:
    number: int


@dataclass(frozen=True, slots=True)
class Created:
    key: TaskKey
    container: str


@dataclass(frozen=True, slots=True)
class CreateFailed:
    key: TaskKey
    trouble: Trouble
    message: str


@dataclass(frozen=True, slots=True)
class StartDone:
    key: TaskKey


@dataclass(frozen=True, slots=True)
class StartFailed:
    key: TaskKey
    trouble: Trouble
    message: str


@dataclass(frozen=True, slots=True)
class PullDone:
    number: int


@dataclass(frozen=True, slots=True)
class PullProgress:
    """No answer yet; `message` says how far it is."""

    number: int
    message: str


@dataclass(frozen=True, slots=True)
class PullFailed:
    number: int
    message: str
    reason: Reason = Reason.IMAGE_FAILED


@dataclass(frozen=True, slots=True)
class Inspected:
    """`seen` is None when the engine knows no such container."""

    key: TaskKey
    seen: Seen | None


@dataclass(frozen=True, slots=True)
class InspectFailed:
    key: TaskKey


@dataclass(frozen=True, slots=True)
class KillFailed:
    """The engine did not take the signal; that the container was over already is no failure."""

    key: TaskKey
    signal: str


@dataclass(frozen=True, slots=True)
class Removed:
    """The engine has no such container any more."""

    container: str


@dataclass(frozen=True, slots=True)
class RemoveFailed:
    container: str


@dataclass(frozen=True, slots=True)
class LogsCopied:
    """A copy of a container's output ended; `whole` when all there is of it lies in the sandbox."""

    container: str
    whole: bool


Event = (
    Launch
    | End
    | Release
    | Close
    | EngineConnected
    | EngineLost
    | Died
    | OutOfMemory
    | Listed
    | ListFailed
    | Created
    | CreateFailed
    | StartDone
    | StartFailed
    | PullDone
    | PullProgress
    | PullFailed
    | Inspected
    | InspectFailed
    | KillFailed
    | Removed
    | RemoveFailed
    | LogsCopied
)
