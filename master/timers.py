"""What is due when: one heap for everything that happens by time alone."""

from dataclasses import dataclass
from heapq import heappop, heappush

from barter.core.ids import AgentId, FrameworkId, OfferId


@dataclass(frozen=True, slots=True)
class AgentSilent:
    """One timer a registration: that of an earlier one says nothing.

    From the second look at one silence on: when the agent was last `heard_ms` of, when this look was `due_ms`, and
    how many `looks` there were.
    """

    agent_id: AgentId
    registered_ms: int
    heard_ms: int = -1
    due_ms: int = 0
    looks: int = 0


@dataclass(frozen=True, slots=True)
class OfferExpires:
    offer_id: OfferId


@dataclass(frozen=True, slots=True)
class FailoverEnds:
    """`absence` counts the framework's disconnections: a timer of an earlier one says nothing."""

    framework_id: FrameworkId
    absence: int


@dataclass(frozen=True, slots=True)
class SettlingEnds:
    pass


@dataclass(frozen=True, slots=True)
class MaintenanceDue:
    """The start or the deadline of an agent's drain."""

    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class PreemptionDue:
    """A demand of a role under its guarantee may still wait."""


@dataclass(frozen=True, slots=True)
class KeepingEnds:
    """What tasks were preempted on the agent for is kept no longer for it."""

    agent_id: AgentId


@dataclass(frozen=True, slots=True)
class RemovalTurn:
    """An agent out of reach may be due to be removed."""


Due = (
    AgentSilent
    | OfferExpires
    | FailoverEnds
    | SettlingEnds
    | MaintenanceDue
    | PreemptionDue
    | KeepingEnds
    | RemovalTurn
)


class Timers:
    """Entries are never cancelled: whoever is told that something is due looks whether it still is."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Due]] = []
        self._count = 0

    def at(self, when: int, due: Due) -> None:
        self._count += 1
        heappush(self._heap, (when, self._count, due))

    @property
    def waiting(self) -> list[tuple[int, Due]]:
        """All of them with when they are due, in the order in which they will be."""
        return [(when, due) for when, _, due in sorted(self._heap, key=lambda each: each[:2])]

    @property
    def next(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: int) -> list[Due]:
        due: list[Due] = []
        while self._heap and self._heap[0][0] <= now:
            due.append(heappop(self._heap)[2])
        return due
