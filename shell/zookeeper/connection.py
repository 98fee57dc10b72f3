"""One session after the other with an ensemble, its lease, its watches; both faces of the client are made of it."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from barter.core.candidacy import Changed, Renewed, SessionEvent, SessionLost, SessionOpened
from barter.core.znode_layout import is_public
from barter.core.znode_sizes import check_sizes
from barter.core.znodes import Node, Operation
from barter.shell.clock import LeaseClock
from barter.shell.zookeeper.errors import Unreachable
from barter.shell.zookeeper.futures import gather, then
from barter.shell.zookeeper.settings import ZooKeeperSettings
from barter.shell.zookeeper.watches import Call, Watches
from barter.shell.zookeeper.wire import Wire
from barter.shell.zookeeper.words import Right

Hear = Callable[[SessionEvent], None]
RENEWALS_IN_A_SESSION = 6
_CHECKS_IN_A_SESSION = 12
PATIENCE_SHARE = 3
"""Where none of what was asked is answered for this part of a session's timeout, another server is tried."""
CLOSING_S = 1.0
CUT_AGAIN_S = 0.1
RESTART_MS = 1_000


class Connection:
    """`hear` is called in threads of its own, one at a time; it must not wait for an answer of ZooKeeper.

    A session that no quorum has confirmed for its whole timeout counts as lost, even if ZooKeeper should still have it:
    SessionOpened comes again when one does.
    """

    def __init__(self, settings: ZooKeeperSettings, hear: Hear, *, lease: bool = True) -> None:
        """Without a `lease` nothing is renewed: for who only reads. Raises ValueError for TLS files."""
        self.settings = settings
        self.clock = LeaseClock()
        self._hear, self._lease = hear, lease
        self._root = settings.url.path
        self._lock = threading.RLock()
        self._opened = threading.Condition(self._lock)
        self._session, self._generation, self._open = 0, 0, False
        self._timeout_ms = settings.session_ms
        self._heard_ms = self.clock.now()
        self._renewing: Future[None] | None = None
        self._renewed_ms = 0
        self._watches = Watches()
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="zookeeper-lease", daemon=True)
        self._wire = Wire(settings, self.clock, self)

    def start(self) -> None:
        self._heard_ms = self.clock.now()
        self._wire.start()
        self._keeper.start()

    def close(self) -> None:
        """Gives the session up, so that its ephemeral nodes go at once; what waits for an answer ends."""
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
        if self._keeper.ident is not None:
            self._keeper.join()
            stopping = threading.Thread(target=self._wire.stop, name="zookeeper-stop", daemon=True)
            up = self._wire.up
            stopping.start()
            stopping.join(CLOSING_S if up else 0)
            while stopping.is_alive():
                self._wire.cut()
                stopping.join(CUT_AGAIN_S)
        self._wire.end_all()

    def wait_opened(self, seconds: float) -> None:
        """Until there is a session; raises Unreachable."""
        with self._opened:
            if not self._opened.wait_for(lambda: self._open, seconds):
                raise Unreachable(self.diagnosis())

    @property
    def open(self) -> bool:
        """Whether there is a session, as far as is known."""
        return self._open

    @property
    def server(self) -> str:
        """The server that has the session, or was tried last."""
        return self._wire.server

    def silent_ms(self) -> int:
        """For how long no server has answered; 0 while one does."""
        silence_ms = max(self.clock.now() - self._heard_ms, 0)
        return 0 if self._wire.up and silence_ms < self._timeout_ms // 2 else silence_ms

    def diagnosis(self) -> str:
        """For operators: since when no server answers, and what each said."""
        hosts, seconds = ",".join(self.settings.url.hosts), self.silent_ms() / 1000
        return f"ZooKeeper at {hosts} has not answered for {seconds:.0f} s ({self._wire.said()})"

    # Questions. Paths are below the URL's, or with a slash at their begin ZooKeeper's own.

    def absolute(self, path: str) -> str:
        if path.startswith("/"):
            return path
        return f"{self._root}/{path}" if path else self._root

    def relative(self, path: str) -> str:
        """The same path below the URL's; one that is not below it stays."""
        if path == self._root:
            return ""
        return path.removeprefix(f"{self._root}/")

    def get(self, path: str) -> Future[Node | None]:
        return self._wire.get(self.absolute(path))

    def get_many(self, paths: Sequence[str]) -> Future[dict[str, Node | None]]:
        return gather({path: self.get(path) for path in paths})

    def children(self, path: str) -> Future[tuple[str, ...] | None]:
        return self._wire.children(self.absolute(path))

    def rights(self, path: str) -> Future[tuple[Right, ...] | None]:
        return self._wire.rights(self.absolute(path))

    def commit(self, operations: Sequence[Operation]) -> Future[tuple[str, ...]]:
        """Raises ValueError for what ZooKeeper would cut the connection for."""
        check_sizes(operations)
        return then(
            self._wire.commit([(each, self.absolute(each.path)) for each in operations], self._is_public),
            lambda paths: tuple(self.relative(path) for path in paths),
        )

    def _is_public(self, path: str) -> bool:
        # Parents of the root are nobody's secret; what is below it is judged by its place.
        return path == self._root or not path.startswith(f"{self._root}/") or is_public(self.relative(path))

    def watch_data(self, path: str, call: Call) -> Future[bool]:
        """`call` comes once: the node has changed, come or gone, or the connection is lost. True if it is there."""
        asked = self._wire.exists(self.absolute(path), self._watches.watcher("data", path, call))
        self._watches.forget_failed(asked, "data", path, call)
        return asked

    def watch_children(self, path: str, call: Call) -> Future[tuple[str, ...] | None]:
        """The same for the node's children; None and no watch where there is no such node."""
        asked = self._wire.children(self.absolute(path), self._watches.watcher("children", path, call))
        self._watches.forget_failed(asked, "children", path, call)
        return asked

    # The session. All that is heard is told under the lock, in order.

    def on_connected(self, sent_ms: int, timeout_ms: int, session: int) -> None:
        with self._lock:
            self._timeout_ms = timeout_ms
            if session != self._session:
                self._session = session
                self._generation += 1
                self._open_at(sent_ms)
            elif self._open:
                self._tell(Changed())
            # A quorum has agreed to a new session; one that goes on may be known to a leader that is cut off.
            self._renew()

    def on_lost(self, reason: str) -> None:
        with self._lock:
            self._session = 0
            if self._open:
                self._open = False
                self._generation += 1
                self._tell(SessionLost(reason))

    def _tell(self, event: SessionEvent) -> None:
        if not self._closing.is_set():
            self._hear(event)

    def _keep(self) -> None:
        restart_ms = 0
        while not self._closing.wait(self._timeout_ms / _CHECKS_IN_A_SESSION / 1000):
            now = self.clock.now()
            if self._wire.ended and now >= restart_ms:
                restart_ms = now + RESTART_MS
                self._wire.stop()
                self._wire.start()
            if self._wire.up and self._wire.waiting_ms() >= self._timeout_ms // PATIENCE_SHARE:
                self._wire.cut()
            if self._wire.up and now - self._renewed_ms >= self._timeout_ms // RENEWALS_IN_A_SESSION:
                self._renew()
            with self._lock:
                if self._open and now - self._heard_ms >= self._timeout_ms:
                    session = self._session
                    self.on_lost(self.diagnosis())
                    self._session = session

    def _renew(self) -> None:
        with self._lock:
            generation, sent_ms = self._generation, self.clock.now()
            if not self._lease:
                self._on_renewed(generation, sent_ms)
                return
            if self._renewing is not None:
                return
            self._renewed_ms = sent_ms
            self._renewing = renewing = self._wire.confirm()

        def answered(future: Future[None]) -> None:
            with self._lock:
                self._renewing = None
                if future.exception() is None:
                    self._on_renewed(generation, sent_ms)

        renewing.add_done_callback(answered)

    def _on_renewed(self, generation: int, sent_ms: int) -> None:
        if generation != self._generation or not self._session:
            return
        if not self._open:
            self._open_at(sent_ms)
            return
        self._heard_ms = sent_ms
        if self._lease:
            self._tell(Renewed(sent_ms))

    def _open_at(self, sent_ms: int) -> None:
        self._open, self._heard_ms = True, sent_ms
        self._tell(SessionOpened(self._timeout_ms, sent_ms))
        self._opened.notify_all()
