"""The executor as a process: the core, its session with the agent, and a runtime, in one event loop."""

import asyncio
import os
import signal
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from barter.agent.executor.actions import (
    Action,
    CancelFetch,
    Connect,
    EndTask,
    Exit,
    FetchArtifacts,
    Measure,
    RunCheck,
    SendHello,
    SendUsage,
    StopChecks,
)
from barter.agent.executor.events import Event, Launch, Measured, NotStarted, Sample, Started
from barter.agent.executor.machine import Executor
from barter.agent.executor.shell.checks import Checker
from barter.agent.executor.shell.kills import KillNotes
from barter.agent.executor.shell.session import Session
from barter.agent.executor.steps import ReleaseTasks, SendStatuses, StartTasks, steps
from barter.agent.executor.wire import hello_to_wire, statuses_to_wire, usage_to_wire
from barter.agent.fetch.shell.fetcher import Fetches
from barter.agent.runtime.base import Report, Runtime, RuntimeEvent
from barter.agent.runtime.identity import Running, identify, record
from barter.agent.runtime.process import ProcessRuntime
from barter.agent.runtime.select import Runtimes
from barter.agent.runtime.settings import SettingsFile
from barter.shell.clock import Clock
from barter.shell.lock import FolderLock
from barter.shell.log import logger
from barter.shell.runner import Runner
from barter.shell.transport import is_loopback

VERSION = version("barter-scheduler")
_log = logger("executor")


@dataclass(frozen=True, slots=True)
class ExecutorOptions:
    """`host` is where the tasks' ports answer; `runtime` docker has both, process only processes."""

    socket: Path
    work_dir: Path
    runtime: str = "process"
    host: str = "127.0.0.1"
    settings: SettingsFile = SettingsFile()


def make_runtime(options: ExecutorOptions) -> Runtime:
    process = ProcessRuntime(options.work_dir, settings=options.settings)
    if options.runtime == "process":
        return Runtimes(process, None)
    # Importing the SDK costs a quarter of a second that a process-only executor does not have.
    from barter.agent.runtime.docker import DockerRuntime

    # An agent that is only reachable from its own machine does not open its tasks' ports to others.
    publish_on = "127.0.0.1" if is_loopback(options.host) else ""
    return Runtimes(process, DockerRuntime(options.work_dir, publish_on, options.settings))


class Daemon:
    def __init__(self, options: ExecutorOptions, runtime: Runtime) -> None:
        self._runtime = runtime
        self._runner: Runner[Event, Action] = Runner(Executor(), Clock(), self._perform)
        self._session = Session(str(options.socket), self._runner.post)
        self._checker = Checker(options.host, runtime, self._runner.post)
        self._fetches = Fetches(options.work_dir, options.settings, self._runner.post)
        self._kills = KillNotes(options.work_dir / "executor")
        self._ended = asyncio.Event()
        self._measuring: asyncio.Task[None] | None = None

    def end(self) -> None:
        self._ended.set()

    async def serve(self) -> None:
        """Until the core exits or `end` is called; tasks still running then go on."""
        early: list[RuntimeEvent] = []
        report: Report = early.append
        held = self._kills.open(await self._runtime.start(lambda event: report(event)))
        unstarted = self._fetches.open(each.order.key for each in held)
        for event in (*held, *early, Launch(tuple(unstarted))):
            self._runner.post(event)
        report = self._report
        _log.info("ready", pid=os.getpid(), tasks=len(held))
        workers: list[asyncio.Task[object]] = [
            asyncio.create_task(self._runner.run()),
            asyncio.create_task(self._session.run()),
            asyncio.create_task(self._ended.wait()),
        ]
        try:
            done, _ = await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._session.drain()
            workers += [self._measuring] if self._measuring is not None else []
            for task in workers:
                task.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._checker.close()
            self._fetches.close()
            await self._runtime.close()

    def _report(self, event: RuntimeEvent) -> None:
        match event:
            case Started():
                self._fetches.settled((event.key,))
            case NotStarted():
                self._fetches.not_started(event)
        self._runner.post(event)

    async def _perform(self, actions: list[Action]) -> None:
        for step in steps(actions):
            match step:
                case StartTasks():
                    self._runtime.launch(step.orders)
                case EndTask():
                    self._kills.note(step)
                    self._runtime.end(step.key, force=step.force)
                case ReleaseTasks():
                    self._runtime.release(step.keys)
                    self._fetches.settled(step.keys)
                    self._kills.over(step.keys)
                case FetchArtifacts():
                    self._fetches.begin(step.order)
                case CancelFetch():
                    self._fetches.cancel(step.key)
                case RunCheck():
                    self._checker.begin(step)
                case StopChecks():
                    self._checker.stop(step.key)
                case Measure():
                    self._measuring = asyncio.create_task(self._measure(step))
                case SendUsage():
                    self._session.send(usage_to_wire(step))
                case Connect():
                    self._session.connect()
                case SendHello():
                    self._session.send(hello_to_wire(step, os.getpid(), VERSION))
                case SendStatuses():
                    self._session.send(statuses_to_wire(step.statuses))
                case Exit():
                    _log.info("ends", why=step.reason)
                    self._ended.set()

    async def _measure(self, action: Measure) -> None:
        samples: tuple[Sample, ...] = ()
        try:
            samples = tuple(await self._runtime.measure(action.keys))
        finally:
            # Without an answer there would be no other measurement.
            self._runner.post(Measured(samples))


async def _serve(options: ExecutorOptions) -> None:
    daemon = Daemon(options, make_runtime(options))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, daemon.end)
    await daemon.serve()


def run(options: ExecutorOptions) -> int:
    """Block until the executor ends; raises FolderTaken or OSError.

    Ctrl-C is for the agent's terminal, not for its tasks.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder = options.work_dir / "executor"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = FolderLock(folder / "lock", "executor", "end it first, or give another --work-dir")
    try:
        pid = os.getpid()
        record(options.work_dir, Running(identify(pid), pid, options.runtime, str(options.socket)))
        asyncio.run(_serve(options))
    finally:
        lock.release()
    return 0
