"""Puts an agent together: what it holds, what it has, where it listens; then lets it work."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial
from pathlib import Path

from prometheus_client import CollectorRegistry

from barter.agent.collect import Policy
from barter.agent.described import HOSTNAME, Description, check_change
from barter.agent.machine import Agent
from barter.agent.runtime import isolation, settings
from barter.agent.runtime.limits import describe
from barter.agent.runtime.registries import load_mirrors
from barter.agent.runtime.settings import Settings
from barter.agent.shell import engine, resources, usage
from barter.agent.shell.exec_begin import begin
from barter.agent.shell.execs import Execs
from barter.agent.shell.http import application
from barter.agent.shell.ledger import Ledger
from barter.agent.shell.node import Node, NotReady
from barter.agent.shell.options import AgentOptions
from barter.agent.shell.perform import Performer
from barter.agent.shell.process import ExecutorProcess
from barter.agent.shell.sandbox import Sandboxes
from barter.agent.shell.serving import Serving
from barter.core.addresses import split_address
from barter.core.cluster import AgentInfo
from barter.core.ids import FrameworkId, TaskId
from barter.core.tasks import TaskInfo
from barter.proto.v1 import node_pb2
from barter.proto.v1.node_pb2_grpc import add_NodeServiceServicer_to_server
from barter.shell import http, transport
from barter.shell.lock import FolderLock
from barter.shell.log import logger

LOCK = "agent.lock"
_log = logger("agent")


class AgentService:
    def __init__(self, options: AgentOptions) -> None:
        self._options = options
        self._work_dir = options.work_dir.absolute()
        self._stop = asyncio.Event()
        self._leave = asyncio.Event()
        self._there: tuple[Agent, Performer] | None = None
        self._isolation = isolation.NONE

    async def run(self) -> int:
        """Serve until a signal or the core's wish; return the exit code. Raises what keeps it from starting."""
        self._work_dir.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as held:
            advice = "stop it first, or choose another --work-dir"
            held.callback(FolderLock(self._work_dir / LOCK, "agent", advice).release)
            for address in (self._options.listen, self._options.http):
                transport.check_listen(address, insecure=self._options.insecure)
            ledger = Ledger(self._work_dir)
            held.callback(ledger.close)
            self._isolation, note = await asyncio.to_thread(
                isolation.chosen, self._options.settings.isolation, self._work_dir
            )
            description = self._describe(ledger, note)
            if ledger.description.kept is not None:
                check_change(ledger.description.kept, description)
            _check_files(self._options.settings)
            self._take_signals()
            return await self._serve(ledger, description)

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGUSR1, self._leave.set)

    async def _serve(self, ledger: Ledger, description: Description) -> int:
        options = self._options
        policy = Policy(options.sandbox_keep_ms, options.settings.least_free)
        sandboxes = Sandboxes(self._work_dir, policy=policy)
        server = transport.server()
        execs = Execs(self._live_task, partial(begin, self._work_dir, ledger.agent_id))
        node = Node(sandboxes.root, self._is_live, self._usage, lambda *key: bool(ledger.spent(key[0], key[1:])), execs)
        add_NodeServiceServicer_to_server(node, server)  # type: ignore[no-untyped-call]
        port = transport.listen(server, options.listen, insecure=options.insecure)
        registry = CollectorRegistry()
        face = application(lambda: self._there, ledger.agent_id, registry)
        stop_http = await http.serve(face, options.http, insecure=options.insecure)
        try:
            await server.start()
            zone = options.attributes.get("zone", "")
            settings.write(self._work_dir, replace(options.settings, zone=zone, isolation=self._isolation))
            process = ExecutorProcess(self._work_dir)
            process.runtime = await self._runtime(process)
            if self._stop.is_set():
                return 0
            info = self._reached(description.info, port, process.runtime)
            process.host = info.host
            serving = Serving(options, info, ledger, sandboxes, process, registry)
            self._there = serving.agent, serving.performer
            serving.performer.registering = lambda: ledger.keep(replace(description, info=info))
            _log.info(
                "ready",
                agent_id=info.agent_id,
                node=info.node_address,
                http=options.http,
                resources=str(info.resources),
                runtimes=",".join(info.runtimes),
            )
            return await serving.run(self._stop, self._leave)
        finally:
            await server.stop(0)
            await stop_http()

    async def _runtime(self, process: ExecutorProcess) -> str:
        """The executor's: "docker" or "process". A living one keeps its own; for a wanted Docker it waits."""
        wanted = self._options.runtime
        if wanted not in ("auto", "docker", "process"):
            raise ValueError(f"runtime {wanted!r} is none of auto, docker, process")
        if process.running is not None:
            if wanted not in ("auto", process.running.runtime):
                _log.warning("the living executor keeps its runtime until it ends", runtime=process.running.runtime)
            return process.running.runtime
        if wanted == "docker":
            await self._until_told(engine.wait_for_engine())
        elif wanted == "auto":
            wanted = "process" if await engine.answers() else "docker"
        return wanted

    async def _until_told(self, work: Coroutine[None, None, None]) -> None:
        """Wait for `work`, or until a signal makes it pointless."""
        waiting = [asyncio.create_task(each) for each in (work, _set(self._stop), _set(self._leave))]
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

    def _describe(self, ledger: Ledger, isolation_note: str) -> Description:
        """As it will register, but for where its API answers and what runs tasks."""
        options, before = self._options, ledger.description.kept
        listen_host, _ = split_address(options.listen)
        hostname = options.hostname or socket.gethostname()
        host = options.host or (hostname if listen_host in ("0.0.0.0", "::") else listen_host)
        disk_before = before.info.resources.scalars.get("disk", 0) if before and "disk" not in before.given else 0
        has = resources.override(resources.detect(self._work_dir, disk_before), options.resources)
        info = AgentInfo(
            agent_id=ledger.agent_id,
            hostname=hostname,
            host=host,
            resources=has,
            reserved=resources.reserved(has, options.reserve),
            attributes=dict(options.attributes),
            public=options.public,
            notes=(*describe(), *([isolation_note] if isolation_note else [])),
            max_containers=options.max_containers,
        )
        return Description(info, resources.kinds(options.resources) | ({HOSTNAME} if options.hostname else set()))

    @staticmethod
    def _reached(info: AgentInfo, port: int, runtime: str) -> AgentInfo:
        host = f"[{info.host}]" if ":" in info.host else info.host
        runtimes = ("docker", "process") if runtime == "docker" else ("process",)
        return replace(info, runtimes=runtimes, node_address=f"{host}:{port}")

    def _usage(self) -> node_pb2.UsageReply:
        return usage.reply(self._there[0]) if self._there is not None else node_pb2.UsageReply()

    def _is_live(self, framework_id: FrameworkId, task_id: TaskId) -> bool:
        return self._live_task(framework_id, task_id) is not None

    def _live_task(self, framework_id: FrameworkId, task_id: TaskId) -> TaskInfo | None:
        if self._there is None:
            raise NotReady("the agent is starting: try again")
        entry = self._there[0].book.find(framework_id, task_id)
        return entry.task if entry is not None and entry.live else None


def _check_files(given: Settings) -> None:
    """Raises ValueError: what is wrong with them now would be found at the first image otherwise."""
    load_mirrors(given.registries)
    if given.docker_config:
        # It needs the Docker SDK, whose import costs a quarter of a second.
        from barter.agent.runtime.credentials import check

        check(Path(given.docker_config))


async def _set(event: asyncio.Event) -> None:
    await event.wait()
