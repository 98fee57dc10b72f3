"""The fetcher in its executor: the core, its workers, the cache folder, and what must survive a kill -9."""

import asyncio
import os
import pwd
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from barter.agent.executor.events import Fetched, NotStarted, Order, TaskKey
from barter.agent.fetch import events as ev
from barter.agent.fetch.machine import Fetcher
from barter.agent.fetch.plans import shown_uri
from barter.agent.fetch.shell.cache import CacheFolder
from barter.agent.fetch.shell.failure import disk_failure
from barter.agent.fetch.shell.pending import Pending
from barter.agent.fetch.shell.place import Placement
from barter.agent.fetch.shell.workers import Workers
from barter.agent.runtime.settings import Settings, SettingsFile
from barter.core.tasks import Reason, TaskInfo
from barter.shell.log import logger

UNSAID_LIMIT = 16 << 30
"""What a task may fetch that asked for no disk."""
_log = logger("executor")
Report = Callable[[Fetched | NotStarted], None]


class Fetches:
    """Every `begin` is answered by one Fetched or NotStarted, never from within it."""

    def __init__(self, work_dir: Path, settings: SettingsFile, report: Report) -> None:
        self._settings_file = settings
        self._settings = Settings()
        self._report = report
        self._cache = CacheFolder(work_dir)
        self._pending = Pending(work_dir / "executor" / "fetches")
        self._workers = Workers()
        self._core = Fetcher()
        self._orders: dict[TaskKey, Order] = {}

    def open(self, running: Iterable[TaskKey]) -> list[Order]:
        """What an earlier executor had not started yet, to be launched again."""
        try:
            self._core = Fetcher(self._settings.fetch_cache, self._cache.open())
            return self._pending.open(running)
        except OSError as error:
            _log.warning("what was fetched before is not used", why=str(error))
            return []

    def begin(self, order: Order) -> None:
        end: NotStarted | None
        try:
            end = self._pending.begin(order)
            self._renew_settings()
        except OSError as error:
            failure = disk_failure("cannot fetch its artifacts", error)
            end = NotStarted(order.key, failure.reason, str(failure))
        except ValueError as error:
            text = f"cannot fetch its artifacts: the agent's settings cannot be read: {error}"
            end = NotStarted(order.key, Reason.FETCH_FAILED, text)
        if end is not None:
            self._report(end)
            return
        self._orders[order.key] = order
        limit = order.task.resources.scalars.get("disk", 0) or UNSAID_LIMIT
        self._step(ev.Begin(order.key, order.task.artifacts, limit))

    def cancel(self, key: TaskKey) -> None:
        self._step(ev.Cancel(key))

    def settled(self, keys: Iterable[TaskKey]) -> None:
        """These tasks have started, or their end is recorded."""
        self._pending.over(keys)

    def not_started(self, end: NotStarted) -> None:
        """Its runtime did not start what was fetched."""
        self._pending.failed(end)

    def close(self) -> None:
        """What is under way ends, and is begun again by the next executor."""
        self._workers.close()

    def _renew_settings(self) -> None:
        settings = self._settings_file.current()
        if settings.fetch_cache != self._settings.fetch_cache:
            self._step(ev.CacheLimit(settings.fetch_cache))
        self._settings = settings

    def _step(self, event: ev.FetchEvent) -> None:
        for action in self._core.step(event):
            self._perform(action)

    def _perform(self, action: ev.FetchAction) -> None:
        match action:
            case ev.Download():
                self._download(action)
            case ev.PutInPlace():
                self._put_in_place(action)
            case ev.StopDownload():
                self._workers.stop(action.number)
                self._cache.discard(action.number)
            case ev.StopPlacing():
                self._workers.stop(action.number)
            case ev.Keep():
                try:
                    self._cache.keep(action.file)
                except OSError as error:
                    shown = shown_uri(urlsplit(action.file.uri))
                    _log.warning("a fetched file is not kept", uri=shown, why=str(error))
            case ev.Touch():
                self._cache.touch(action.number)
            case ev.Discard():
                self._cache.discard(action.number)
            case ev.Done():
                del self._orders[action.key]
                self._report(Fetched(action.key))
            case ev.Failed():
                end = NotStarted(action.key, action.problem.reason, action.problem.text)
                self._pending.failed(end)
                self._orders.pop(action.key, None)
                self._report(end)

    def _download(self, action: ev.Download) -> None:
        plan = action.plan
        what = {"uri": plan.uri, "sha256": plan.sha256, "limit": action.limit, "allowed": self._settings.allowed_fetch}
        job = {"do": "download", "to": str(self._cache.path(action.number)), "what": what}

        def heard(answer: dict[str, Any]) -> None:
            match answer:
                case {"sized": int(size)}:
                    self._step(ev.Sized(action.number, size))
                case {"done": {"size": int(size), "sha256": str(sha256)}}:
                    self._step(ev.Downloaded(action.number, size, sha256))
                case {"failed": failed}:
                    self._cache.discard(action.number)
                    too_large = bool(failed and failed["too_large"])
                    self._step(ev.DownloadFailed(action.number, _problem(failed, plan.shown), too_large))

        self._start(action.number, job, heard, plan.shown)

    def _put_in_place(self, action: ev.PutInPlace) -> None:
        plan, order = action.plan, self._orders[action.key]
        what = Placement(
            shown=plan.shown,
            file=str(self._cache.path(action.file)),
            sha256=action.sha256,
            sandbox=order.sandbox,
            folder=plan.folder,
            name=plan.name,
            archive=plan.archive,
            executable=plan.executable,
            limit=action.limit,
            owner=_owner(order.task),
        )

        def heard(answer: dict[str, Any]) -> None:
            match answer:
                case {"done": {"size": int(size)}}:
                    self._step(ev.Placed(action.number, size))
                case {"failed": failed}:
                    corrupt = bool(failed and failed["corrupt"])
                    self._step(ev.NotPlaced(action.number, _problem(failed, plan.shown), corrupt))

        self._start(action.number, {"do": "place", "what": asdict(what)}, heard, plan.shown)

    def _start(self, number: int, job: dict[str, Any], heard: Callable[[dict[str, Any]], None], shown: str) -> None:
        try:
            self._workers.start(number, job, heard)
        except OSError as error:
            text = f"cannot fetch {shown}: no process for it: {error.strerror}"
            failed = {"text": text, "reason": Reason.FETCH_FAILED, "too_large": False, "corrupt": False}
            asyncio.get_running_loop().call_soon(heard, {"failed": failed})


def _problem(failed: dict[str, Any] | None, shown: str) -> ev.Problem:
    if failed is None:
        return ev.Problem(f"cannot fetch {shown}: its worker ended without a word; see executor.log on the agent")
    return ev.Problem(str(failed["text"]), Reason(failed["reason"]))


def _owner(task: TaskInfo) -> tuple[int, ...]:
    """Whom the files belong to, where that can be known and done: a name in a container's own list cannot."""
    user, _, group = task.command.user.partition(":")
    if not user or os.geteuid() != 0:
        return ()
    if user.isdecimal():
        return int(user), int(group) if group.isdecimal() else -1
    try:
        found = pwd.getpwnam(user)
    except KeyError:
        return ()
    return (found.pw_uid, found.pw_gid) if task.container is None else ()
