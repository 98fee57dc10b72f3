"""A task id runs at most once, ever."""

from barter.agent.facts import TaskKey
from barter.core.tasks import TaskInfo
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.host import Host


class RunsOnce(Checker):
    """In truth: for each framework id and task id one process or container is started in the whole life of a world, on
    whichever host, whatever was lost, and whether or not an agent came back as a new one meanwhile.
    """

    name = "runs_once"

    def __init__(self) -> None:
        super().__init__()
        self._started: dict[TaskKey, tuple[str, int]] = {}

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        if key in self._started:
            where, us = self._started[key]
            first = f"it was started on {where} at {us / 1e6:.3f} s already"
            self.fail(f"{host.name} starts task {key[1]} of {key[0]}; {first}")
        self._started[key] = (host.name, host.world.now_us)
