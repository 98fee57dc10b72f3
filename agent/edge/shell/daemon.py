"""The edge of a public agent: a task in the agent's process that drives a HAProxy which outlives it."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from barter.agent.edge.config import Settings
from barter.agent.edge.machine import EdgeMachine
from barter.agent.edge.messages import (
    Action,
    ApplyRuntime,
    Check,
    CountSessions,
    Event,
    ReadSlots,
    Reload,
    Report,
    Start,
    TellServed,
)
from barter.agent.edge.shell import binary, privileges
from barter.agent.edge.shell.haproxy import HAProxy
from barter.agent.edge.shell.metrics import EdgeMetrics, EdgeStatus, status_of
from barter.agent.edge.shell.watch import Watch
from barter.core.route import MastersAre
from barter.shell.clock import Clock
from barter.shell.log import logger
from barter.shell.runner import Runner

_BINARY_RETRY_S = 5.0


@dataclass(frozen=True, slots=True)
class EdgeOptions:
    """`bind` is the IP address the edge's http and service ports listen on; its statistics stay on loopback.

    `work_dir` is private to the edge; `haproxy` is the path or name of the binary, empty to find one.
    """

    http_port: int = 80
    stats_port: int = 9090
    bind: str = "127.0.0.1"
    work_dir: Path | None = None
    haproxy: str = ""

    def check(self) -> None:
        """Raises ValueError with what to change."""
        for name, port in (("http port", self.http_port), ("statistics port", self.stats_port)):
            if not 1 <= port <= 65535:
                raise ValueError(f"the edge's {name} {port} is outside 1-65535")
        if self.http_port == self.stats_port:
            raise ValueError(f"the edge's http and statistics ports are both {self.http_port}: choose two")
        try:
            ip_address(self.bind)
        except ValueError:
            raise ValueError(f"the edge's bind address {self.bind!r} is not an IP address") from None


class Edge:
    """Raises ValueError when made with options that cannot be. Without `masters` it waits until `told` of some."""

    def __init__(self, options: EdgeOptions, masters: Sequence[str], agent_id: str) -> None:
        options.check()
        if options.work_dir is None:
            raise ValueError("the edge needs a work dir")
        self._options = options
        self._masters = MastersAre(tuple(masters))
        self._watch: Watch | None = None
        self._dir = options.work_dir.resolve()
        self._log = logger("edge").bind(agent_id=agent_id)
        self._machine: EdgeMachine | None = None
        self._waiting = ""
        self._running: asyncio.Task[None] | None = None
        self.metrics = EdgeMetrics(lambda: self.status)

    @property
    def status(self) -> EdgeStatus:
        """What is served, and what is excluded and why."""
        return status_of(self._machine) if self._machine else EdgeStatus()

    @property
    def trouble(self) -> str:
        """Why HAProxy does not run, or not as it should; empty while all is well."""
        return self._machine.trouble if self._machine else self._waiting

    async def run(self) -> None:
        """Serve until cancelled; HAProxy goes on without it, and the next edge on this work dir takes it over."""
        self._running = asyncio.current_task()
        self._dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = await self._find_binary()
        options = self._options
        bind, drop_to = str(ip_address(options.bind)), privileges.drop_to()
        self._machine = EdgeMachine(Settings(options.http_port, options.stats_port, bind, found.prometheus, drop_to))
        try:
            async with asyncio.TaskGroup() as group:
                session = _Session(self._machine, found.path, self._dir, self._log, group)
                self._watch = Watch(self._masters.addresses, session.post)
                self._watch.told(self._masters)
                try:
                    await session.run(self._watch)
                finally:
                    self._watch = None
                    await session.haproxy.let_go()
        except ExceptionGroup as broken:
            raise broken.exceptions[0] from broken

    def told(self, masters: MastersAre) -> None:
        """These are the masters from now on, the same where none are named; and who leads."""
        self._masters = masters if masters.addresses else self._masters
        if self._watch is not None:
            self._watch.told(masters)

    async def stop(self) -> None:
        """End `run`, and HAProxy with all its workers; nothing of it is left in the work dir."""
        if self._running is not None and not self._running.done():
            self._running.cancel()
            await asyncio.wait([self._running])
        await HAProxy("", self._dir, lambda _: None).stop()

    async def _find_binary(self) -> binary.Binary:
        while True:
            try:
                found = await binary.inspect(binary.find(self._options.haproxy))
            except binary.NoHAProxy as problem:
                if str(problem) != self._waiting:
                    self._waiting = str(problem)
                    self._log.warning(f"the edge waits for a HAProxy: {problem}")
                await asyncio.sleep(_BINARY_RETRY_S)
            else:
                self._log.info("found HAProxy", path=found.path, version=found.version)
                return found


class _Session:
    """The machine, its runner and its HAProxy while one `run` lasts."""

    def __init__(
        self, machine: EdgeMachine, path: str, work_dir: Path, log: FilteringBoundLogger, group: asyncio.TaskGroup
    ) -> None:
        self._runner = Runner[Event, Action](machine, Clock(), self._perform)
        self._log = log
        self._group = group
        self._tell_served: Callable[[TellServed], None] = lambda told: None
        self.haproxy = HAProxy(path, work_dir, self._runner.post)

    def post(self, event: Event) -> None:
        self._runner.post(event)

    async def run(self, watch: Watch) -> None:
        if adopted := await self.haproxy.adopt():
            self._runner.post(adopted)
        self._tell_served = watch.tell_served
        self._group.create_task(watch.run())
        await self._runner.run()

    async def _perform(self, actions: list[Action]) -> None:
        """Each order is carried out beside the machine, which goes on and is told the answer."""
        for action in actions:
            match action:
                case Report():
                    self._report(action)
                case Check(candidate, probe):
                    self._order(self.haproxy.check(candidate, probe))
                case Start(candidate, reason):
                    self._log.info("starting HAProxy", reason=reason)
                    self._order(self.haproxy.start(candidate))
                case Reload(candidate, reason):
                    self._log.info("reloading HAProxy", reason=reason)
                    self._order(self.haproxy.reload(candidate))
                case ApplyRuntime(structure, commands):
                    for command in commands[:20]:
                        self._log.debug("slot", command=command.line(), reason=command.reason)
                    self._order(self.haproxy.apply(structure, commands))
                case CountSessions(structure, backends):
                    self._order(self.haproxy.sessions(structure, backends))
                case TellServed():
                    self._tell_served(action)
                case ReadSlots(structure, reason):
                    self._log.info("reading the slots", reason=reason)
                    self._order(self.haproxy.slots(structure))

    def _order(self, order: Coroutine[None, None, Event]) -> None:
        async def carry_out() -> None:
            self._runner.post(await order)

        self._group.create_task(carry_out())

    def _report(self, report: Report) -> None:
        bound = self._log.bind(service=report.service_id) if report.service_id else self._log
        (bound.warning if report.trouble else bound.info)(report.message)
