"""Why tasks are being killed, in a file: an executor's kill -9 in the midst of it makes no riddle of their ends.

A line goes out before the signal. On a full disk it does not; then the next executor may not know. Nothing is synced.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from barter.agent.executor.actions import EndTask
from barter.agent.executor.events import Held, TaskKey
from barter.core.ids import FrameworkId, TaskId
from barter.core.tasks import Reason

FILE = "kills"


class KillNotes:
    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._noted: dict[TaskKey, tuple[Reason, str]] = {}

    def open(self, found: Sequence[Held]) -> list[Held]:
        """`found` with what an earlier executor noted of them; the rest is forgotten."""
        with contextlib.suppress(OSError):
            for line in self._path.read_text().splitlines():
                # The last one may be cut short by the kill.
                with contextlib.suppress(ValueError, TypeError):
                    framework_id, task_id, reason, message = json.loads(line)
                    self._noted[TaskKey(FrameworkId(framework_id), TaskId(task_id))] = Reason(reason), message
        known = {held.order.key for held in found}
        self._noted = {key: noted for key, noted in self._noted.items() if key in known}
        self._rewrite()
        return [self._with_cause(held) for held in found]

    def note(self, kill: EndTask) -> None:
        """What is being killed with a reason; harder means have none of their own."""
        if not kill.why or kill.key in self._noted:
            return
        self._noted[kill.key] = kill.why, kill.reason
        line = json.dumps([*kill.key, kill.why, kill.reason]) + "\n"
        with contextlib.suppress(OSError), open(self._path, "a") as file:
            file.write(line)

    def over(self, keys: Iterable[TaskKey]) -> None:
        """Their ends are recorded."""
        for key in keys:
            self._noted.pop(key, None)
        if not self._noted:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _with_cause(self, held: Held) -> Held:
        if (noted := self._noted.get(held.order.key)) is None:
            return held
        return replace(held, kill_reason=noted[0], kill_message=noted[1])

    def _rewrite(self) -> None:
        """Of what is still there; on a full disk the old file is as good."""
        lines = [json.dumps([*key, *noted]) + "\n" for key, noted in self._noted.items()]
        fresh = self._path.with_suffix(".new")
        with contextlib.suppress(OSError):
            fresh.write_text("".join(lines))
            os.replace(fresh, self._path)
        self.over(())
