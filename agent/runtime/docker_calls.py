"""Carries out what the machine asks of the engine, in any thread, and puts the answer into its words."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from barter.agent.containers import actions as act
from barter.agent.containers import events as ev
from barter.agent.containers.actions import Call
from barter.agent.containers.answers import failed
from barter.agent.containers.events import Standing, Trouble
from barter.agent.runtime.base import LaunchFailed, RuntimeFailure
from barter.agent.runtime.container_spec import HOME, container_spec, order_of
from barter.agent.runtime.docker_logs import ContainerLog
from barter.agent.runtime.engine import AnswerLost, Engine, EngineAway, ImageMissing, NameTaken
from barter.agent.runtime.images import Images
from barter.agent.runtime.neighbours import end_leftovers, lives
from barter.agent.runtime.settings import SettingsFile
from barter.agent.runtime.shown import Shown
from barter.shell.log import logger

_STANDINGS = {"created": Standing.CREATED, "exited": Standing.EXITED, "dead": Standing.EXITED}
_STANDINGS |= dict.fromkeys(("running", "paused", "restarting"), Standing.RUNNING)
_TROUBLES = {
    ImageMissing: Trouble.IMAGE_MISSING,
    NameTaken: Trouble.NAME_TAKEN,
    EngineAway: Trouble.AWAY,
    AnswerLost: Trouble.LOST,
}
_log = logger("executor")


class Calls:
    def __init__(
        self,
        home: str,
        private: tuple[str, ...],
        publish_on: str,
        notes: Path,
        work_dir: Path,
        settings: SettingsFile,
        post: Callable[[ev.Event], None],
    ) -> None:
        """As `container_spec` takes them; `notes` is where the copies of output keep how far they are, `post` takes
        how far pulls are."""
        self._home, self._work_dir = home, work_dir
        self._private = private
        self._publish_on = publish_on
        self._notes = notes
        self._engine: Engine | None = None
        self._logs: dict[str, ContainerLog] = {}
        self.images = Images(lambda: self.engine, settings, work_dir / "executor", post)

    @property
    def label(self) -> str:
        return f"{HOME}={self._home}"

    @property
    def engine(self) -> Engine:
        """Reached when first asked for; raises EngineAway."""
        if self._engine is None:
            self._engine = Engine()
        return self._engine

    def answer(self, call: Call) -> ev.Event | None:
        """Blocks. Whatever happens there is an answer, as the machine waits for it."""
        try:
            return self._answer(call)
        except (EngineAway, ImageMissing, NameTaken, RuntimeFailure) as failure:
            return failed(call, _TROUBLES.get(type(failure), Trouble.REFUSED), str(failure))
        except Exception as error:
            _log.exception("a call to the Docker Engine went wrong", call=type(call).__name__)
            return failed(call, Trouble.LOST, f"the Docker Engine's answer was not understood: {error}")

    def _answer(self, call: Call) -> ev.Event | None:
        match call:
            case act.Create():
                return self._create(call)
            case act.Start():
                self.engine.start(call.container)
                return ev.StartDone(call.key)
            case act.Pull():
                return self.images.pull(call.number, call.image)
            case act.Inspect():
                shown = self.engine.find(call.container)
                return ev.Inspected(call.key, None if shown is None else self._seen(shown))
            case act.List():
                return ev.Listed(call.number, [self._seen(shown) for shown in self.engine.ours(self.label)])
            case act.Kill():
                self.engine.kill(call.container, call.signal)
                return None
            case act.Remove():
                if not self.engine.remove(call.container):
                    return ev.RemoveFailed(call.container)
                if self.engine.local and (left := end_leftovers(call.container)):
                    _log.warning("the Docker Engine left processes of a container behind; ended", count=left)
                if (log := self._logs.pop(call.container, None)) is not None:
                    log.forget()
                return ev.Removed(call.container)
            case act.CopyLogs():
                return ev.LogsCopied(call.container, self._log_of(call).copy(follow=call.follow))

    def _create(self, call: act.Create) -> ev.Event:
        container = call.order.task.container
        if container is None:
            raise LaunchFailed("a task without an image is nothing for a Docker Engine")
        spec = container_spec(call.order, container, self._home, self._private, self._publish_on, self._work_dir)
        *names, last = self.images.names(container.image)
        for name in names:
            with contextlib.suppress(ImageMissing):
                return self._created(call, spec, name)
        return self._created(call, spec, last)

    def _created(self, call: act.Create, spec: dict[str, object], image: str) -> ev.Event:
        created = self.engine.create(call.order.container_name, {**spec, "Image": image})
        self.images.used(image)
        return ev.Created(call.order.key, created)

    def _log_of(self, call: act.CopyLogs) -> ContainerLog:
        log = self._logs.get(call.container)
        if log is None:
            log = ContainerLog(self.engine, call.container, call.order.sandbox, self._notes)
            self._logs[call.container] = log
        return log

    def _seen(self, shown: Shown) -> ev.Seen:
        order = None
        if shown.labels.get(HOME) == self._home:
            try:
                order = order_of(shown.labels)
            except ValueError as error:
                _log.warning("a container of ours is not understood", container=shown.container_id, why=str(error))
        standing = _STANDINGS.get(shown.state, Standing.EXITED)
        vanished = shown.pid > 0 and self.engine.local and not lives(shown.pid)
        return ev.Seen(
            shown.container_id,
            standing,
            order,
            shown.exit_code,
            shown.out_of_memory,
            shown.ended_ms,
            vanished and standing is Standing.RUNNING,
        )
