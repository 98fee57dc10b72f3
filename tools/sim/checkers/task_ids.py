"""A framework uses a task id once."""

from barter.agent.facts import TaskKey
from barter.sdk import calls
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.framework import SimFramework


class TaskIds(Checker):
    """No task id is in two launches of a framework id, also not in two of different processes. (That such a task would
    run once all the same is the agents' part: see runs_once.)
    """

    name = "task_ids"

    def __init__(self) -> None:
        super().__init__()
        self._launched: set[TaskKey] = set()

    def asked(self, framework: SimFramework, call: calls.Call) -> None:
        if isinstance(call, calls.Launch):
            for task in call.tasks:
                key = (framework.driver.framework_id, task.task_id)
                if key in self._launched:
                    self.fail(f"{framework.name} ({key[0]}) launches task {key[1]} a second time")
                self._launched.add(key)
