"""What runs on a machine never takes more than the machine has."""

from barter.agent.facts import TaskKey
from barter.core.tasks import TaskInfo
from barter.tools.sim.checkers.books import owned
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.checkers.holding import Holding
from barter.tools.sim.host import Host


class Admission(Checker):
    """In truth, not by anybody's books: the resources of all tasks that run on a host, from their start to their end,
    are within what its agent says the machine has, and no port or id is with two of them. What is revocable is only
    lent by another task, which has it already.
    """

    name = "admission"

    def __init__(self) -> None:
        super().__init__()
        self._held: dict[str, Holding] = {}
        self._tasks: dict[str, dict[TaskKey, TaskInfo]] = {}

    def task_started(self, host: Host, key: TaskKey, task: TaskInfo) -> None:
        held = self._held.setdefault(host.name, Holding())
        running = self._tasks.setdefault(host.name, {})
        where = f"{host.name} starts task {key[1]} of {key[0]}"
        own = owned(task)
        if shared := held.shared(own):
            self.fail(f"{where} with {shared}, taken by another; there run {_names(running)}")
        held.add(own)
        if beyond := held.beyond(self.cluster.agents[host.name].info.resources):
            self.fail(f"{where}, and with it there run more than it has: {beyond}; {_names(running)}")
        running[key] = task

    def task_ended(self, host: Host, key: TaskKey, exit_code: int) -> None:
        task = self._tasks.get(host.name, {}).pop(key, None)
        if task is not None:
            self._held[host.name].take(owned(task))


def _names(running: dict[TaskKey, TaskInfo]) -> str:
    return ", ".join(f"{task_id} of {framework_id}" for framework_id, task_id in running) or "no others"
