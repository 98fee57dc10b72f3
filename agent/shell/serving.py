"""The agent at work: its core, the executor's socket, the master's session, until a signal or the core ends it."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import grpc.aio as aio
from prometheus_client import CollectorRegistry

from barter.agent.actions import Action, Exit
from barter.agent.events import Event, ExecutorDied, Leave
from barter.agent.machine import Agent
from barter.agent.runtime.identity import RECORD
from barter.agent.shell import executors
from barter.agent.shell.edge import EdgeTask
from barter.agent.shell.ledger import Ledger
from barter.agent.shell.options import AgentOptions
from barter.agent.shell.own_executors import OwnExecutorSessions
from barter.agent.shell.perform import Performer
from barter.agent.shell.process import OWN_SOCKET, ExecutorProcess, socket_path
from barter.agent.shell.sandbox import Sandboxes
from barter.agent.shell.session import MasterSession
from barter.agent.shell.volumes import VolumeFolders
from barter.core.addresses import split_masters
from barter.core.cluster import AgentInfo
from barter.core.route import MastersAre
from barter.shell.clock import Clock
from barter.shell.log import logger
from barter.shell.runner import Runner

SWEEP_S = 5.0
GOODBYE_S = 1.0
_log = logger("agent")


class Serving:
    """Raises ValueError on masters that are none, LedgerUnusable, or PermissionError for the socket's folder."""

    def __init__(
        self,
        options: AgentOptions,
        info: AgentInfo,
        ledger: Ledger,
        sandboxes: Sandboxes,
        process: ExecutorProcess,
        registry: CollectorRegistry,
    ) -> None:
        self._work_dir = options.work_dir.absolute()
        self._sandboxes, self._process = sandboxes, process
        running = process.running
        self._socket = running.socket if running else socket_path(self._work_dir, info.agent_id)
        masters = split_masters(options.masters)
        self._discovery = None if masters else _discovery(options)
        self._volumes = VolumeFolders(self._work_dir)
        volumes = self._volumes.found()
        self.agent = Agent(info, ledger.load(), masters, volumes, oversubscribe=options.oversubscribe)
        self._runner: Runner[Event, Action] = Runner(self.agent, Clock(), self._perform)
        post = self._runner.post
        process.on_death(lambda reason: post(ExecutorDied(reason)))
        self._executors = executors.ExecutorSessions(process, post)
        self._session = MasterSession(post, ledger.spent, self._tell_edge)
        own_socket = socket_path(self._work_dir, info.agent_id, OWN_SOCKET)
        self._own_executors = OwnExecutorSessions(info, self.agent.book, ledger.secret, own_socket, post)
        self.performer = Performer(
            info,
            ledger,
            sandboxes,
            self._volumes,
            process,
            self._executors,
            self._own_executors,
            self._session,
            self._socket,
            post,
        )
        self._edge: EdgeTask | None = None
        if options.public and options.edge is not None:
            self._edge = EdgeTask(options.edge, masters, info.agent_id, self._work_dir)
            registry.register(self._edge.edge.metrics)

    async def run(self, stop: asyncio.Event, leave: asyncio.Event) -> int:
        """Until `stop`, until what follows from `leave` is done, or until the core wants to exit."""
        self._sandboxes.find_ended({entry.key for entry in self.agent.book.entries() if entry.live})
        server = await executors.serve(self._executors, self._socket)
        # A framework's executor may run as another user: what it proves itself with is its token.
        own_server = await executors.serve(self._own_executors, self._own_executors.socket, 0o666)
        self._process.resume()
        tasks = [asyncio.create_task(work) for work in self._work(leave)]
        stopping = asyncio.create_task(stop.wait())
        awaited: list[asyncio.Future[Any]] = [*tasks, stopping, self.performer.exited]
        try:
            await asyncio.wait(awaited, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
            return await self._leave_or_stop(server)
        finally:
            for each in awaited:
                each.cancel()
            await asyncio.gather(*awaited, return_exceptions=True)
            await server.stop(0)
            await own_server.stop(0)
            await self._process.close()

    async def _perform(self, actions: list[Action]) -> None:
        await self.performer.perform(actions)

    def _work(self, leave: asyncio.Event) -> tuple[Coroutine[None, None, None], ...]:
        """Each runs until cancelled, or raises."""
        work = (self._runner.run(), self._session.run(), self._sweep(), self._told_to_leave(leave))
        return (*work, self._discovery(self._told_masters)) if self._discovery else work

    def _told_masters(self, masters: MastersAre) -> None:
        self._runner.post(masters)
        self._tell_edge(masters)

    def _tell_edge(self, masters: MastersAre) -> None:
        """It follows the agent, whose master says more often that it is there than there are changes of endpoints."""
        if self._edge is not None:
            self._edge.edge.told(masters)

    async def _told_to_leave(self, leave: asyncio.Event) -> None:
        await leave.wait()
        self._runner.post(Leave("SIGUSR1"))
        await asyncio.Event().wait()

    async def _sweep(self) -> None:
        launched = 0
        while True:
            await asyncio.sleep(SWEEP_S)
            busy, launched = launched != self.performer.launched, self.performer.launched
            removed = await asyncio.to_thread(self._sandboxes.sweep, busy=busy)
            if removed:
                _log.info("sandboxes of ended tasks removed", count=len(removed), why=removed[-1].reason)
            await asyncio.to_thread(self._volumes.sweep)

    async def _leave_or_stop(self, server: aio.Server) -> int:
        wish = self.performer.exited.result() if self.performer.exited.done() else Exit(0, "told to stop")
        left = self.agent.leaving.started and self.performer.exited.done()
        if left:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._session.finish()
            self._process.kill()
            await self._process.ended()
        if self._edge is not None:
            await self._edge.end(for_good=left)
        if left:
            await server.stop(0)
            self._clear()
        _log.info("the agent ends", why=wish.reason, executor="ended" if left else "goes on")
        return wish.code

    def _clear(self) -> None:
        """Nothing of this agent is to be met again."""
        for path in (self._socket, self._own_executors.socket, str(self._work_dir / RECORD)):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        folder = Path(self._socket).parent
        own = Path(self._own_executors.socket).parent
        for each in (own, folder) if folder != self._work_dir else (own,):
            with contextlib.suppress(OSError):
                each.rmdir()


def _discovery(options: AgentOptions) -> Callable[[Callable[[MastersAre], None]], Coroutine[None, None, None]]:
    # kazoo is for those alone who name a ZooKeeper.
    from barter.shell.zookeeper import discovery

    return partial(discovery.follow, discovery.settings_of(options.masters, options.zookeeper_tls))
