"""Kazoo behind types: questions go out, answers come as futures, in the words of core/znodes."""

import logging
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any, Protocol, TypeVar

from kazoo.client import KazooClient
from kazoo.protocol.connection import ConnectionHandler
from kazoo.protocol.states import KazooState, KeeperState
from kazoo.retry import KazooRetry

from barter.core.znodes import ANY, Check, Create, Delete, Node, Operation, SetData, Unknown
from barter.shell.clock import LeaseClock
from barter.shell.zookeeper.errors import SessionOver, Unreachable
from barter.shell.zookeeper.handler import Answer, Handler
from barter.shell.zookeeper.settings import ZooKeeperSettings, tls_context
from barter.shell.zookeeper.words import (
    CLOSED,
    LOST,
    NO_NODE,
    NOT_ITS_FAULT,
    Right,
    acl,
    error_of,
    refusal_of,
    right,
    said_of,
)

AnswerT = TypeVar("AnswerT")
SHORTEST_ATTEMPT_MS = 300
LONGEST_PAUSE_S = 1.0
# Kazoo warns of each attempt; what an operator needs of that is in `said`.
_LOG = logging.getLogger("kazoo.client")
_LOG.setLevel(logging.ERROR)
_ENDED = (KeeperState.AUTH_FAILED, KeeperState.CLOSED)


class Owner(Protocol):
    """Whom a wire tells, in kazoo's thread, and asks what its errors shall say."""

    def on_connected(self, sent_ms: int, timeout_ms: int, session: int) -> None:
        """A server has taken the session on, and answered so to what left at `sent_ms`."""

    def on_lost(self, reason: str) -> None:
        """The session is over."""

    def diagnosis(self) -> str: ...


class Wire:
    """A client that always tries to be connected. Paths are ZooKeeper's own."""

    def __init__(self, settings: ZooKeeperSettings, clock: LeaseClock, owner: Owner) -> None:
        self._settings, self._clock, self._owner = settings, clock, owner
        self._handler = Handler(tls_context(settings))
        hosts = list(settings.url.hosts)
        # In turn from then on, so that a server which just failed comes last.
        random.shuffle(hosts)
        credentials = settings.url.credentials
        self._client: Any = KazooClient(
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
        self._answered_ms = 0
        self._failed = 0
        self.server = ""
        """Which has the session, or was tried last."""
        self._said: dict[str, str] = {}
        self.closed = False
        self.ended = False
        """Kazoo tries no more: credentials that no server takes, or a bug."""

    def start(self) -> None:
        self.ended = False
        self._set_attempt()
        self._client.start_async()

    def stop(self) -> None:
        """Gives the session up if a server is reached. No thread is left, which may take as long as an attempt."""
        self._client.stop()
        self._client.close()

    def end_all(self) -> None:
        """Nothing waits any more, and nothing can be asked."""
        self.closed = True
        with self._lock:
            waiting = list(self._waiting)
        for future in waiting:
            self._settle(future, error=SessionOver(CLOSED))

    def cut(self) -> None:
        """Leaves the server, which does not answer, for the next."""
        self._said[self.server] = "does not answer any more"
        self._handler.cut()

    @property
    def up(self) -> bool:
        """Whether a server has the session, as far as is known."""
        return bool(self._client.connected) and not self._handler.connecting

    def waiting_ms(self) -> int:
        """For how long something waits for an answer while none comes."""
        with self._lock:
            asked_ms = next(iter(self._waiting.values()), None)
        return 0 if asked_ms is None else self._clock.now() - max(asked_ms, self._answered_ms)

    def said(self) -> str:
        """What each server did when it last was tried."""
        hosts = self._settings.url.hosts
        return "; ".join(f"{host} {self._said.get(host, 'was not tried yet')}" for host in hosts)

    # What can be asked.

    def get(self, path: str) -> Future[Node | None]:
        def read(answer: Any) -> Node | None:
            return Node(answer[0] or b"", answer[1].version)

        return self._ask(path, "read", lambda: self._client.get_async(path), read, {NO_NODE: None})

    def exists(self, path: str, watcher: Callable[[Any], None] | None = None) -> Future[bool]:
        return self._ask(path, "read", lambda: self._client.exists_async(path, watcher), lambda stat: stat is not None)

    def children(self, path: str, watcher: Callable[[Any], None] | None = None) -> Future[tuple[str, ...] | None]:
        """None where there is no such node, then without a watch."""
        return self._ask(path, "read", lambda: self._client.get_children_async(path, watcher), tuple, {NO_NODE: None})

    def rights(self, path: str) -> Future[tuple[Right, ...] | None]:
        def read(answer: Any) -> tuple[Right, ...] | None:
            return tuple(right(each) for each in answer[0])

        return self._ask(path, "read the ACL of", lambda: self._client.get_acls_async(path), read, {NO_NODE: None})

    def confirm(self) -> Future[None]:
        """A transaction that changes nothing. Any answer to it comes from a quorum of the ensemble."""

        def send() -> Any:
            transaction = self._client.transaction()
            transaction.check("/", ANY)
            return transaction.commit_async()

        return self._ask("/", "read", send, lambda _: None)

    def commit(
        self, operations: Sequence[tuple[Operation, str]], is_public: Callable[[str], bool]
    ) -> Future[tuple[str, ...]]:
        """Operations, each with its path; `is_public` tells who may read what is created there."""

        def acl_of(path: str) -> list[Any]:
            settings = self._settings
            return acl(settings.url.credentials, insecure=settings.insecure, public=is_public(path))

        def send() -> Any:
            transaction = self._client.transaction()
            for operation, path in operations:
                match operation:
                    case Check(_, version):
                        transaction.check(path, version)
                    case Create(_, data, ephemeral, sequence):
                        transaction.create(path, data, acl_of(path), ephemeral, sequence)
                    case SetData(_, data, version):
                        transaction.set_data(path, data, version)
                    case Delete(_, version):
                        transaction.delete(path, version)
            return transaction.commit_async()

        def read(answer: Any) -> tuple[str, ...]:
            for (operation, path), each in zip(operations, answer, strict=False):
                if isinstance(each, Exception) and not isinstance(each, NOT_ITS_FAULT):
                    raise refusal_of(operation, path, each)
            if any(isinstance(each, Exception) for each in answer):
                raise Unknown(f"ZooKeeper answered a transaction with {answer!r}")
            return tuple(each for each in answer if isinstance(each, str))

        return self._ask(operations[0][1], "write", send, read, writes=True)

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

        def answered(result: Answer) -> None:
            self._answered_ms = self._clock.now()
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
            future.set_exception(SessionOver(CLOSED) if self.closed else Unreachable(self._owner.diagnosis()))
            return future
        with self._lock:
            self._waiting[future] = self._clock.now()
        send().rawlink(answered)
        # Kazoo may have lost the connection just before: it would keep this for the next one, however late.
        if not self._client.connected:
            self._settle(future, error=self._translate(LOST(), path, doing, writes))
        return future

    def _settle(self, future: "Future[AnswerT]", answer: Any = None, error: Exception | None = None) -> None:
        with self._lock:
            if self._waiting.pop(future, None) is None:
                return
        if error is None:
            future.set_result(answer)
        else:
            future.set_exception(error)

    def _translate(self, error: Exception, path: str, doing: str, writes: bool) -> Exception:
        if (plain := error_of(error, path, doing)) is not None:
            return plain
        what = "the connection was lost" if isinstance(error, LOST) else f"ZooKeeper said {type(error).__name__}"
        if writes:
            return Unknown(f"{what} before the answer came; {self._owner.diagnosis()}")
        return Unreachable(f"{what}; {self._owner.diagnosis()}")

    # Kazoo's thread.

    def on_attempt(self, server: str) -> int:
        self.server = server
        self._handler.connecting = True
        return self._clock.now()

    def on_success(self, sent_ms: int, timeout_ms: int) -> None:
        self._handler.connecting = False
        self._failed = 0
        self._said.clear()
        self._set_attempt()
        self._owner.on_connected(sent_ms, timeout_ms, self._client.client_id[0])

    def on_failure(self, error: BaseException) -> None:
        self._handler.connecting = False
        self._failed += 1
        self._set_attempt()
        self._said[self.server] = said_of(error)

    def on_unknown(self, server: str) -> None:
        self._said[server] = "has a name that is not known"

    def _set_attempt(self) -> None:
        """In time to try another server within the session; longer where none has answered in a whole round."""
        servers, session = len(self._settings.url.hosts), self._settings.session_ms
        attempt = max(session // (2 * servers), SHORTEST_ATTEMPT_MS) * (1 + self._failed // servers)
        self._handler.attempt_s = min(attempt, max(session, SHORTEST_ATTEMPT_MS)) / 1000

    def _on_state(self, state: str) -> None:
        now = self._client.client_state
        if state == KazooState.SUSPENDED:
            self._said.setdefault(self.server, "closed the connection")
        elif state == KazooState.LOST:
            self.ended = now in _ENDED
            self._owner.on_lost("no server takes the credentials" if now == KeeperState.AUTH_FAILED else "it expired")


class _Connection(ConnectionHandler):  # type: ignore[misc]
    """Tells of each attempt when it began and how it went, and of the timeout that kazoo keeps to itself."""

    def __init__(self, client: Any, wire: Wire) -> None:
        super().__init__(client, client._conn_retry.copy(), logger=_LOG)
        self._wire = wire

    def _connect(self, host: str, hostip: str, port: int) -> tuple[float, float]:
        sent_ms = self._wire.on_attempt(_name(host, port))
        try:
            read_timeout, connect_timeout = super()._connect(host, hostip, port)
        except BaseException as error:
            self._wire.on_failure(error)
            raise
        self._wire.on_success(sent_ms, round(connect_timeout * len(self.client.hosts)))
        return read_timeout, connect_timeout

    def _expand_client_hosts(self) -> list[Any]:
        found: list[Any] = super()._expand_client_hosts()
        for host, port in self.client.hosts:
            if not any(each[0] == host and each[2] == port for each in found):
                self._wire.on_unknown(_name(host, port))
        return found


def _name(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
