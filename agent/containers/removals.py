"""Containers that leave: after their output, when no launch is under way, again and again until they are gone."""

from barter.agent.containers.actions import Action, Closed, Log, Remove, Report
from barter.agent.containers.alarms import Due
from barter.agent.containers.book import Book
from barter.agent.containers.task import ContainerTask, Leaving, Phase

LONGEST_COPY_MS = 5_000
LONGEST_WAIT_MS = 10_000
PAUSES_MS = (200, 1_000, 5_000, 20_000, 60_000)
RELEASED = "its task is over and its end recorded"


class Removals:
    def __init__(self, book: Book) -> None:
        self._book = book
        self._leaving: dict[str, ContainerTask] = {}
        self._patient: dict[str, ContainerTask] = {}
        self.closing = False
        self._closed = False

    def close(self) -> list[Action]:
        """Say once, when closing, that none is left to remove."""
        if self._leaving or self._closed:
            return []
        self._closed = True
        return [Closed()]

    def release(self, task: ContainerTask, now: int) -> list[Action]:
        """An engine that was killed and restored may never end the log it follows, so the wait has an end."""
        if task.leaving is not Leaving.NO or task.container not in self._book.containers:
            return []
        self._leaving[task.container] = task
        if not task.died or task.settled:
            return self.wait_for_quiet(task, now)
        task.leaving = Leaving.AFTER_OUTPUT
        self._book.alarms.set(now + LONGEST_COPY_MS, Due.OUTPUT_OVERDUE, task)
        return []

    def output_settled(self, task: ContainerTask, now: int) -> list[Action]:
        return self.wait_for_quiet(task, now) if task.leaving is Leaving.AFTER_OUTPUT else []

    def wait_for_quiet(self, task: ContainerTask, now: int) -> list[Action]:
        """Launches come first, for a while."""
        task.leaving = Leaving.WHEN_QUIET
        self._patient[task.container] = task
        self._book.alarms.set(now + LONGEST_WAIT_MS, Due.QUIET_OVERDUE, task)
        return []

    def overdue(self, task: ContainerTask) -> list[Action]:
        return self.remove(task, RELEASED) if task.leaving is Leaving.WHEN_QUIET else []

    def quiet(self) -> list[Action]:
        """No launch is under way."""
        patient = list(self._patient.values())
        return [action for task in patient for action in self.remove(task, RELEASED)]

    def remove(self, task: ContainerTask, reason: str) -> list[Action]:
        self._patient.pop(task.container, None)
        self._leaving[task.container] = task
        task.leaving = Leaving.REMOVING
        return [Remove(task.container, reason)]

    def removed(self, container: str) -> list[Action]:
        task = self._leaving.pop(container, None)
        if task is None:
            return []
        self._patient.pop(container, None)
        del self._book.containers[container]
        if task.phase is not Phase.DISCARDING or task.verdict is None:
            return []
        task.phase = Phase.OVER
        return [Report(task.verdict)]

    def failed(self, container: str, now: int) -> list[Action]:
        task = self._leaving.get(container)
        if task is None or task.leaving is not Leaving.REMOVING:
            return []
        task.leaving = Leaving.PAUSING
        self._book.alarms.set(now + PAUSES_MS[min(task.removals, len(PAUSES_MS) - 1)], Due.REMOVE, task)
        task.removals += 1
        if task.removals != len(PAUSES_MS) + 1:
            return []
        return [Log("error", "a container cannot be removed, trying on: look why, or remove it by hand", container)]

    def again(self, task: ContainerTask) -> list[Action]:
        return self.remove(task, "it could not be removed before") if task.leaving is Leaving.PAUSING else []

    def all_again(self) -> list[Action]:
        """The engine is back."""
        return [action for task in list(self._leaving.values()) for action in self.again(task)]
