"""From a container that runs to the report of its end: its output, its exit, whether its memory was short."""

from barter.agent.containers.actions import Action, CopyLogs, Kill, Report
from barter.agent.containers.alarms import Due
from barter.agent.containers.book import RETRY_MS, Book
from barter.agent.containers.events import Seen, Standing
from barter.agent.containers.task import ContainerTask, Output, Phase
from barter.agent.executor.events import Ended, NotStarted
from barter.core.tasks import Reason

FOLLOW_AFTER_MS = 500
LOOK_MS = 30_000
# An engine that has just come back is the one that forgets.
LOOK_SOON_MS, BACK_MS = 3_000, 30_000
VANISHED_MS = 10_000
LAST_LINES_MS = 250
# The engine hears of an exit and of the memory that caused it by different ways.
MEMORY_NEWS_MS = 500
COPY_TRIES = 3
SIGKILLED = 137
LEFT = "its executor ended before it started; launch it again under a new id"


class Ends:
    def __init__(self, book: Book) -> None:
        self._book = book

    def begin(self, task: ContainerTask, now: int) -> list[Action]:
        """It runs, or did and has ended by now. What was asked for before these news may have ended between the two."""
        task.phase = Phase.RUNNING
        if task.died:
            return self._finish(task, now)
        self._book.alarms.set(now + FOLLOW_AFTER_MS, Due.FOLLOW, task)
        self.look_later(task, now)
        killed = self.kill(task, "SIGTERM", "killed while it started") if task.killing else []
        return [*killed, *(self._book.inspect(task) if task.asked_in != self._book.news else [])]

    def kill(self, task: ContainerTask, signal: str, reason: str) -> list[Action]:
        return [Kill(task.key, task.container, signal, reason)]

    def look_later(self, task: ContainerTask, now: int) -> None:
        back_ms = self._book.back_ms
        pause = LOOK_SOON_MS if back_ms is not None and now - back_ms < BACK_MS else LOOK_MS
        task.look_ms = now + pause
        self._book.alarms.set(task.look_ms, Due.LOOK, task)

    def look(self, task: ContainerTask, now: int) -> list[Action]:
        """Now and then: an engine may forget to tell an end."""
        if task.phase is not Phase.RUNNING or now < task.look_ms:
            return []
        self.look_later(task, now)
        return self._book.inspect(task)

    def engine_back(self, now: int) -> None:
        self._book.back_ms = now
        for task in self._book.tasks.values():
            if task.phase is Phase.RUNNING:
                self.look_later(task, now)

    def note(self, task: ContainerTask, seen: Seen) -> None:
        """How it ended, as the engine shows it."""
        task.died, task.exit_code = True, seen.exit_code
        task.out_of_memory = task.out_of_memory or seen.out_of_memory
        task.ended_ms = seen.ended_ms

    def follow(self, task: ContainerTask, now: int, *, quiet: bool) -> list[Action]:
        """Copy the output as it comes, once the engine has time for it."""
        if task.phase is not Phase.RUNNING or task.output is Output.UNDER_WAY:
            return []
        if not quiet:
            self._book.alarms.set(now + FOLLOW_AFTER_MS, Due.FOLLOW, task)
            return []
        return self._copy(task, follow=True)

    def died(self, task: ContainerTask, code: int | None, ended_ms: int | None, now: int) -> list[Action]:
        """The first word of its end counts; one that comes before the start was answered is kept until then."""
        if not task.died:
            task.died, task.exit_code, task.ended_ms = True, code, ended_ms
        return self._finish(task, now) if task.phase is Phase.RUNNING else []

    def inspected(self, task: ContainerTask, seen: Seen | None, now: int) -> list[Action]:
        """The answer for one that may have ended unheard, or whose memory may have been short."""
        if task.phase is Phase.ENDING:
            if seen is not None and seen.out_of_memory:
                return self.out_of_memory(task, now)
            self._book.alarms.set(now + MEMORY_NEWS_MS, Due.MEMORY_UNHEARD, task)
            return []
        if task.phase is not Phase.RUNNING:
            return []
        if seen is None:
            return self.died(task, None, None, now)
        if seen.standing is Standing.RUNNING:
            return self._still_running(task, seen, now)
        if seen.standing is Standing.CREATED:
            return self._never_began(task, now)
        self.note(task, seen)
        return self._last_lines(task, now)

    def _never_began(self, task: ContainerTask, now: int) -> list[Action]:
        """So an engine says that was killed meanwhile; of a start that it answered it does not know any more."""
        if not task.found:
            return self.died(task, None, None, now)
        task.phase = Phase.OVER
        return [Report(NotStarted(task.key, Reason.LAUNCH_FAILED, LEFT))]

    def out_of_memory(self, task: ContainerTask, now: int) -> list[Action]:
        """It makes the reason of an end that is still to be told."""
        task.out_of_memory = True
        return self.memory_unheard(task, now)

    def memory_unheard(self, task: ContainerTask, now: int) -> list[Action]:
        return self._last_lines(task, now) if task.phase is Phase.ENDING else []

    def _still_running(self, task: ContainerTask, seen: Seen, now: int) -> list[Action]:
        """So it is said: by an answer to these news, and not for long of a process that is not there."""
        if task.asked_in != self._book.news:
            return self._book.inspect(task)
        if not seen.vanished:
            task.vanished_ms = None
            return []
        if task.vanished_ms is None:
            task.vanished_ms = now
        if now - task.vanished_ms >= VANISHED_MS:
            return self.died(task, None, None, now)
        self._book.alarms.set(now + RETRY_MS, Due.INSPECT, task)
        return []

    def inspect_failed(self, task: ContainerTask, now: int) -> list[Action]:
        """Whether memory was short is not worth the wait, everything else is."""
        if task.phase is Phase.ENDING:
            return self._last_lines(task, now)
        if task.phase in (Phase.RUNNING, Phase.FINDING, Phase.PROBING):
            self._book.alarms.set(now + RETRY_MS, Due.INSPECT, task)
        return []

    def copied(self, task: ContainerTask, now: int, *, whole: bool) -> list[Action]:
        """A copy ended; one that broke off is tried again once the container has ended."""
        if task.output is not Output.UNDER_WAY:
            return []
        task.output = Output.WHOLE if whole else Output.NONE
        if task.phase not in (Phase.LAST_LINES, Phase.OVER):
            return []
        if not whole:
            if task.copies < COPY_TRIES:
                self._book.alarms.set(now + (RETRY_MS if task.copies else 0), Due.COPY, task)
                return []
            task.output = Output.GIVEN_UP
        return self.report(task)

    def copy_again(self, task: ContainerTask) -> list[Action]:
        there = task.container in self._book.containers
        return self._copy(task, follow=False) if there and task.output is Output.NONE else []

    def report(self, task: ContainerTask) -> list[Action]:
        """Say the end, once."""
        if task.phase is not Phase.LAST_LINES:
            return []
        task.phase = Phase.OVER
        short = task.out_of_memory and task.exit_code == SIGKILLED and not task.killing
        return [Report(Ended(task.key, task.exit_code, out_of_memory=short, ended_ms=task.ended_ms))]

    def _finish(self, task: ContainerTask, now: int) -> list[Action]:
        if task.exit_code != SIGKILLED or task.killing or task.out_of_memory:
            return self._last_lines(task, now)
        task.phase = Phase.ENDING
        return self._book.inspect(task)

    def _last_lines(self, task: ContainerTask, now: int) -> list[Action]:
        """The end is reported when the last lines are in the sandbox or a moment later."""
        task.phase = Phase.LAST_LINES
        if task.output is Output.WHOLE:
            return self.report(task)
        self._book.alarms.set(now + LAST_LINES_MS, Due.REPORT_END, task)
        return [] if task.output is Output.UNDER_WAY else self._copy(task, follow=False)

    def _copy(self, task: ContainerTask, *, follow: bool) -> list[Action]:
        task.output = Output.UNDER_WAY
        task.copies += not follow
        return [CopyLogs(task.order, task.container, follow)]
