"""One pull for all tasks that wait for an image, as long as one does."""

from barter.agent.containers.actions import Action, CancelPull, Pull, Report
from barter.agent.containers.task import ContainerTask
from barter.agent.executor.events import Pulling, TaskKey


class Pulls:
    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._waiting: dict[int, dict[TaskKey, ContainerTask]] = {}
        self._count = 0

    def join(self, task: ContainerTask) -> list[Action]:
        """Wait for the task's image."""
        actions: list[Action] = [Report(Pulling(task.key, task.image))]
        number = self._numbers.get(task.image)
        if number is None:
            self._count += 1
            number = self._numbers[task.image] = self._count
            self._waiting[number] = {}
            actions.append(Pull(number, task.image))
        self._waiting[number][task.key] = task
        return actions

    def leave(self, task: ContainerTask) -> list[Action]:
        """Wait no more; the last one ends the pull."""
        number = self._numbers[task.image]
        del self._waiting[number][task.key]
        if self._waiting[number]:
            return []
        del self._numbers[task.image], self._waiting[number]
        return [CancelPull(number)]

    def ended(self, number: int) -> list[ContainerTask]:
        """Who waited for it, in the order in which they came; nobody for a pull that was cancelled."""
        waited = list(self._waiting.pop(number, {}).values())
        if waited:
            del self._numbers[waited[0].image]
        return waited
