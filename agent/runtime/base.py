"""What a runtime is: the one interface between the executor and whatever really runs tasks."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from barter.agent.executor.events import Ended, Held, NotStarted, Order, Pulling, Sample, Started, TaskKey
from barter.agent.runtime.ran import Ran
from barter.core.tasks import Reason

RuntimeEvent = Pulling | Started | NotStarted | Ended
Report = Callable[[RuntimeEvent], None]


class RuntimeFailure(Exception):
    """A launch that failed for good; the text says what, why and what to do."""

    reason = Reason.LAUNCH_FAILED


class LaunchFailed(RuntimeFailure):
    """The runtime refused the task or could not start it."""


class DiskFull(RuntimeFailure):
    """There is no room for the task."""

    reason = Reason.DISK_FULL


class RuntimeMissing(RuntimeFailure):
    """Nothing here can run this kind of task."""

    reason = Reason.RUNTIME_MISSING


class Runtime(ABC):
    """Runs tasks. Methods are called in the executor's event loop and never raise for one task's sake.

    Everything that happens to a task is told through the `report` given to `start`, in that loop: Pulling (as
    far as it is each time), then Started or NotStarted, and after Started exactly one Ended.
    """

    @abstractmethod
    async def start(self, report: Report) -> Sequence[Held]:
        """Begin, and return the tasks an earlier executor left; the end of each will be reported."""

    @abstractmethod
    def launch(self, orders: Sequence[Order]) -> None:
        """Start tasks; returns at once."""

    @abstractmethod
    def end(self, key: TaskKey, *, force: bool) -> None:
        """Send SIGTERM, or SIGKILL with `force`, to all of a task's processes; cancels a launch under way."""

    @abstractmethod
    def release(self, keys: Sequence[TaskKey]) -> None:
        """Remove what is kept of ended tasks, sandbox files aside."""

    @abstractmethod
    async def check(self, order: Order, command: str, timeout_ms: int) -> Ran:
        """Run a check's command where the task runs. Cancelling it ends all that it started."""

    @abstractmethod
    async def measure(self, keys: Sequence[TaskKey]) -> Sequence[Sample]:
        """What these running tasks have used so far; those that cannot be measured are left out."""

    @abstractmethod
    async def close(self) -> None:
        """Stop watching. What runs goes on; what is being removed is removed first."""
