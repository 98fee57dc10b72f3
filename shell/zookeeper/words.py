"""Kazoo's words and ZooKeeper's, in ours: errors, rights, and what a server did that was tried."""

from dataclasses import dataclass
from typing import Any

from kazoo.exceptions import (
    AuthFailedError,
    BadVersionError,
    ConnectionClosedError,
    ConnectionLoss,
    InvalidACLError,
    NoAuthError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
    RuntimeInconsistency,
    SessionExpiredError,
)
from kazoo.security import ACL, OPEN_ACL_UNSAFE, Id, Permissions, make_digest_acl_credential

from barter.core.znodes import Check, Conflict, Create, Delete, Operation, SetData
from barter.shell.zookeeper.errors import NotAllowed, SessionOver

CLOSED = "the client is closed"
NO_NODE: type[Exception] = NoNodeError
LOST: type[Exception] = ConnectionLoss
NOT_ITS_FAULT = RolledBackError, RuntimeInconsistency
"""What a transaction's operations say that would have happened, but for another."""


@dataclass(frozen=True, slots=True)
class Right:
    """One entry of an ACL: who, as ZooKeeper writes it, and what of `"rwcda"`."""

    scheme: str
    who: str
    may: str


def right(entry: Any) -> Right:
    may = "".join(letter for bit, letter in enumerate("rwcda") if entry.perms & 1 << bit)
    return Right(entry.id.scheme, entry.id.id or "", may)


def digest_of(credentials: str) -> str:
    """How ACLs name who has these."""
    user, _, password = credentials.partition(":")
    return str(make_digest_acl_credential(user, password))


def acl(credentials: str, *, insecure: bool, public: bool) -> list[Any]:
    """Its owner may do all; the world may read what is `public`. Everybody may do all without credentials."""
    if not credentials:
        # Refused by ZooKeeper where nobody has authenticated.
        return list(OPEN_ACL_UNSAFE) if insecure else [ACL(Permissions.ALL, Id("auth", ""))]
    owner = ACL(Permissions.ALL, Id("digest", digest_of(credentials)))
    return [owner, ACL(Permissions.READ, Id("world", "anyone"))] if public else [owner]


def error_of(error: Exception, path: str, doing: str) -> Exception | None:
    """An error that says that nothing has happened; None for any other."""
    match error:
        case NoAuthError() | InvalidACLError() | AuthFailedError():
            return NotAllowed(path, doing)
        case ConnectionClosedError():
            return SessionOver(CLOSED)
        case SessionExpiredError():
            return SessionOver("ZooKeeper has ended the session")
    return None


def refusal_of(operation: Operation, path: str, error: Exception) -> Exception:
    """Why a transaction did not happen, by the operation that fails."""
    match error:
        case NoAuthError() | InvalidACLError() if isinstance(operation, Create | Delete):
            doing = "create" if isinstance(operation, Create) else "delete"
            return NotAllowed(path.rpartition("/")[0] or "/", f"{doing} nodes below")
        case NoAuthError():
            return NotAllowed(path, "write")
        case BadVersionError() if isinstance(operation, Check | SetData | Delete):
            why = f"its version is no longer {operation.version}"
        case NoNodeError() if isinstance(operation, Create):
            why = "its parent does not exist"
        case NoNodeError():
            why = "it does not exist"
        case NodeExistsError():
            why = "it exists already"
        case NotEmptyError():
            why = "it has children"
        case _:
            why = f"ZooKeeper said {type(error).__name__}"
    return Conflict(operation.path, why)


def said_of(error: BaseException) -> str:
    """What a server did that did not take the session on, after its name."""
    match error:
        case AuthFailedError():
            return "does not take the credentials"
        case SessionExpiredError():
            return "had ended the session"
    text = str(error).removeprefix("socket connection error: ")
    match text:
        case "socket connection broken":
            return "closed the connection at once, as one without a quorum does"
        case "socket time-out during read":
            return "accepted the connection and did not answer"
        case "timed out" | "None":
            return "did not accept a connection in time"
    return f"said: {text or type(error).__name__}"
