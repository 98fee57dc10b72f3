"""Carries out what the machine asks of the engine, in any thread, and puts the answer into its words."""

from collections.abc import Callable
from pathlib import Path

from barter.agent.containers import actions as act
from barter.agent.containers import events as ev
from barter.agent.containers.actions import Call
from barter.agent.containers.answers import failed
from barter.agent.containers.events import Standing, Trouble
from barter.agent.runtime.base import DiskFull, RuntimeFailure
from barter.agent.runtime.container_spec import HOME, order_of
from barter.agent.runtime.creating import Creator
from barter.agent.runtime.docker_logs import ContainerLog
from barter.agent.runtime.engine import AnswerLost, Engine, EngineAway, ImageMissing, NameTaken, Stuck
from barter.agent.runtime.images import Images
from barter.agent.runtime.neighbours import end_leftovers, lives
from barter.agent.runtime.place import Place
from barter.agent.runtime.settings import SettingsFile
from barter.agent.runtime.shown import Shown
from barter.shell.log import logger

_STANDINGS = {"created": Standing.CREATED, "exited": Standing.EXITED, "dead": Standing.EXITED}
_STANDINGS |= dict.fromkeys(("running", "paused", "restarting"), Standing.RUNNING)
_TROUBLES = {
    ImageMissing: Trouble.IMAGE_MISSING,
    NameTaken: Trouble.NAME_TAKEN,
    DiskFull: Trouble.DISK_FULL,
    EngineAway: Trouble.AWAY,
    AnswerLost: Trouble.LOST,
}
_log = logger("executor")


class Calls:
    def __init__(self, place: Place, settings: SettingsFile, notes: Path, post: Callable[[ev.Event], None]) -> None:
        """`notes` is where the copies of output keep how far they are, `post` takes how far pulls are."""
        self._home, self._notes = place.home, notes
        self._engine: Engine | None = None
        self._logs: dict[str, ContainerLog] = {}
        self._shown: dict[str, Shown] = {}
        self.images = Images(lambda: self.engine, settings, place.work_dir / "executor", post)
        self._creator = Creator(lambda: self.engine, place, settings, self.images)

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
                return ev.Created(call.order.key, self._creator.create(call))
            case act.Start():
                self._creator.start(call)
                return ev.StartDone(call.key)
            case act.Pull():
                return self.images.pull(call.number, call.image)
            case act.Inspect():
                return ev.Inspected(call.key, self._find(call.container))
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
                self._shown.pop(call.container, None)
                if (log := self._logs.pop(call.container, None)) is not None:
                    log.forget()
                return ev.Removed(call.container)
            case act.CopyLogs():
                return ev.LogsCopied(call.container, self._log_of(call).copy(follow=call.follow))

    def _find(self, container: str) -> ev.Seen | None:
        """An engine that lost sight of a container may say nothing of it for ever: then its process is looked for."""
        try:
            shown = self.engine.find(container)
        except Stuck:
            known = self._shown.get(container)
            if known is None or not self.engine.local or lives(known.pid):
                raise
            return self._seen(known)
        if shown is not None and shown.pid:
            self._shown[shown.container_id] = shown
        return None if shown is None else self._seen(shown)

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
        # One that an engine was removing when it was killed is "dead", whatever it was before.
        standing = _STANDINGS.get(shown.state, Standing.EXITED) if shown.began else Standing.CREATED
        vanished = shown.pid > 0 and self.engine.local and not lives(shown.pid)
        return ev.Seen(
            shown.container_id,
            standing,
            order,
            shown.exit_code,
            shown.out_of_memory,
            shown.ended_ms,
            vanished and standing is Standing.RUNNING,
            shown.address,
        )
