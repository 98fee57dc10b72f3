"""The tasks and containers that the parts of the machine share."""

from barter.agent.containers.actions import Action, Inspect, Report, Start
from barter.agent.containers.alarms import Alarms
from barter.agent.containers.task import ContainerTask, Phase
from barter.agent.executor.events import NotStarted, TaskKey
from barter.core.tasks import Reason

RETRY_MS, LATE_MS = 1_000, 60_000


class Book:
    """`tasks` until they are released, `containers` until they are gone; `news` counts how often the news began.

    `back_ms` is when they began again, or first with containers of an earlier executor. At `late_ms` the engine may
    have done what it was asked by a call that nobody waited for any more.
    """

    def __init__(self) -> None:
        self.tasks: dict[TaskKey, ContainerTask] = {}
        self.containers: dict[str, ContainerTask] = {}
        self.alarms = Alarms()
        self.news = 0
        self.late_ms: int | None = None
        self.back_ms: int | None = None

    def inspect(self, task: ContainerTask) -> list[Action]:
        """Ask how its container is, by name while its id is not known."""
        if task.asking:
            return []
        task.asking, task.asked_in = True, self.news
        return [Inspect(task.key, task.container or task.order.container_name)]

    def start(self, task: ContainerTask) -> list[Action]:
        task.asked_in = self.news
        return [Start(task.key, task.container)]


def not_started(task: ContainerTask, message: str, reason: Reason = Reason.LAUNCH_FAILED) -> list[Action]:
    """Nothing of the task runs, and nothing of it will."""
    task.phase = Phase.OVER
    return [Report(NotStarted(task.key, reason, message))]
