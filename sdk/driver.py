"""What a scheduler may ask for: the one handle its callbacks are given."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence

from barter.core.cluster import Demand, Filters, Offer, Service
from barter.core.ids import AgentId, ExecutorId, FrameworkId, ReservationId, TaskId
from barter.core.operations import Operation
from barter.core.tasks import TaskInfo

Offers = Offer | Sequence[Offer]
USUAL_FILTERS = Filters()


class Driver(ABC):
    """Calls return at once; they leave together at the end of the running callback, in order. Answers are callbacks.

    The same scheduler runs on any driver: `MasterDriver` has a real master behind it.
    """

    @property
    @abstractmethod
    def framework_id(self) -> FrameworkId:
        """Empty until registered, unless the framework came with one."""

    @abstractmethod
    def launch(
        self,
        offers: Offers,
        tasks: Sequence[TaskInfo],
        filters: Filters = USUAL_FILTERS,
        operations: Sequence[Operation] = (),
    ) -> None:
        """Run `tasks` on `offers` of one agent; what they leave over is not offered again for `filters.refuse_ms`.

        `operations` (reserve, unreserve, create and destroy volumes) come first, in order; one that cannot be done is
        told to `error` and changes nothing.

        While disconnected each task gets a TASK_DROPPED status with reason MASTER_DISCONNECTED instead.
        """

    @abstractmethod
    def decline(self, offers: Offers, filters: Filters = USUAL_FILTERS) -> None:
        """Give `offers` back; nothing to do while disconnected, as they are void then."""

    @abstractmethod
    def revive(self, roles: Sequence[str] = ()) -> None:
        """Clear this framework's filters, and its suppression of these roles; of all where none is named."""

    @abstractmethod
    def suppress(self, roles: Sequence[str] = ()) -> None:
        """No more offers for these roles (for any, where none is named) until `revive`; told again after a lost
        session."""

    @abstractmethod
    def kill(self, task_id: TaskId, grace_ms: int | None = None) -> None:
        """End a task: SIGTERM, `grace_ms` (by default the task's own), SIGKILL. Kept over lost sessions."""

    @abstractmethod
    def release(self, task_ids: Iterable[TaskId]) -> None:
        """These tasks, named in an inverse offer, are replaced and may be killed. Kept over lost sessions."""

    @abstractmethod
    def keep(self, task_ids: Iterable[TaskId]) -> None:
        """These tasks, told as RETURNED_LATE to a framework that decides on its returning tasks, stay.

        Not kept over lost sessions: a master that did not hear it tells of them as RETURNED_LATE again.
        """

    @abstractmethod
    def reconcile(self, task_ids: Iterable[TaskId] = ()) -> None:
        """Ask for the current status of these tasks; of all of the framework's where none is named."""

    @abstractmethod
    def reconcile_reservations(self, endings: Iterable[tuple[AgentId, ReservationId]] = ()) -> None:
        """End these of this framework's reservations, with their volumes and the data in them, and be told those that
        are left by `reservations_held`.

        One that a task uses, or whose agent is not back since the master's start, is left, and told to `error`. Not
        kept over lost sessions: ask again when registered.
        """

    @abstractmethod
    def set_demands(self, demands: Sequence[Demand]) -> None:
        """Replace what this framework wants to be offered; told again after a lost session."""

    @abstractmethod
    def set_services(self, services: Sequence[Service]) -> None:
        """Replace the services its tasks' ports belong to; told again after a lost session."""

    @abstractmethod
    def send_framework_message(self, agent_id: AgentId, executor_id: ExecutorId, data: bytes) -> None:
        """Say something to an executor of this framework's, at most once: nothing is sent again, and while disconnected
        nothing is sent. Where agent or executor are not there, or more than 256 KiB are said, `error` is told."""

    @abstractmethod
    def now(self) -> int:
        """The time in milliseconds since 1970; it never runs backwards."""

    @abstractmethod
    def call_later(self, delay_ms: int, call: Callable[[], None]) -> None:
        """Call `call` once, `delay_ms` from now, as callbacks are called: never beside one, never after `stop`.

        What schedulers do by time they do with this, so that time can be simulated. A process's end forgets it.
        """

    @abstractmethod
    def stop(self, failover: bool = False) -> None:
        """End the session, and no more callbacks. The framework is removed and its tasks killed, or, with `failover`,
        both stay for another process that subscribes with the same id within the framework's failover timeout."""
