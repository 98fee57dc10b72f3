"""What an election hears and asks for: candidates and the leader, as ZooKeeper keeps them.

Each question has a number, which its answer carries: what comes late answers nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Candidate:
    """`node` is its znode's name, `token` its own in one session; `addresses` where it answers, by protocol."""

    node: str
    token: str
    addresses: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Orders candidates: the digits that ZooKeeper gave."""
        return self.node[-10:]


@dataclass(frozen=True, slots=True)
class Leader:
    """What the leader's znode says, and its `version`; epoch 0 and no token before the first."""

    epoch: int
    token: str
    version: int
    addresses: Mapping[str, str] = field(default_factory=dict)


# Events.


@dataclass(frozen=True, slots=True)
class SessionOpened:
    """A new session, with the timeout that ZooKeeper grants it in milliseconds; `sent_ms` as in Renewed."""

    timeout_ms: int
    sent_ms: int


@dataclass(frozen=True, slots=True)
class SessionLost:
    reason: str


@dataclass(frozen=True, slots=True)
class Enlisted:
    """The candidate's node is there."""

    number: int


@dataclass(frozen=True, slots=True)
class Looked:
    """All candidates, and the leader's node as it was then or later; both read in this session."""

    candidates: tuple[Candidate, ...]
    leader: Leader
    number: int


@dataclass(frozen=True, slots=True)
class Changed:
    """A watch fired, or the connection is back."""


@dataclass(frozen=True, slots=True)
class Failed:
    """What was asked did not come about, or nobody knows whether."""

    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class Taken:
    """The transaction that takes the lead has happened; `version` is the leader's node's from now on."""

    epoch: int
    version: int
    number: int


@dataclass(frozen=True, slots=True)
class Renewed:
    """ZooKeeper has answered in this session what left at `sent_ms`."""

    sent_ms: int


@dataclass(frozen=True, slots=True)
class Resign:
    """To end: in good order, or with another `code` for what makes it impossible to go on."""

    reason: str
    code: int = 0


SessionEvent = SessionOpened | SessionLost | Renewed | Changed
Event = SessionEvent | Enlisted | Looked | Failed | Taken | Resign


# Actions.


@dataclass(frozen=True, slots=True)
class Enlist:
    """Create this candidate's ephemeral node, with this token, and remove those that earlier sessions of its process
    left; answered by Enlisted or Failed."""

    token: str
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class Look:
    """Read the candidates and then the leader, with a watch on both; answered by Looked or Failed."""

    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class Take:
    """In one transaction check that the candidate's node is there, and set the leader's, which must have `version`, to
    this epoch and the candidate's token; answered by Taken or Failed."""

    candidate: Candidate
    epoch: int
    version: int
    reason: str
    number: int


@dataclass(frozen=True, slots=True)
class Lead:
    """From now on, until Leave. With `version` the leader's node is the fence of every durable write."""

    epoch: int
    version: int
    reason: str


@dataclass(frozen=True, slots=True)
class Follow:
    """Who leads; no addresses while nobody does, and the reason says why."""

    addresses: Mapping[str, str]
    epoch: int
    reason: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Act no more, give the session up, exit with `code`."""

    code: int
    reason: str


Action = Enlist | Look | Take | Lead | Follow | Leave
