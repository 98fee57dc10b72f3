"""ZooKeeper for a program with an event loop: the same as client.py, awaited; no thread per call."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from barter.core.candidacy import SessionEvent, SessionLost, SessionOpened
from barter.core.znodes import Node, Operation
from barter.shell.clock import LeaseClock
from barter.shell.log import logger
from barter.shell.zookeeper.client import BlockingZooKeeper, deaf
from barter.shell.zookeeper.connection import Connection, Hear
from barter.shell.zookeeper.errors import Unreachable
from barter.shell.zookeeper.settings import ZooKeeperSettings

_LOG = logger("zookeeper")


class ZooKeeper:
    """Every question may raise SessionOver, NotAllowed or Unreachable: nothing of it has happened.

    `hear` and what watches call come in the loop. `clock` is the one of the leases: CLOCK_BOOTTIME in milliseconds.
    """

    def __init__(self, settings: ZooKeeperSettings, hear: Hear = deaf, *, lease: bool = True) -> None:
        """Without a `lease` nothing is renewed: for who only reads. Raises ValueError for TLS files."""
        self.settings = settings
        self.connection = Connection(settings, self._hear_later, lease=lease)
        self._hear = hear
        self._hear_at_once: Hear = deaf
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session = asyncio.Event()

    @property
    def clock(self) -> LeaseClock:
        return self.connection.clock

    @property
    def blocking(self) -> BlockingZooKeeper:
        """The same session for a thread that may wait."""
        return BlockingZooKeeper.of(self.connection)

    def attend(self, hear: Hear, at_once: Hear) -> None:
        """`hear` instead of what was given before; `at_once` comes in the client's thread, however busy the loop is."""
        self._hear, self._hear_at_once = hear, at_once

    async def start(self) -> None:
        """Returns at once; `hear` is told of the first session, `opened` waits for it."""
        self._loop = asyncio.get_running_loop()
        self.connection.start()

    async def opened(self, seconds: float) -> None:
        """Until there is a session; raises Unreachable."""
        try:
            async with asyncio.timeout(seconds):
                await self._session.wait()
        except TimeoutError:
            raise Unreachable(self.diagnosis()) from None

    async def get(self, path: str) -> Node | None:
        return await asyncio.wrap_future(self.connection.get(path))

    async def get_many(self, paths: Sequence[str]) -> dict[str, Node | None]:
        """All are asked for before the first is answered."""
        return await asyncio.wrap_future(self.connection.get_many(paths))

    async def children(self, path: str) -> tuple[str, ...]:
        """Their names, in no order; none where there is no such node."""
        return await asyncio.wrap_future(self.connection.children(path)) or ()

    async def commit(self, operations: Sequence[Operation]) -> tuple[str, ...]:
        """One transaction; returns the paths created, in order.

        Raises Conflict, which names the node; Unknown when the connection was lost before the answer; ValueError for
        more than ZooKeeper takes: 512 KB in a node, 900 KB in all.
        """
        return await asyncio.wrap_future(self.connection.commit(operations))

    async def watch_data(self, path: str, call: Callable[[], None]) -> bool:
        """`call` comes once: the node has changed, come or gone, or the connection is lost. Tells whether it is there.

        Asking again for the same call before it came changes nothing.
        """
        return await asyncio.wrap_future(self.connection.watch_data(path, self._later(call)))

    async def watch_children(self, path: str, call: Callable[[], None]) -> tuple[str, ...]:
        """The same for the node's children, which are returned. Where there is no such node, `call` comes with it."""
        later = self._later(call)
        while (found := await asyncio.wrap_future(self.connection.watch_children(path, later))) is None:
            if not await asyncio.wrap_future(self.connection.watch_data(path, later)):
                return ()
        return found

    def silent_ms(self) -> int:
        """For how long no server has answered; 0 while one does."""
        return self.connection.silent_ms()

    def diagnosis(self) -> str:
        """For operators: since when no server answers, and what each said."""
        return self.connection.diagnosis()

    async def close(self) -> None:
        """Gives the session up, so that its ephemeral nodes go at once."""
        await asyncio.to_thread(self.connection.close)

    def _later(self, call: Callable[[], None]) -> "_Later":
        return _Later(self, call)

    def in_loop(self, call: Callable[..., None], *arguments: object) -> None:
        """From any thread; nothing once the loop has ended."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(call, *arguments)

    def _hear_later(self, event: SessionEvent) -> None:
        self._hear_at_once(event)
        self.in_loop(self._on_event, event)

    def _on_event(self, event: SessionEvent) -> None:
        match event:
            case SessionOpened(timeout_ms):
                _LOG.info("session", timeout_ms=timeout_ms)
                self._session.set()
            case SessionLost(reason):
                _LOG.warning("session lost", reason=reason)
                self._session.clear()
        self._hear(event)


class _Later:
    """Equal to another of the same call."""

    def __init__(self, zk: ZooKeeper, call: Callable[[], None]) -> None:
        self._zk, self._call = zk, call

    def __call__(self) -> None:
        self._zk.in_loop(self._call)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Later) and self._call == other._call

    def __hash__(self) -> int:
        return hash(self._call)
