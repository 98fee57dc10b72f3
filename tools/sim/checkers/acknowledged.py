"""An update is acknowledged once its framework has it, and not before."""

from barter.core.ids import FrameworkId, TaskId
from barter.sdk.callbacks import Callback, StatusUpdate
from barter.sdk.calls import Acknowledge, Call
from barter.tools.sim.checkers.checker import Checker
from barter.tools.sim.framework import SimFramework


class Acknowledged(Checker):
    """Of each update that a framework acknowledges the callback was called before, by this process or an earlier one.

    A second word of an end that was told already needs no callback.
    """

    name = "acknowledged"

    def __init__(self) -> None:
        super().__init__()
        self._told: set[tuple[FrameworkId, TaskId, str]] = set()
        self._ended: set[tuple[FrameworkId, TaskId]] = set()

    def called(self, framework: SimFramework, callback: Callback) -> None:
        if isinstance(callback, StatusUpdate):
            framework_id, status = framework.driver.framework_id, callback.status
            self._told.add((framework_id, status.task_id, status.uuid))
            if status.terminal:
                self._ended.add((framework_id, status.task_id))

    def asked(self, framework: SimFramework, call: Call) -> None:
        if not isinstance(call, Acknowledge):
            return
        framework_id = framework.driver.framework_id
        for task_id, uuid in call.acks:
            if (framework_id, task_id, uuid) not in self._told and (framework_id, task_id) not in self._ended:
                self.fail(f"{framework.name} acknowledges {uuid} of task {task_id}, which it was not told of")
