"""What the executor's core keeps of one task."""

from barter.agent.executor.actions import ExecutorStatus
from barter.agent.executor.ends import Cause
from barter.agent.executor.events import Order
from barter.agent.executor.kill import KillPlan
from barter.agent.executor.probes import Probes
from barter.core.task_state import TERMINAL, TaskState, advance
from barter.core.tasks import Reason, Source, TaskStatus


class HeldTask:
    """From its launch until the agent has recorded its end. `cause` and `plan` are set once it is being killed.

    `fetching` its artifacts, or `waiting` for others of its group, it is not with its runtime yet.
    """

    __slots__ = ("address", "cause", "fetching", "last", "order", "plan", "probes", "started", "state", "waiting")

    def __init__(self, order: Order, state: TaskState, now: int, address: str = "") -> None:
        """A task of which nothing was said yet: its last status has sequence 0."""
        self.order = order
        self.address = address
        self.state = state
        self.started = state is TaskState.RUNNING
        self.fetching = self.waiting = False
        self.cause: Cause | None = None
        self.plan: KillPlan | None = None
        self.probes = Probes()
        status = TaskStatus(order.task.task_id, state, Source.EXECUTOR, now, address=address)
        self.last = ExecutorStatus(order.framework_id, status, 0)

    @property
    def ended(self) -> bool:
        return self.state in TERMINAL

    def say(
        self,
        sequence: int,
        now: int,
        state: TaskState,
        reason: Reason = Reason.NONE,
        message: str = "",
        exit_code: int | None = None,
    ) -> ExecutorStatus:
        """Enter `state` and return the status about it; raises IllegalTransition and changes nothing."""
        self.state = advance(self.state, state)
        status = TaskStatus(
            self.order.task.task_id,
            state,
            Source.EXECUTOR,
            now,
            reason=reason,
            message=message,
            healthy=self.probes.healthy,
            exit_code=exit_code,
            ready=self.probes.ready,
            address=self.address,
            check=self.probes.found,
        )
        self.last = ExecutorStatus(self.order.framework_id, status, sequence)
        return self.last
