"""What is kept of one task and its container."""

from dataclasses import dataclass
from enum import Enum, auto

from barter.agent.executor.events import NotStarted, Order, TaskKey
from barter.core.tasks import Network


class Phase(Enum):
    """Where a task is; FINDING and PROBING are for answers that were lost, before and after its start was asked for.

    ENDING asks whether memory was short, LAST_LINES waits for output, DISCARDING removes what may not have started.
    """

    QUEUED = auto()
    PULLING = auto()
    CREATING = auto()
    FINDING = auto()
    STARTING = auto()
    PROBING = auto()
    RUNNING = auto()
    ENDING = auto()
    LAST_LINES = auto()
    DISCARDING = auto()
    OVER = auto()


class Output(Enum):
    """How much of a container's output is in the sandbox; GIVEN_UP and WHOLE are final once it has ended."""

    NONE = auto()
    UNDER_WAY = auto()
    WHOLE = auto()
    GIVEN_UP = auto()


class Leaving(Enum):
    """How far a container's removal is: for its output, for a quiet engine, for an answer, for the next try."""

    NO = auto()
    AFTER_OUTPUT = auto()
    WHEN_QUIET = auto()
    REMOVING = auto()
    PAUSING = auto()


@dataclass(slots=True, eq=False)
class ContainerTask:
    """`exit_code` counts once `died`, which may be heard before the start is answered.

    `failure` is what to say should it prove not to be there; `verdict` is said when its container is gone;
    `asking` while an inspection is wanted, `asked_in` says in which of the news it or the start was asked for;
    `found` where an earlier executor left it; `look_ms` is when it is looked at next, `vanished_ms` since when the
    engine says that it runs and its process is not there; `owed` is a signal that did not reach the container.
    """

    order: Order
    phase: Phase = Phase.QUEUED
    container: str = ""
    found: bool = False
    killing: bool = False
    pulled: bool = False
    died: bool = False
    exit_code: int | None = None
    ended_ms: int | None = None
    address: str = ""
    out_of_memory: bool = False
    failure: str = ""
    verdict: NotStarted | None = None
    asking: bool = False
    asked_in: int = 0
    vanished_ms: int | None = None
    look_ms: int = 0
    owed: str = ""
    output: Output = Output.NONE
    copies: int = 0
    leaving: Leaving = Leaving.NO
    removals: int = 0

    @property
    def key(self) -> TaskKey:
        return self.order.key

    @property
    def image(self) -> str:
        return self.order.task.container.image if self.order.task.container is not None else ""

    @property
    def has_own_address(self) -> bool:
        return self.order.task.container is not None and self.order.task.container.network is Network.OWN

    @property
    def settled(self) -> bool:
        """Whether nothing more of its output will be copied."""
        return self.output in (Output.WHOLE, Output.GIVEN_UP)
