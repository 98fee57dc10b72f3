"""One pull for all tasks that wait for an image, as long as one does; who must have it anew gets one begun since."""

from dataclasses import dataclass, field

from barter.agent.containers.actions import Action, CancelPull, Pull, Report
from barter.agent.containers.task import ContainerTask
from barter.agent.executor.events import Pulling, TaskKey

TELL_EVERY_MS = 2_000


@dataclass(slots=True)
class _UnderWay:
    """Begun at `begun_ms`. `later` are those for whom that was too early: they get the next one."""

    number: int
    image: str
    begun_ms: int
    waiting: dict[TaskKey, ContainerTask] = field(default_factory=dict)
    later: dict[TaskKey, ContainerTask] = field(default_factory=dict)
    message: str = ""
    told_ms: int = 0


class Pulls:
    def __init__(self) -> None:
        self._by_image: dict[str, _UnderWay] = {}
        self._by_number: dict[int, _UnderWay] = {}
        self._count = 0

    def join(self, task: ContainerTask, now: int, *, anew: bool = False) -> list[Action]:
        """Wait for the task's image; with `anew` for one that nobody asked its registry for before now."""
        pull = self._by_image.get(task.image)
        if pull is None:
            return [Report(Pulling(task.key, task.image)), self._begin(task.image, {task.key: task}, now)]
        if anew and pull.begun_ms != now:
            pull.later[task.key] = task
            return [Report(Pulling(task.key, task.image))]
        pull.waiting[task.key] = task
        return [Report(Pulling(task.key, task.image, pull.message))]

    def leave(self, task: ContainerTask, now: int) -> list[Action]:
        """Wait no more; the last one ends the pull."""
        pull = self._by_image[task.image]
        pull.later.pop(task.key, None)
        if pull.waiting.pop(task.key, None) is None or pull.waiting:
            return []
        return [CancelPull(pull.number), *self._over(pull, now)]

    def progress(self, number: int, message: str, now: int) -> list[Action]:
        """How far it is, for those who wait: not often, and only what is new."""
        pull = self._by_number.get(number)
        if pull is None or message == pull.message or now - pull.told_ms < TELL_EVERY_MS:
            return []
        pull.message, pull.told_ms = message, now
        return [Report(Pulling(key, pull.image, message)) for key in (*pull.waiting, *pull.later)]

    def ended(self, number: int, now: int) -> tuple[list[ContainerTask], list[Action]]:
        """Who waited for it, in the order in which they came (nobody for one that was cancelled), and what follows."""
        pull = self._by_number.get(number)
        if pull is None:
            return [], []
        return list(pull.waiting.values()), self._over(pull, now)

    def _over(self, pull: _UnderWay, now: int) -> list[Action]:
        del self._by_image[pull.image], self._by_number[pull.number]
        return [self._begin(pull.image, pull.later, now)] if pull.later else []

    def _begin(self, image: str, waiting: dict[TaskKey, ContainerTask], now: int) -> Action:
        self._count += 1
        pull = _UnderWay(self._count, image, now, waiting, told_ms=now)
        self._by_image[image] = self._by_number[pull.number] = pull
        return Pull(pull.number, image)
