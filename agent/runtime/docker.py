"""The docker runtime: tasks with an image as containers of a Docker Engine. What to do is decided in agent/containers.

Every call blocks, so each kind has its own threads: none waits for another kind.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

from barter.agent.containers import actions as act
from barter.agent.containers import events as ev
from barter.agent.containers.launches import LAUNCHES_AT_ONCE
from barter.agent.containers.machine import Containers
from barter.agent.executor.events import Ended, Held, Order, Sample, Started, TaskKey
from barter.agent.runtime.base import Report, Runtime
from barter.agent.runtime.children import signal_name
from barter.agent.runtime.docker_calls import Calls
from barter.agent.runtime.docker_events import News
from barter.agent.runtime.engine import run_thread
from barter.agent.runtime.limits import home_name
from barter.agent.runtime.measure import container_cgroups, of_cgroups
from barter.agent.runtime.place import Place
from barter.agent.runtime.ran import Ran
from barter.agent.runtime.room import no_room
from barter.agent.runtime.settings import SettingsFile
from barter.agent.runtime.witness import Witness, first_process
from barter.shell.clock import Clock
from barter.shell.log import logger
from barter.shell.runner import Runner

_CLOSE_S = 8.0
_SWEEP_S = 60.0
# An engine of another machine is asked for so many containers at a time, in turn.
_ASKED_AT_ONCE = 8
_POOLS = {
    **dict.fromkeys((act.Create, act.Start), ("launch", LAUNCHES_AT_ONCE)),
    **dict.fromkeys((act.List, act.Kill), ("engine", 4)),
    act.Inspect: ("inspect", 4),
    act.Remove: ("remove", 4),
    act.CopyLogs: ("copy", 4),
}
_log = logger("executor")


class DockerRuntime(Runtime):
    def __init__(self, work_dir: Path, publish_on: str = "", settings: SettingsFile | None = None) -> None:
        """`publish_on` is the address that mapped ports are bound to, empty for all."""
        self._notes = work_dir / "executor" / "logs"
        private = (os.path.realpath(work_dir), *_engine_socket())
        self._settings = settings or SettingsFile()
        place = Place(home_name(work_dir), private, publish_on, work_dir)
        self._calls = Calls(place, self._settings, self._notes, self._post)
        self._machine = Containers()
        self._runner: Runner[ev.Event, act.Action] = Runner(self._machine, Clock(), self._perform)
        self._news = News(self._calls.label, self._post)
        self._pools = {name: ThreadPoolExecutor(count, name) for name, count in {*_POOLS.values(), ("check", 8)}}
        self._witness = Witness()
        self._closed = asyncio.Event()
        self._asked = 0

    async def start(self, report: Report) -> Sequence[Held]:
        self._report = report
        self._loop = asyncio.get_running_loop()
        self._held: asyncio.Future[Sequence[Held]] = self._loop.create_future()
        self._notes.mkdir(parents=True, exist_ok=True)
        self._turns = self._loop.create_task(self._runner.run())
        self._turns.add_done_callback(self._stopped)
        self._sweeps = self._loop.create_task(self._sweep())
        return await self._held

    def launch(self, orders: Sequence[Order]) -> None:
        self._runner.post(ev.Launch(tuple(orders)))

    def end(self, key: TaskKey, *, force: bool) -> None:
        self._runner.post(ev.End(key, force))

    def release(self, keys: Sequence[TaskKey]) -> None:
        self._runner.post(ev.Release(tuple(keys)))

    async def check(self, order: Order, command: str, timeout_ms: int) -> Ran:
        container = self._machine.container_of(order.key)
        if not container:
            return Ran(None, "found no container")
        run = self._calls.engine.run_in
        return await self._loop.run_in_executor(self._pools["check"], run, container, command, timeout_ms / 1000)

    async def measure(self, keys: Sequence[TaskKey]) -> Sequence[Sample]:
        containers = [(key, container) for key in keys if (container := self._machine.container_of(key))]
        return await self._loop.run_in_executor(self._pools["check"], self._measure, containers)

    async def close(self) -> None:
        """Removals under way are finished, launches and log copies are left as they are."""
        self._runner.post(ev.Close())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), _CLOSE_S)
        for task in (self._turns, self._sweeps):
            task.cancel()
        await asyncio.gather(self._turns, self._sweeps, return_exceptions=True)
        self._news.close()
        self._witness.close()
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)
        with contextlib.suppress(OSError):
            self._notes.rmdir()

    async def _perform(self, actions: list[act.Action]) -> None:
        for action in actions:
            match action:
                case act.Report():
                    self._tell(action)
                case act.Recovered():
                    for held in action.held:
                        self._watch_end(held.order.key)
                    self._held.set_result(action.held)
                case act.Watch():
                    run_thread("engine-events", lambda: self._news.hear(lambda: self._calls.engine))
                case act.CancelPull():
                    self._calls.images.cancel(action.number)
                case act.Log():
                    _SAY[action.level](action.message, why=action.why)
                case act.Closed():
                    self._closed.set()
                case act.Pull() | act.CopyLogs(follow=True):
                    # They last, and must not keep the process when it ends.
                    run_thread(type(action).__name__.lower(), partial(self._ask, action))
                case _:
                    self._pools[_POOLS[type(action)][0]].submit(self._ask, action)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_S)
            await self._loop.run_in_executor(self._pools["check"], self._calls.images.sweep)

    def _measure(self, containers: Sequence[tuple[TaskKey, str]]) -> list[Sample]:
        """In a thread. From the containers' cgroups; the engine is asked where these are out of sight."""
        samples: list[Sample] = []
        unseen: list[tuple[TaskKey, str]] = []
        for key, container in containers:
            used = of_cgroups(container_cgroups(container))
            if used is not None:
                samples.append(Sample(key, *used))
            else:
                unseen.append((key, container))
        turn = self._asked % len(unseen) if unseen else 0
        self._asked = turn + _ASKED_AT_ONCE
        for key, container in [*unseen[turn:], *unseen[:turn]][:_ASKED_AT_ONCE]:
            if (said := self._calls.engine.used(container)) is not None:
                samples.append(Sample(key, *said))
        return samples

    def _tell(self, action: act.Report) -> None:
        event = action.event
        if isinstance(event, Started):
            self._watch_end(event.key)
        if isinstance(event, Ended):
            event = self._witness.corrected(event)
            if code := event.exit_code:
                full = no_room(self._machine.sandbox_of(event.key))
                event = replace(event, disk_full=full, signal=signal_name(code - 128) if 128 < code <= 192 else "")
        self._report(event)

    def _watch_end(self, key: TaskKey) -> None:
        if container := self._machine.container_of(key):
            self._witness.watch(key, first_process(container))

    def _ask(self, call: act.Call) -> None:
        """In a thread."""
        if (answer := self._calls.answer(call)) is not None:
            self._post(answer)

    def _post(self, event: ev.Event) -> None:
        """From a thread; at the end the loop may be closed before it notices."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._runner.post, event)

    def _stopped(self, turns: asyncio.Task[None]) -> None:
        """Without its machine the runtime is nothing: the next executor finds the containers."""
        if turns.cancelled() or (error := turns.exception()) is None:
            return
        _log.error("the docker runtime broke; this executor ends", exc_info=error)
        if not self._held.done():
            self._held.set_exception(error)
        signal.raise_signal(signal.SIGTERM)


_SAY: dict[str, Callable[..., object]] = {"info": _log.info, "warning": _log.warning, "error": _log.error}


def _engine_socket() -> tuple[str, ...]:
    """Where another than the usual engine is used: who has its socket has the machine."""
    host = os.environ.get("DOCKER_HOST", "")
    return (os.path.realpath(host.removeprefix("unix://")),) if host.startswith("unix://") else ()
