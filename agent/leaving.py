"""Leaving the cluster for good: kill everything, wait for the ends but not for ever, say goodbye until heard, exit.

By an operator's wish on the machine, or because the master sent it away.
"""

from enum import Enum, auto

TASKS_MS = 6_500
# An engine under load takes seconds to end each container; giving up sooner would leave them running.
EXECUTOR_MS = 20_000
# A master that starts again takes a moment; one that never heard the goodbye would wait for the agent at each start.
GOODBYE_MS = 5_000
LONGEST_GRACE_MS = 5_000


class Stage(Enum):
    STAYING = auto()
    ENDING_TASKS = auto()
    STOPPING_EXECUTOR = auto()
    GONE = auto()


class Leaving:
    """Each stage ends when its work is done or its time is up; `reason` is the operator's."""

    def __init__(self) -> None:
        self.stage = Stage.STAYING
        self.reason = ""
        self._deadline_ms = 0
        self._stopping_ms = 0
        self._dismissed = False

    def begin(self, reason: str, now: int) -> bool:
        if self.stage is not Stage.STAYING:
            return False
        self.stage, self.reason, self._deadline_ms = Stage.ENDING_TASKS, reason, now + TASKS_MS
        return True

    def dismiss(self) -> None:
        """The master has sent it away: there is nobody to say goodbye to."""
        self._dismissed = True

    def forgets(self) -> bool:
        """Whether one that was sent away is to forget who it was now; true once."""
        if not (self._dismissed and self.stopping_executor):
            return False
        self._dismissed = False
        return True

    @property
    def started(self) -> bool:
        return self.stage is not Stage.STAYING

    @property
    def over(self) -> bool:
        return self.stage is Stage.GONE

    @property
    def stopping_executor(self) -> bool:
        return self.stage is Stage.STOPPING_EXECUTOR

    def tasks_done(self, live: int, now: int) -> bool:
        """Whether to go on to stopping the executor now."""
        if self.stage is not Stage.ENDING_TASKS or (live and now < self._deadline_ms):
            return False
        self.stage, self._stopping_ms = Stage.STOPPING_EXECUTOR, now
        return True

    def all_done(self, executor_alive: bool, parted: bool, now: int) -> bool:
        """Whether to exit now; `parted`: the master has heard the goodbye."""
        if self.stage is not Stage.STOPPING_EXECUTOR:
            return False
        self._deadline_ms = self._stopping_ms + (EXECUTOR_MS if executor_alive else GOODBYE_MS)
        if (executor_alive or not parted) and now < self._deadline_ms:
            return False
        self.stage = Stage.GONE
        return True

    def wakeup(self) -> int | None:
        return self._deadline_ms if self.stage in (Stage.ENDING_TASKS, Stage.STOPPING_EXECUTOR) else None
