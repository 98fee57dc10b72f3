"""The docker runtime: tasks with an image as containers of a Docker Engine.

Launching takes two calls (create, start), eight at a time; ends come from one stream of events; output and removal
wait while launches are under way.
"""

import asyncio
import contextlib
import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

from barter.agent.executor.events import Ended, Held, NotStarted, Order, Pulling, Started, TaskKey
from barter.agent.runtime.base import LaunchFailed, Report, Runtime, RuntimeFailure
from barter.agent.runtime.children import signal_name
from barter.agent.runtime.container_spec import HOME, container_spec, key_of, order_of
from barter.agent.runtime.docker_events import Events
from barter.agent.runtime.docker_logs import ContainerLog
from barter.agent.runtime.docker_task import DockerTask
from barter.agent.runtime.engine import Engine, EngineAway, ImageMissing, NameTaken, Seen, run_thread
from barter.agent.runtime.limits import home_name
from barter.shell.log import logger

LAUNCHES_AT_ONCE = 8
FOLLOW_AFTER_S = 0.5
LAST_LINES_S = 0.25
LONGEST_COPY_S = 5.0
_RETRY_S = 1.0
_REMOVE_PAUSES_S = (0.2, 1.0, 5.0, 20.0, 60.0)
_P = ParamSpec("_P")
_T = TypeVar("_T")
_log = logger("executor")


class DockerRuntime(Runtime):
    def __init__(self, work_dir: Path, publish_on: str = "") -> None:
        """`publish_on` is the address that mapped ports are bound to, empty for all."""
        self._publish_on = publish_on
        self._home = home_name(work_dir)
        self._private = (os.path.realpath(work_dir), *_engine_socket())
        self._notes = work_dir / "executor" / "logs"
        self._tasks: dict[TaskKey, DockerTask] = {}
        self._pulls: dict[str, asyncio.Task[None]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._launching = 0
        self._quiet = asyncio.Event()
        self._quiet.set()
        self._launches = ThreadPoolExecutor(LAUNCHES_AT_ONCE, "launch")
        self._others = ThreadPoolExecutor(4, "engine")
        self._checks = ThreadPoolExecutor(8, "check")
        self._removals = ThreadPoolExecutor(4, "remove")
        self._report: Report = lambda event: None
        self._engine: Engine
        self._events: Events

    async def start(self, report: Report) -> Sequence[Held]:
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._notes.mkdir(parents=True, exist_ok=True)
        self._engine = await self._reach_engine()
        connected = asyncio.Event()
        label = f"{HOME}={self._home}"
        self._events = Events(
            self._engine,
            label,
            lambda: self._from_thread(self._connected, connected),
            lambda labels, code: self._from_thread(self._died, key_of(labels), code),
        )
        self._events.open()
        await connected.wait()
        found = await self._list()
        return [held for seen in found if (held := self._recover(seen)) is not None]

    def launch(self, orders: Sequence[Order]) -> None:
        for order in orders:
            self._tasks[order.key] = DockerTask(order)
            self._launching += 1
            self._quiet.clear()
            self._spawn(self._launch(self._tasks[order.key]))

    def end(self, key: TaskKey, *, force: bool) -> None:
        task = self._tasks.get(key)
        if task is None:
            return
        task.killing = True
        if task.started:
            self._spawn(self._kill(task, "SIGKILL" if force else "SIGTERM"))

    def release(self, keys: Sequence[TaskKey]) -> None:
        for key in keys:
            if (task := self._tasks.pop(key, None)) is not None and task.container_id:
                self._spawn(self._remove(task))

    async def check(self, order: Order, command: str, timeout_ms: int) -> tuple[bool, str]:
        task = self._tasks.get(order.key)
        if task is None or not task.container_id:
            return False, "found no container"
        run = functools.partial(self._engine.run_in, task.container_id, command, timeout_ms / 1000)
        return await self._loop.run_in_executor(self._checks, run)

    async def close(self) -> None:
        """Removals under way are finished, launches and log copies are left as they are."""
        removals = [task for task in self._under_way if task.get_name() == "remove"]
        self._quiet.set()
        if removals:
            await asyncio.wait(removals, timeout=8.0)
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._events.close()
        for pool in (self._launches, self._others, self._checks, self._removals):
            pool.shutdown(wait=False, cancel_futures=True)
        with contextlib.suppress(OSError):
            self._notes.rmdir()

    async def _launch(self, task: DockerTask) -> None:
        """Make the task's container run, or say why it does not."""
        key, container = task.order.key, task.order.task.container
        assert container is not None
        try:
            spec = container_spec(task.order, container, self._home, self._private, self._publish_on)
            if container.force_pull:
                await self._pull(task, container.image)
            create = functools.partial(self._create_and_start, task, spec)
            try:
                await self._call(self._launches, create)
            except ImageMissing:
                await self._pull(task, container.image)
                await self._call(self._launches, create)
        except (RuntimeFailure, EngineAway, ImageMissing) as failure:
            reason = failure.reason if isinstance(failure, RuntimeFailure) else LaunchFailed.reason
            self._report(NotStarted(key, reason, str(failure)))
        else:
            task.started = True
            self._report(Started(key))
            if task.exit_code is not None:
                self._spawn(self._finish(task))
            elif task.killing:
                self._spawn(self._kill(task, "SIGTERM"))
            self._loop.call_later(FOLLOW_AFTER_S, self._follow_when_quiet, task)
        finally:
            self._launching -= 1
            if not self._launching:
                self._quiet.set()

    def _create_and_start(self, task: DockerTask, spec: dict[str, object]) -> None:
        """In a thread. Raises ImageMissing, LaunchFailed or EngineAway."""
        if task.killing:
            raise LaunchFailed("killed before it started")
        try:
            task.container_id = self._engine.create(task.order.container_name, spec)
        except NameTaken:
            if self._adopt(task):
                return
        if task.killing:
            self._engine.remove(task.container_id)
            raise LaunchFailed("killed before it started")
        self._engine.start(task.container_id)

    def _adopt(self, task: DockerTask) -> bool:
        """Take the container that has this task's name when it is this task's; whether it was started already."""
        name = task.order.container_name
        seen = self._engine.find(name)
        if seen is None or seen.labels.get(HOME) != self._home or key_of(seen.labels) != task.order.key:
            raise LaunchFailed(f"a container named {name!r} exists and is not this task's: remove or rename it")
        task.container_id = seen.container_id
        if seen.state not in ("created", "running"):
            end = self._engine.end_of(seen.container_id)
            task.exit_code = end.exit_code if end is not None else None
        return seen.state != "created"

    async def _pull(self, task: DockerTask, image: str) -> None:
        """Once for all tasks that wait for it; raises ImageFailed."""
        self._report(Pulling(task.order.key, image))
        pull = self._pulls.get(image)
        if pull is None:
            cancelled = functools.partial(self._nobody_waits, image)
            work = self._call(self._others, functools.partial(self._engine.pull, image, cancelled))
            pull = self._pulls[image] = self._loop.create_task(work)
            pull.add_done_callback(lambda done: self._pulls.pop(image, None))
        await asyncio.shield(pull)
        if task.killing:
            raise LaunchFailed("killed before it started")

    def _nobody_waits(self, image: str) -> bool:
        """Whether every task that waits for `image` is being killed; asked by the pull's thread."""
        waiting = [each for each in list(self._tasks.values()) if each.image == image and not each.started]
        return bool(waiting) and all(each.killing for each in waiting)

    def _recover(self, seen: Seen) -> Held | None:
        """Hold a container of an earlier executor."""
        try:
            order = order_of(seen.labels)
        except ValueError as error:
            _log.warning(
                "a container of ours is not understood, left alone", container=seen.container_id, why=str(error)
            )
            return None
        task = self._tasks[order.key] = DockerTask(order, seen.container_id)
        if seen.state == "created":
            message = "its executor ended before it started; launch it again under a new id"
            self._loop.call_soon(self._report, NotStarted(order.key, LaunchFailed.reason, message))
            return Held(order)
        task.started = True
        if seen.state in ("exited", "dead"):
            self._spawn(self._inspect_end(task))
        else:
            self._follow_when_quiet(task)
        return Held(order)

    def _connected(self, first: asyncio.Event) -> None:
        """The engine's events come again: what ended meanwhile is found by a list."""
        if first.is_set():
            self._spawn(self._compare())
        first.set()

    async def _compare(self) -> None:
        running = {key for key, task in self._tasks.items() if task.started and not task.over}
        try:
            listed = {key_of(seen.labels): seen.state for seen in await self._call(self._others, self._ours)}
        except EngineAway:
            return
        for key in running & self._tasks.keys():
            task = self._tasks[key]
            if listed.get(key) not in ("running", "paused", "restarting") and not task.over:
                self._spawn(self._inspect_end(task))
            else:
                self._follow_when_quiet(task)

    def _died(self, key: TaskKey, code: int) -> None:
        task = self._tasks.get(key)
        if task is None or task.over:
            return
        task.exit_code = code
        if task.started:
            self._spawn(self._finish(task))

    async def _inspect_end(self, task: DockerTask) -> None:
        with contextlib.suppress(EngineAway):
            end = await self._call(self._others, functools.partial(self._engine.end_of, task.container_id))
            task.exit_code = end.exit_code if end is not None else None
            await self._finish(task)

    async def _finish(self, task: DockerTask) -> None:
        """Report the end, once, when the last lines are in the sandbox or a moment later."""
        if task.over:
            return
        task.over = True
        memory = False
        if task.exit_code == 137 and not task.killing:
            with contextlib.suppress(EngineAway):
                end = await self._call(self._others, functools.partial(self._engine.end_of, task.container_id))
                memory = end is not None and end.out_of_memory
        copied = self._spawn(self._copy_rest(task))
        await asyncio.wait({copied}, timeout=LAST_LINES_S)
        code = task.exit_code
        name = signal_name(code - 128) if code is not None and 128 < code <= 192 else ""
        self._report(Ended(task.order.key, code, name, memory))

    async def _copy_rest(self, task: DockerTask) -> None:
        if task.following is not None and await task.following:
            task.copied.set()
            return
        log = self._log_of(task)
        for _ in range(3):
            if await self._call(self._others, functools.partial(log.copy, follow=False)):
                break
            await asyncio.sleep(_RETRY_S)
        task.copied.set()

    def _follow_when_quiet(self, task: DockerTask) -> None:
        if task.over or (task.following is not None and not task.following.done()):
            return
        if self._launching:
            self._loop.call_later(FOLLOW_AFTER_S, self._follow_when_quiet, task)
            return
        log, done = self._log_of(task), self._loop.create_future()
        task.following = done
        run_thread(f"log-{task.container_id[:8]}", lambda: self._from_thread(_resolve, done, log.copy(follow=True)))

    def _log_of(self, task: DockerTask) -> ContainerLog:
        if task.log is None:
            task.log = ContainerLog(self._engine, task.container_id, task.order.sandbox, self._notes)
        return task.log

    async def _kill(self, task: DockerTask, name: str) -> None:
        with contextlib.suppress(EngineAway):
            await self._call(self._others, functools.partial(self._engine.kill, task.container_id, name))

    async def _remove(self, task: DockerTask) -> None:
        current = asyncio.current_task()
        assert current is not None
        current.set_name("remove")
        if task.started:
            # An engine that was killed and restored may never end the log it follows.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(task.copied.wait(), LONGEST_COPY_S)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._quiet.wait(), 10.0)
        for pause in (*_REMOVE_PAUSES_S, 0.0):
            if await self._call(self._removals, functools.partial(self._engine.remove, task.container_id)):
                break
            await asyncio.sleep(pause)
        else:
            _log.error("a container could not be removed: remove it by hand", container=task.container_id)
        if task.log is not None:
            task.log.forget()

    async def _reach_engine(self) -> Engine:
        said = False
        while True:
            try:
                return await self._loop.run_in_executor(self._others, Engine)
            except EngineAway as error:
                if not said:
                    _log.error("no Docker Engine answers: start it, or set DOCKER_HOST; trying on", why=str(error))
                said = True
                await asyncio.sleep(_RETRY_S)

    async def _list(self) -> list[Seen]:
        while True:
            try:
                return await self._call(self._others, self._ours)
            except EngineAway:
                await asyncio.sleep(_RETRY_S)

    def _ours(self) -> list[Seen]:
        return self._engine.ours(f"{HOME}={self._home}")

    async def _call(self, pool: ThreadPoolExecutor, work: Callable[[], _T]) -> _T:
        return await self._loop.run_in_executor(pool, work)

    def _from_thread(self, call: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
        # At the end the loop may be closed before a thread notices.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(functools.partial(call, *args, **kwargs))

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> "asyncio.Task[None]":
        task = self._loop.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task


def _resolve(future: "asyncio.Future[bool]", value: bool) -> None:
    if not future.done():
        future.set_result(value)


def _engine_socket() -> tuple[str, ...]:
    """Where another than the usual engine is used: who has its socket has the machine."""
    host = os.environ.get("DOCKER_HOST", "")
    return (os.path.realpath(host.removeprefix("unix://")),) if host.startswith("unix://") else ()
