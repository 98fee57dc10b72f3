"""The class that the author of an executor subclasses, and the one handle its callbacks are given."""

from abc import ABC, abstractmethod

from barter.core.ids import AgentId, ExecutorId, FrameworkId, TaskId
from barter.core.task_state import TaskState
from barter.core.tasks import TaskInfo


class ExecutorDriver(ABC):
    """Its methods may be called from any thread, and return at once."""

    @property
    @abstractmethod
    def framework_id(self) -> FrameworkId: ...

    @property
    @abstractmethod
    def executor_id(self) -> ExecutorId: ...

    @property
    @abstractmethod
    def agent_id(self) -> AgentId: ...

    @abstractmethod
    def sandbox(self, task_id: TaskId) -> str:
        """The folder of a task, an absolute path: what is in its `stdout` and `stderr` is what `barter logs` shows."""

    @abstractmethod
    def send_status_update(
        self,
        task_id: TaskId,
        state: TaskState,
        message: str = "",
        *,
        exit_code: int | None = None,
        healthy: bool | None = None,
    ) -> None:
        """Say what became of a task: kept until the agent has recorded it, also over lost sessions.

        TASK_STARTING, TASK_RUNNING, TASK_KILLING, and one end: TASK_FINISHED, TASK_FAILED, TASK_KILLED, TASK_ERROR,
        TASK_DROPPED or TASK_LOST. Raises ValueError on another state; of a task that is not there, or has ended,
        nothing is said.
        """

    @abstractmethod
    def send_framework_message(self, data: bytes) -> None:
        """Say something to the scheduler, at most once. Raises ValueError where it is more than 256 KiB."""

    @abstractmethod
    def stop(self) -> None:
        """End once what was said is recorded, at most 2 s later; what still runs then is TASK_FAILED."""


class Executor:
    """Override what you need: each callback does nothing by itself. The names are Mesos'.

    Callbacks are called one at a time, in the order things happened. One that blocks holds up everything behind it, so
    a task is a thread or a process of its own. One that raises is logged; a task whose `launch_task` raised has failed.
    """

    def registered(self, driver: ExecutorDriver) -> None:
        """The agent knows this executor: once in its life."""

    def reregistered(self, driver: ExecutorDriver) -> None:
        """The agent is back, perhaps as another process; it is told of all tasks held without any doing."""

    def disconnected(self, driver: ExecutorDriver) -> None:
        """The agent is away; tasks go on."""

    def launch_task(self, driver: ExecutorDriver, task: TaskInfo) -> None:
        """Start a task, and say TASK_RUNNING when it runs."""

    def kill_task(self, driver: ExecutorDriver, task_id: TaskId, grace_ms: int) -> None:
        """End a task within so long, and say TASK_KILLED when it has ended."""

    def framework_message(self, driver: ExecutorDriver, data: bytes) -> None:
        """The scheduler said something."""

    def shutdown(self, driver: ExecutorDriver) -> None:
        """The executor is to end, with all tasks: a few seconds later it is ended by force."""

    def error(self, driver: ExecutorDriver, message: str) -> None:
        """One of the callbacks raised, or the agent sent what cannot be read; the log has it already."""
