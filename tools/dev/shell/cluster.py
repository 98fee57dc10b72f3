"""Runs a cluster: carries out what its supervisor decides, and says when all of it serves."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from barter.shell.clock import Clock
from barter.shell.runner import Runner
from barter.tools.dev.plan import Kind, Plan, addresses
from barter.tools.dev.shell import folder, zookeeper
from barter.tools.dev.shell.claim import note_run
from barter.tools.dev.shell.processes import launch, reap, send
from barter.tools.dev.shell.readiness import Probe, agent_ids, probes, tear_down_frameworks
from barter.tools.dev.shell.sweep import end_containers, end_processes
from barter.tools.dev.supervisor import (
    Action,
    Begin,
    End,
    Event,
    Exited,
    Finish,
    FrameworksGone,
    Launch,
    Report,
    StopAsked,
    Supervisor,
    Sweep,
    Swept,
    TearDownFrameworks,
)

POLL_S, SLOW_S, READY_BOUND_S, LOG_LINES = 0.1, 10.0, 60.0, 8

Say = Callable[[str], None]


class Cluster:
    """One run, from its first process to its last; `run` returns the exit code."""

    def __init__(self, made: Plan, data_dir: Path, mark: str, *, keeps: bool, say: Say) -> None:
        self._plan, self._data_dir, self._mark, self._say = made, data_dir, mark, say
        kinds = {daemon.name: daemon.kind for daemon in made.daemons}
        self._daemons = {daemon.name: daemon for daemon in made.daemons}
        self._runner: Runner[Event, Action] = Runner(Supervisor(kinds, keeps), Clock(), self._perform)
        self._pids: dict[str, int] = {}
        self._agent_ids: dict[str, str] = {}
        self._ready = self._failed = False
        self._gone = asyncio.Event()
        self._background: set[asyncio.Task[None]] = set()

    async def run(self, next_steps: str) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop)
        loop.add_signal_handler(signal.SIGCHLD, self._reap)
        self._runner.post(Begin())
        announcing = asyncio.create_task(self._announce(next_steps))
        running = asyncio.create_task(self._runner.run())
        gone = asyncio.create_task(self._gone.wait())
        try:
            await asyncio.wait({running, gone}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
        finally:
            if not gone.done():
                end_processes(self._mark, self._data_dir, signal.SIGKILL)
            for task in (announcing, running, gone):
                task.cancel()
            await asyncio.gather(announcing, running, gone, return_exceptions=True)
        return 1 if self._failed else 0

    def _asked_to_stop(self) -> None:
        hurries = self._gone_on
        self._say("hurrying: killing what is left" if hurries else "\nstopping: tasks and agents first, masters last")
        folder.withdraw(self._data_dir)
        self._runner.post(StopAsked())

    @property
    def _gone_on(self) -> bool:
        machine = self._runner.machine
        return isinstance(machine, Supervisor) and machine.stage > 0

    def _reap(self) -> None:
        names = {pid: name for name, pid in self._pids.items()}
        for pid, how in reap():
            if name := names.get(pid):
                self._runner.post(Exited(name, how))

    async def _perform(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Launch(name):
                    self._launch(name)
                case Report(name, reason):
                    self._report(name, reason)
                case End(name, force, reason):
                    self._end(name, force, reason)
                case TearDownFrameworks():
                    self._spawn(self._tear_down())
                case Sweep():
                    self._spawn(self._sweep())
                case Finish():
                    self._gone.set()

    def _launch(self, name: str) -> None:
        daemon = self._daemons[name]
        daemon_log = self._data_dir / "logs" / f"{name}.log"
        command = [sys.executable, "-m", "barter.tools.cli.main", "start", *daemon.argv]
        if daemon.kind is Kind.ZOOKEEPER:
            command = zookeeper.command(self._plan)
        self._pids[name] = launch(command, daemon_log, self._mark)
        self._note()

    def _note(self) -> None:
        """Keep on disk who runs, for users, and for a start after this process was killed."""
        agents = [self._pids[agent.name] for agent in self._plan.agents if agent.name in self._pids]
        run = {"mark": self._mark, "agents": agents, "agent_ids": list(self._agent_ids.values())}
        note_run(self._data_dir, run)
        if self._ready and not self._gone_on:
            folder.publish(self._data_dir, addresses(self._plan, self._pids, os.getpid()))

    def _report(self, name: str, reason: str) -> None:
        self._say(f"{reason}; the end of {self._data_dir}/logs/{name}.log:")
        for line in self._log_end(name, LOG_LINES):
            self._say(f"  | {line}")

    def _end(self, name: str, force: bool, reason: str) -> None:
        if force:
            self._say(f"killing {name}: {reason}")
        polite = signal.SIGUSR1 if self._daemons[name].kind is Kind.AGENT else signal.SIGTERM
        send(self._pids[name], signal.SIGKILL if force else polite)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _tear_down(self) -> None:
        await asyncio.to_thread(tear_down_frameworks, self._plan.masters)
        self._runner.post(FrameworksGone())

    async def _sweep(self) -> None:
        """End every process still there, then the containers where agents ran some; say what could not be ended."""
        remains = await asyncio.to_thread(end_processes, self._mark, self._data_dir, signal.SIGTERM)
        if self._plan.options.runtime != "process" and self._agent_ids:
            remains += await asyncio.to_thread(end_containers, list(self._agent_ids.values()))
        for line in remains:
            self._say(f"could not end {line}")
        self._failed = self._failed or bool(remains)
        self._runner.post(Swept())

    async def _announce(self, next_steps: str) -> None:
        """Say what serves as soon as it does; publish the addresses once all does."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        found = probes(self._plan)
        waiting = {probe.name: asyncio.create_task(self._until_serving(probe, started)) for probe in found}
        for bound in (SLOW_S, READY_BOUND_S):
            _, late = await asyncio.wait(waiting.values(), timeout=started + bound - loop.time())
            if self._gone_on:
                return
            if late:
                self._say_late([name for name, task in waiting.items() if task in late], bound)
        if late:
            self._failed = True
            self._runner.post(StopAsked())
            return
        self._agent_ids = await asyncio.to_thread(agent_ids, self._plan.masters)
        self._ready = True
        self._note()
        self._say(f"\nready after {loop.time() - started:.1f} s\n{next_steps}")

    async def _until_serving(self, probe: Probe, started: float) -> None:
        loop = asyncio.get_running_loop()
        while not self._gone_on:
            if await asyncio.to_thread(probe.check):
                self._say(f"  {probe.name:<10} {probe.serves}  ({loop.time() - started:.1f} s)")
                return
            await asyncio.sleep(POLL_S)

    def _say_late(self, names: Sequence[str], bound: float) -> None:
        self._say(f"not ready after {bound:g} s; the last line of each one's log in {self._data_dir}/logs:")
        for name in names:
            last = self._log_end("agent-p" if name == "edge" else name, 1)
            self._say(f"  {name:<10} {last[0] if last else 'nothing yet'}")

    def _log_end(self, name: str, count: int) -> list[str]:
        with (self._data_dir / "logs" / f"{name}.log").open(errors="replace") as log:
            return [line.rstrip() for line in deque(log, count)]
