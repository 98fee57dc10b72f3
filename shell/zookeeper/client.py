"""ZooKeeper for programs that wait. Paths are below the URL's, like `"masters/leader"`; `""` is that one itself."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from barter.core.candidacy import SessionEvent
from barter.core.znodes import Conflict, Node, Operation, Unknown
from barter.shell.zookeeper.connection import Connection, Hear
from barter.shell.zookeeper.errors import NotAllowed, SessionOver, Unreachable
from barter.shell.zookeeper.settings import ZooKeeperSettings

__all__ = [
    "BlockingZooKeeper",
    "Conflict",
    "Hear",
    "Node",
    "NotAllowed",
    "SessionEvent",
    "SessionOver",
    "Unknown",
    "Unreachable",
]


SHORTEST_WAIT_S = 5.0


def deaf(event: SessionEvent) -> None:
    """For who needs no session events."""


class BlockingZooKeeper:
    """Every question may raise SessionOver, NotAllowed or Unreachable: nothing of it has happened.

    `hear` gets the session's events, in threads of the client's; it must not ask anything itself.
    """

    def __init__(self, settings: ZooKeeperSettings, hear: Hear = deaf, *, lease: bool = True) -> None:
        """Without a `lease` nothing is renewed: for who only reads. Raises ValueError for TLS files."""
        self.connection = Connection(settings, hear, lease=lease)

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """Another face of a connection that runs."""
        self = cls.__new__(cls)
        self.connection = connection
        return self

    @property
    def settings(self) -> ZooKeeperSettings:
        return self.connection.settings

    def start(self, seconds: float = 0.0) -> None:
        """Waits for a session, as long as one lasts if not said; raises Unreachable, and is closed then."""
        self.connection.start()
        try:
            self.connection.wait_opened(seconds or max(self.settings.session_ms / 1000, SHORTEST_WAIT_S))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def get(self, path: str) -> Node | None:
        return self.connection.get(path).result()

    def get_many(self, paths: Sequence[str]) -> dict[str, Node | None]:
        """All are asked for before the first is answered."""
        return self.connection.get_many(paths).result()

    def children(self, path: str) -> tuple[str, ...]:
        """Their names, in no order; none where there is no such node."""
        return self.connection.children(path).result() or ()

    def commit(self, operations: Sequence[Operation]) -> tuple[str, ...]:
        """One transaction; returns the paths created, in order.

        Raises Conflict, which names the node; Unknown when the connection was lost before the answer; ValueError for
        more than ZooKeeper takes: 512 KB in a node, 900 KB in all.
        """
        return self.connection.commit(operations).result()

    def watch_data(self, path: str, call: Callable[[], None]) -> bool:
        """`call` comes once: the node has changed, come or gone, or the connection is lost. Tells whether it is there.

        Asking again for the same call before it came changes nothing.
        """
        return self.connection.watch_data(path, call).result()

    def watch_children(self, path: str, call: Callable[[], None]) -> tuple[str, ...]:
        """The same for the node's children, which are returned. Where there is no such node, `call` comes with it."""
        while (found := self.connection.watch_children(path, call).result()) is None:
            if not self.watch_data(path, call):
                return ()
        return found

    def silent_ms(self) -> int:
        """For how long no server has answered; 0 while one does."""
        return self.connection.silent_ms()

    def diagnosis(self) -> str:
        """For operators: since when no server answers, and what each said."""
        return self.connection.diagnosis()

    def close(self) -> None:
        """Gives the session up, so that its ephemeral nodes go at once."""
        self.connection.close()
