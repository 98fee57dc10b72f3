"""What happens to the fetcher, and what it has its shell do."""

from dataclasses import dataclass

from barter.agent.executor.events import TaskKey
from barter.agent.fetch.plans import Plan
from barter.core.tasks import Artifact, Reason


@dataclass(frozen=True, slots=True)
class Begin:
    """Fetch a task's artifacts, once for each key; together they may come to `limit` bytes."""

    key: TaskKey
    artifacts: tuple[Artifact, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class Cancel:
    key: TaskKey


@dataclass(frozen=True, slots=True)
class CacheLimit:
    """What the cache may hold from now on, in bytes; 0 for no cache."""

    size: int


@dataclass(frozen=True, slots=True)
class Problem:
    """`text` says what happened, why and what to do."""

    text: str
    reason: Reason = Reason.FETCH_FAILED


@dataclass(frozen=True, slots=True)
class Sized:
    """A download has begun and will be so large, its server says."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class Downloaded:
    number: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DownloadFailed:
    """`too_large`: it was given up at its limit."""

    number: int
    problem: Problem
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """The artifact is in the sandbox, where it takes `size` bytes."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class NotPlaced:
    """`corrupt`: what was kept is not any more what was downloaded."""

    number: int
    problem: Problem
    corrupt: bool = False


FetchEvent = Begin | Cancel | CacheLimit | Sized | Downloaded | DownloadFailed | Placed | NotPlaced


@dataclass(frozen=True, slots=True)
class Download:
    """To the file `number`; Downloaded or DownloadFailed comes of it, unless StopDownload came first."""

    number: int
    plan: Plan
    limit: int


@dataclass(frozen=True, slots=True)
class StopDownload:
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class PutInPlace:
    """From the file `file` with that `sha256` into the sandbox of `key`; Placed or NotPlaced comes of it, unless
    StopPlacing came first."""

    number: int
    key: TaskKey
    plan: Plan
    file: int
    sha256: str
    limit: int


@dataclass(frozen=True, slots=True)
class StopPlacing:
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A whole file of the cache: what was asked for, what it was."""

    number: int
    uri: str
    wanted: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Have the file outlive this executor."""

    file: Kept


@dataclass(frozen=True, slots=True)
class Touch:
    """The kept file was used."""

    number: int


@dataclass(frozen=True, slots=True)
class Discard:
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """All artifacts are in the sandbox."""

    key: TaskKey


@dataclass(frozen=True, slots=True)
class Failed:
    key: TaskKey
    problem: Problem


FetchAction = Download | StopDownload | PutInPlace | StopPlacing | Keep | Touch | Discard | Done | Failed
