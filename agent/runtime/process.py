"""The process runtime: tasks as processes of this machine, each in its own session, sandbox and cgroups."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from barter.agent.executor.events import Ended, Held, NotStarted, Order, Sample, Started, TaskKey
from barter.agent.runtime import persistent
from barter.agent.runtime.base import LaunchFailed, Report, Runtime
from barter.agent.runtime.children import Children
from barter.agent.runtime.environment import process_environment
from barter.agent.runtime.journal import Entry, Journal
from barter.agent.runtime.limits import Limits, give_way, oom_killed, remove, signal_all
from barter.agent.runtime.measure import Measurable, measure
from barter.agent.runtime.proc import session_leaders, start_time
from barter.agent.runtime.rotate import rotate_all
from barter.agent.runtime.spawn import spawn_check, spawn_task
from barter.agent.runtime.watch import Watch
from barter.core.tasks import Reason

SLICE = 8
ROTATE_S = 10.0
_TIDY_S, _CLOSE_S = 0.05, 2.0


@dataclass(frozen=True, slots=True)
class _Running:
    order: Order
    pid: int
    started: int
    cgroups: tuple[str, ...]


class ProcessRuntime(Runtime):
    """Launches in slices, so that statuses go out and ends are seen while thousands of orders wait."""

    def __init__(self, work_dir: Path, limits: Limits | None = None) -> None:
        self._work_dir, self._folder = work_dir, work_dir / "executor"
        self._limits = Limits(work_dir) if limits is None else limits
        self._journal = Journal(self._folder / "processes")
        self._children = Children(self._ended)
        self._watch = Watch(self._adopted_gone)
        self._queued: dict[TaskKey, Order] = {}
        self._running: dict[TaskKey, _Running] = {}
        self._adopted: dict[int, TaskKey] = {}
        self._untidy: set[str] = set()
        self._report: Report = _nowhere
        self._rotation: asyncio.Task[None] | None = None

    async def start(self, report: Report) -> Sequence[Held]:
        self._report = report
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._children.open()
        entries = self._journal.open()
        lost = any(entry.pid == 0 and entry.ended is None for entry in entries.values())
        leaders = session_leaders() if lost else {}
        for key, entry in entries.items():
            self._recover(key, entry, leaders)
        self._limits.sweep({folder for running in self._running.values() for folder in running.cgroups})
        self._rotation = asyncio.get_running_loop().create_task(self._rotate())
        return [Held(entry.order, entry.killing) for entry in entries.values()]

    def launch(self, orders: Sequence[Order]) -> None:
        idle = not self._queued
        for order in orders:
            self._queued[order.key] = order
        if idle and self._queued:
            asyncio.get_running_loop().call_soon(self._launch_slice)

    def end(self, key: TaskKey, *, force: bool) -> None:
        if self._queued.pop(key, None) is not None:
            self._report(NotStarted(key, Reason.LAUNCH_FAILED, "killed before it started"))
        elif (running := self._running.get(key)) is not None:
            self._journal.killing(key)
            self._signal(running, signal.SIGKILL if force else signal.SIGTERM)

    def release(self, keys: Sequence[TaskKey]) -> None:
        self._journal.forget(keys)

    async def check(self, order: Order, command: str, timeout_ms: int) -> tuple[bool, str]:
        try:
            pid = spawn_check(order, command, process_environment(order))
        except LaunchFailed as failure:
            return False, str(failure)
        finally:
            os.chdir("/")
        return await self._children.result(pid, timeout_ms)

    async def measure(self, keys: Sequence[TaskKey]) -> Sequence[Sample]:
        running = [self._running[key] for key in keys if key in self._running]
        wanted = [Measurable(each.order.key, each.pid, each.cgroups) for each in running]
        return await asyncio.get_running_loop().run_in_executor(None, measure, wanted)

    async def close(self) -> None:
        if self._rotation is not None:
            self._rotation.cancel()
        self._children.close()
        self._watch.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                while self._untidy:
                    # What a killed task left behind dies when the kernel gets to it.
                    self._tidy_now()
                    await asyncio.sleep(_TIDY_S)
        if not self._running:
            self._limits.sweep(set())
        self._journal.close()

    def _launch_slice(self) -> None:
        orders = [self._queued.pop(key) for key in list(self._first_queued())]
        self._journal.intend(orders)
        begun: list[_Running] = []
        for order in orders:
            try:
                begun.append(self._spawn(order))
            except LaunchFailed as failure:
                self._report(NotStarted(order.key, failure.reason, str(failure)))
        os.chdir("/")
        self._journal.started([(each.order.key, each.pid, each.started, each.cgroups) for each in begun])
        for each in begun:
            self._running[each.order.key] = each
            self._children.add(each.pid, each.order.key)
            self._report(Started(each.order.key))
        if self._queued:
            asyncio.get_running_loop().call_soon(self._launch_slice)

    def _first_queued(self) -> Sequence[TaskKey]:
        return [key for key, _ in zip(self._queued, range(SLICE), strict=False)]

    def _spawn(self, order: Order) -> _Running:
        """Raises LaunchFailed."""
        environment = process_environment(order)
        if order.task.volumes:
            persistent.link(order, self._work_dir)
        cgroups = self._limits.make(order.key, order.task)
        try:
            if cgroups:
                self._limits.enter(cgroups)
            try:
                pid = spawn_task(order, environment)
                if order.task.revocable:
                    give_way(pid)
            finally:
                if cgroups:
                    self._limits.leave(cgroups)
        except (OSError, LaunchFailed) as failure:
            remove(cgroups)
            if isinstance(failure, LaunchFailed):
                raise
            raise LaunchFailed(f"cannot enter the task's cgroup: {failure}; see what limits the agent") from failure
        return _Running(order, pid, start_time(pid), cgroups)

    def _recover(self, key: TaskKey, entry: Entry, leaders: dict[str, int]) -> None:
        """Adopt the task's process, or report how it ended."""
        if entry.ended is not None:
            self._report(entry.ended)
            return
        if entry.pid == 0 and (pid := leaders.get(entry.order.sandbox, 0)):
            entry.pid, entry.started = pid, start_time(pid)
            self._journal.started([(key, entry.pid, entry.started, entry.cgroups)])
        running = _Running(entry.order, entry.pid, entry.started, entry.cgroups)
        if entry.pid and start_time(entry.pid) == entry.started:
            self._running[key] = running
            self._adopted[entry.pid] = key
            self._watch.add(entry.pid, entry.started)
        else:
            self._finish(running, None, "")

    def _adopted_gone(self, pid: int) -> None:
        key = self._adopted.pop(pid, None)
        if key is not None and (running := self._running.pop(key, None)) is not None:
            self._finish(running, None, "")

    def _ended(self, ends: list[tuple[TaskKey, int, str]]) -> None:
        for key, code, name in ends:
            if (running := self._running.pop(key, None)) is not None:
                self._finish(running, code, name)

    def _finish(self, running: _Running, code: int | None, name: str) -> None:
        memory = code != 0 and oom_killed(running.cgroups)
        end = Ended(running.order.key, code, name, memory)
        self._journal.ended([end])
        self._report(end)
        if not remove(running.cgroups):
            signal_all(running.cgroups, signal.SIGKILL)
            if not self._untidy:
                asyncio.get_running_loop().call_later(_TIDY_S, self._tidy)
            self._untidy.update(running.cgroups)

    def _tidy(self) -> None:
        """Remove the cgroups of ended tasks once what they left behind is dead."""
        self._tidy_now()
        if self._untidy:
            asyncio.get_running_loop().call_later(_TIDY_S, self._tidy)

    def _tidy_now(self) -> None:
        self._untidy = {folder for folder in self._untidy if not remove((folder,))}
        signal_all(tuple(self._untidy), signal.SIGKILL)

    def _signal(self, running: _Running, number: signal.Signals) -> None:
        if signal_all(running.cgroups, number):
            return
        if running.pid in self._adopted and start_time(running.pid) != running.started:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(running.pid, number)

    async def _rotate(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(ROTATE_S)
            if sandboxes := [running.order.sandbox for running in self._running.values()]:
                await loop.run_in_executor(None, rotate_all, sandboxes)


def _nowhere(event: object) -> None:
    raise RuntimeError(f"{event} before start()")
