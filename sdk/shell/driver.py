"""The driver with a real master behind it."""

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Coroutine
from functools import partial

import grpc.aio as aio

from barter.core.addresses import split_masters
from barter.core.cluster import FrameworkInfo
from barter.core.zookeeper_url import ZooKeeperTls
from barter.sdk import calls
from barter.sdk import messages as msg
from barter.sdk.scheduler import Scheduler
from barter.sdk.session_driver import SessionDriver, delay_from, in_steps
from barter.sdk.shell.link import Link
from barter.sdk.store import StateStore
from barter.shell.clock import Clock
from barter.shell.runner import Runner

LOG = logging.getLogger("barter.sdk")


class MasterDriver(SessionDriver):
    """Runs `scheduler` as `framework` on the masters in `masters`: "host:port[,host:port]", or the ZooKeeper URL that
    knows them ("zk://host:2181/barter", reached with `zookeeper_tls`; the package `kazoo` is needed for that).

    With `demands_only` it is offered what answers its demands and nothing else. With a `store` the framework id is
    kept there, and the next process takes the framework up again; when the store is not held any more `serve` returns 1
    without another call or callback. Raises ValueError on addresses that are none.
    """

    def __init__(
        self,
        scheduler: Scheduler,
        framework: FrameworkInfo,
        masters: str,
        *,
        demands_only: bool = False,
        store: StateStore | None = None,
        zookeeper_tls: ZooKeeperTls | None = None,
    ) -> None:
        found = split_masters(masters)
        super().__init__(scheduler, framework, found, _raised, demands_only=demands_only, store=store)
        self._discovery = None if found else _discovery(masters, zookeeper_tls)
        self._discovering: asyncio.Task[None] | None = None
        self._clock = Clock()
        self._runner: Runner[msg.Event, msg.Action] = Runner(self._session, self._clock, self._perform)
        self._link: Link | None = None
        self._thread = threading.get_ident()
        self._served = False

    @property
    def channel(self) -> aio.Channel | None:
        """The connection to the master it has a session with, for questions that an operator may ask; to be used at
        once, as the next master has another."""
        return self._link.channel if self._link is not None else None

    def now(self) -> int:
        return self._clock.now()

    def call_later(self, delay_ms: int, call: Callable[[], None]) -> None:
        self._check_thread()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError("no loop runs yet: call call_later in a callback, or after serve() has begun") from None
        loop.call_later(delay_from(delay_ms) / 1000, self._invoker.run, call)

    def run(self) -> int:
        """Serve in a loop of its own until `stop` or a fatal error; return the exit code.

        SIGINT and SIGTERM stop it: without a store nobody could take the framework up again, so it is removed
        and its tasks are killed; with one they stay for the next process.
        """
        return asyncio.run(self._run())

    async def serve(self) -> int:
        """Serve in the running loop until `stop` (0) or a fatal error (1); calls may then be made from it only.

        Cancelled, it leaves the framework and its tasks as they are. Raises RuntimeError when served before.
        """
        if self._served:
            raise RuntimeError("a driver serves once: make a new one")
        self._served = True
        self._thread = threading.get_ident()
        self._runner.post(msg.Start())
        if self._discovery is not None:
            self._discovering = asyncio.create_task(self._discovery(self._runner.post))
        try:
            await self._runner.run()
        except _Finished as finished:
            return finished.code
        finally:
            await self._drop_link()
            if self._discovering is not None:
                self._discovering.cancel()
                await asyncio.wait([self._discovering])
        return 1

    async def _run(self) -> int:
        loop = asyncio.get_running_loop()

        def stop() -> None:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
            self.stop(failover=self._store is not None)

        with contextlib.suppress(ValueError, RuntimeError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, stop)
        return await self.serve()

    def _post(self, event: msg.Event) -> None:
        self._check_thread()
        self._runner.post(event)

    def _check_thread(self) -> None:
        if threading.get_ident() != self._thread:
            raise RuntimeError(
                "drivers are called from their own loop: use loop.call_soon_threadsafe(driver.kill, ...)"
            )

    async def _perform(self, actions: list[msg.Action]) -> None:
        for step in in_steps(actions):
            if not self._held():
                LOG.error("the framework may be another process's by now: this one acts no more")
                raise _Finished(1)
            if isinstance(step, list):
                await self._send(step)
            else:
                await self._act(step)

    async def _act(self, action: msg.Action) -> None:
        match action:
            case msg.Invoke():
                self._runner.post(msg.Invoked(self._invoker.invoke(action.callbacks)))
            case msg.Connect():
                await self._drop_link()
                self._link = Link(action, self._runner.post)
            case msg.Disconnect():
                await self._drop_link()
            case msg.KeepId():
                self._keep_id(action.framework_id)
            case msg.Say():
                LOG.log(logging.WARNING if action.warning else logging.INFO, action.message)
            case msg.Finish():
                await self._finish(action)
            case msg.Send():
                await self._send([action.call])

    async def _send(self, coalesced: list[calls.Call]) -> None:
        if self._link is None:
            return
        for call in coalesced:
            try:
                await self._link.send(call, self.framework_id)
            except (ValueError, TypeError, AttributeError) as error:
                self._refuse(call, f"{type(call).__name__} cannot be sent: {error}")

    def _refuse(self, call: calls.Call, message: str) -> None:
        LOG.error(message)
        self._invoker.error(message)
        if isinstance(call, calls.Launch):
            self._runner.post(msg.Unsendable(call, message))

    async def _finish(self, action: msg.Finish) -> None:
        LOG.log(logging.ERROR if action.code else logging.INFO, action.reason)
        if action.error:
            self._invoker.error(action.error)
        if self._link is not None:
            await self._link.close()
            self._link = None
        raise _Finished(action.code)

    async def _drop_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.drop()


class _Finished(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _discovery(
    masters: str, tls: ZooKeeperTls | None
) -> Callable[[Callable[[msg.Event], None]], Coroutine[None, None, None]]:
    """Importing the SDK is light: kazoo is for those alone who name a ZooKeeper."""
    from barter.shell.zookeeper import discovery

    return partial(discovery.follow, discovery.settings_of(masters, tls))


def _raised(name: str, error: Exception) -> None:
    LOG.error("the scheduler's callback for %s raised; the session goes on", name, exc_info=error)
