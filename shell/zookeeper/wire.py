"""Kazoo behind types, and its only caller: questions go out, answers come as futures, in words of core/znodes."""

import logging
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from kazoo.client import KazooClient
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
from kazoo.protocol.connection import ConnectionHandler
from kazoo.protocol.states import KazooState, KeeperState
from kazoo.retry import KazooRetry
from kazoo.security import ACL, OPEN_ACL_UNSAFE, Id, Permissions, make_digest_acl_credential

from barter.core.znodes import Check, Conflict, Create, Delete, Node, Operation, SetData, Unknown
from barter.shell.clock import LeaseClock
from barter.shell.zookeeper.errors import NotAllowed, SessionOver, Unreachable
from barter.shell.zookeeper.handler import Handler
from barter.shell.zookeeper.settings import ZooKeeperSettings, tls_context

AnswerT = TypeVar("AnswerT")
SHORTEST_ATTEMPT_MS = 300
LONGEST_PAUSE_S = 1.0
# Kazoo's warnings are one for each attempt; what an operator needs of them is in `diagnosis`.
_LOG = logging.getLogger("kazoo.client")
_LOG.setLevel(logging.ERROR)
_ENDED = (KeeperState.AUTH_FAILED, KeeperState.CLOSED)


@dataclass(frozen=True, slots=True)
class Right:
    """One entry of an ACL: who, as ZooKeeper writes it, and what of `"rwcda"`."""

    scheme: str
    who: str
    may: str


class Wire:
    """A client that always tries to be connected. `connected(sent_ms, timeout_ms, session)` and `lost(reason)` come in
    its own thread: the first whenever a server has taken the session on, the second when that is over."""

    def __init__(
        self,
        settings: ZooKeeperSettings,
        clock: LeaseClock,
        connected: Callable[[int, int, int], None],
        lost: Callable[[str], None],
    ) -> None:
        self._settings, self._clock = settings, clock
        self._connected, self._lost = connected, lost
        self._handler = Handler(tls_context(settings))
        hosts = list(settings.url.hosts)
        # In turn from then on, so that a server which just failed comes last.
        random.shuffle(hosts)
        credentials = settings.url.credentials
        self._client = KazooClient(
            ",".join(hosts),
            timeout=settings.session_ms / 1000,
            handler=self._handler,
            auth_data=[("digest", credentials)] if credentials else [],
            connection_retry=KazooRetry(max_tries=-1, delay=0.05, max_delay=LONGEST_PAUSE_S),
            randomize_hosts=False,
            logger=_LOG,
            use_ssl=settings.tls,
        )
        self._client._connection = _Connection(self._client, self)
        self._client.add_listener(self._on_state)
        self._lock = Lock()
        self._waiting: dict[Future[Any], int] = {}
        self._failed = 0
        self.said: dict[str, str] = {}
        """What each server said when it last was tried, until one has taken the session on."""
        self.ended = False
        """Kazoo tries no more: credentials that no server takes, or a bug."""

    def start(self) -> None:
        self.ended = False
        self._set_attempt()
        self._client.start_async()

    def stop(self) -> None:
        """Gives the session up if a server is reached. No thread is left."""
        self._client.stop()
        self._client.close()

    def cut(self) -> None:
        self._handler.cut()

    @property
    def up(self) -> bool:
        """Whether a server has the session, as far as is known."""
        return bool(self._client.connected) and not self._handler.connecting

    def oldest_ms(self) -> int | None:
        """When what still waits for its answer was first asked."""
        with self._lock:
            return next(iter(self._waiting.values()), None)

    # What can be asked.

    def get(self, path: str) -> Future[Node | None]:
        def read(answer: Any) -> Node | None:
            return Node(answer[0] or b"", answer[1].version)

        return self._ask(path, "read", lambda: self._client.get_async(path), read, {NoNodeError: None})

    def exists(self, path: str, watcher: Callable[[Any], None] | None = None) -> Future[bool]:
        return self._ask(
            path, "read", lambda: self._client.exists_async(path, watcher), lambda answer: answer is not None
        )

    def children(self, path: str, watcher: Callable[[Any], None] | None = None) -> Future[tuple[str, ...] | None]:
        """None where there is no such node, then without a watch."""
        return self._ask(
            path, "read", lambda: self._client.get_children_async(path, watcher), tuple, {NoNodeError: None}
        )

    def rights(self, path: str) -> Future[tuple[Right, ...] | None]:
        def read(answer: Any) -> tuple[Right, ...] | None:
            return tuple(Right(each.id.scheme, each.id.id or "", _letters(each.perms)) for each in answer[0])

        return self._ask(path, "administer", lambda: self._client.get_acls_async(path), read, {NoNodeError: None})

    def sync(self, path: str) -> Future[None]:
        """Answered once the server has heard from the leader of the ensemble."""
        return self._ask(path, "read", lambda: self._client.sync_async(path), lambda answer: None, {NoNodeError: None})

    def commit(
        self, operations: Sequence[tuple[Operation, str]], public: Callable[[str], bool]
    ) -> Future[tuple[str, ...]]:
        """Operations, each with its path as ZooKeeper has it; `public` of a path says who may read what is created."""

        def send() -> Any:
            transaction = self._client.transaction()
            for operation, path in operations:
                match operation:
                    case Check(_, version):
                        transaction.check(path, version)
                    case Create(_, data, ephemeral, sequence):
                        transaction.create(path, data, self._acl(public(path)), ephemeral, sequence)
                    case SetData(_, data, version):
                        transaction.set_data(path, data, version)
                    case Delete(_, version):
                        transaction.delete(path, version)
            return transaction.commit_async()

        def read(answer: Any) -> tuple[str, ...]:
            for (operation, path), each in zip(operations, answer, strict=False):
                if isinstance(each, Exception) and not isinstance(each, RolledBackError | RuntimeInconsistency):
                    raise _refusal(operation, path, each)
            if any(isinstance(each, Exception) for each in answer):
                raise Unknown(f"ZooKeeper answered a transaction with {answer!r}")
            return tuple(each for each in answer if isinstance(each, str))

        return self._ask(operations[0][1], "write", send, read, writes=True)

    def _acl(self, public: bool) -> list[Any]:
        credentials = self._settings.url.credentials
        if not credentials:
            own = Id("auth", "")
            return list(OPEN_ACL_UNSAFE) if self._settings.insecure else [ACL(Permissions.ALL, own)]
        owner = ACL(Permissions.ALL, Id("digest", digest_of(credentials)))
        return [owner, ACL(Permissions.READ, Id("world", "anyone"))] if public else [owner]

    def _ask(
        self,
        path: str,
        doing: str,
        send: Callable[[], Any],
        read: Callable[[Any], AnswerT],
        instead: dict[type[Exception], AnswerT] | None = None,
        *,
        writes: bool = False,
    ) -> Future[AnswerT]:
        """`instead`: answers for errors that are none."""
        future: Future[AnswerT] = Future()
        future.set_running_or_notify_cancel()

        def answered(result: Any) -> None:
            error = result.exception
            if error is None:
                try:
                    self._settle(future, read(result.value))
                except Exception as refused:
                    self._settle(future, error=refused)
            elif instead and type(error) in instead:
                self._settle(future, instead[type(error)])
            else:
                self._settle(future, error=self._translate(error, path, doing, writes))

        if not self.up:
            future.set_exception(Unreachable(self.diagnosis()))
            return future
        with self._lock:
            self._waiting[future] = self._clock.now()
        send().rawlink(answered)
        # Kazoo may have lost the connection just before: it would keep this for the next one, however late.
        if not self._client.connected:
            self._settle(future, error=self._translate(ConnectionLoss(), path, doing, writes))
        return future

    def _settle(self, future: "Future[AnswerT]", answer: Any = None, error: Exception | None = None) -> None:
        with self._lock:
            if self._waiting.pop(future, None) is None:
                return
        if error is None:
            future.set_result(answer)
        else:
            future.set_exception(error)

    def fail_all(self, error: Exception) -> None:
        with self._lock:
            waiting = list(self._waiting)
        for future in waiting:
            self._settle(future, error=error)

    def _translate(self, error: Exception, path: str, doing: str, writes: bool) -> Exception:
        match error:
            case NoAuthError() | InvalidACLError() | AuthFailedError():
                return NotAllowed(path, doing)
            case ConnectionClosedError():
                return SessionOver("the client is closed")
            case SessionExpiredError():
                return SessionOver("ZooKeeper has ended the session")
        what = (
            "the connection was lost" if isinstance(error, ConnectionLoss) else f"ZooKeeper said {type(error).__name__}"
        )
        return Unknown(f"{what} before the answer came") if writes else Unreachable(f"{what}; {self.diagnosis()}")

    def diagnosis(self) -> str:
        """What each server did when last tried."""
        hosts = self._settings.url.hosts
        return (
            "; ".join(f"{host}: {self.said.get(host, 'not tried yet')}" for host in hosts)
            if self.said
            else "connecting"
        )

    # Kazoo's thread.

    def on_attempt(self) -> int:
        self._handler.connecting = True
        return self._clock.now()

    def on_success(self, sent_ms: int, timeout_ms: int) -> None:
        self._handler.connecting = False
        self._failed = 0
        self.said.clear()
        self._set_attempt()
        self._connected(sent_ms, timeout_ms, self._client.client_id[0])

    def on_failure(self, server: str, error: BaseException) -> None:
        self._handler.connecting = False
        self._failed += 1
        self._set_attempt()
        self.said[server] = _said(error)

    def _set_attempt(self) -> None:
        """In time to try another server within the session; longer where none has answered in a whole round."""
        servers, session = len(self._settings.url.hosts), self._settings.session_ms
        attempt = max(session // (2 * servers), SHORTEST_ATTEMPT_MS) * (1 + self._failed // servers)
        self._handler.attempt_s = min(attempt, max(session, SHORTEST_ATTEMPT_MS)) / 1000

    def _on_state(self, state: str) -> None:
        if state != KazooState.LOST:
            return
        self.ended = self._client.client_state in _ENDED
        refused = self._client.client_state == KeeperState.AUTH_FAILED
        self._lost("ZooKeeper does not take the credentials" if refused else "ZooKeeper has ended it")


class _Connection(ConnectionHandler):  # type: ignore[misc]
    """Tells of each attempt when it began and how it went, and of the timeout that kazoo keeps to itself."""

    def __init__(self, client: Any, wire: Wire) -> None:
        super().__init__(client, client._conn_retry.copy(), logger=_LOG)
        self._wire = wire

    def _connect(self, host: str, hostip: str, port: int) -> tuple[float, float]:
        sent_ms = self._wire.on_attempt()
        try:
            read_timeout, connect_timeout = super()._connect(host, hostip, port)
        except BaseException as error:
            self._wire.on_failure(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", error)
            raise
        self._wire.on_success(sent_ms, round(connect_timeout * len(self.client.hosts)))
        return read_timeout, connect_timeout

    def _expand_client_hosts(self) -> list[Any]:
        found: list[Any] = super()._expand_client_hosts()
        for host, port in self.client.hosts:
            if not any(each[0] == host for each in found):
                self._wire.said[f"{host}:{port}"] = "its name is not known"
        return found


def _refusal(operation: Operation, path: str, error: Exception) -> Exception:
    """Why a transaction did not happen, by the operation that fails."""
    match error:
        case NoAuthError() | InvalidACLError():
            return NotAllowed(path, "write")
        case BadVersionError() if isinstance(operation, Check | SetData | Delete):
            return Conflict(operation.path, f"its version is no longer {operation.version}")
        case NoNodeError() if isinstance(operation, Create):
            return Conflict(operation.path, "its parent does not exist")
        case NoNodeError():
            return Conflict(operation.path, "it does not exist")
        case NodeExistsError():
            return Conflict(operation.path, "it exists already")
        case NotEmptyError():
            return Conflict(operation.path, "it has children")
    return Conflict(operation.path, f"ZooKeeper said {type(error).__name__}")


def _said(error: BaseException) -> str:
    text = str(error).removeprefix("socket connection error: ")
    if text == "socket connection broken":
        return "closed the connection at once, as a server without a quorum does"
    return {"socket time-out during read": "accepted the connection and did not answer"}.get(
        text, text or type(error).__name__
    )


def digest_of(credentials: str) -> str:
    """How ACLs name who has these."""
    user, _, password = credentials.partition(":")
    return str(make_digest_acl_credential(user, password))


def _letters(permissions: int) -> str:
    return "".join(letter for bit, letter in enumerate("rwcda") if permissions & 1 << bit)
