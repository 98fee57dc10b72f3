"""What a master knows of agents out of its reach, and of those it has removed for that."""

from dataclasses import dataclass, field

from barter.core.ids import AgentId
from barter.core.removals import RemovalMode, Removals, RemovedAgent


@dataclass(slots=True)
class Reach:
    """`out` are the unreachable agents, the longest so first; `removed` those that may return, the oldest first.

    `last_ms` is when an agent was removed last, `turn_ms` the timer that is set for the next; 0 for none.
    `changed` within a batch that changed who is out of reach; `fresh` are those of it whose tasks are yet to be told.
    """

    removals: Removals = Removals()
    out: dict[AgentId, None] = field(default_factory=dict)
    removed: dict[AgentId, RemovedAgent] = field(default_factory=dict)
    last_ms: int = 0
    turn_ms: int = 0
    changed: bool = False
    fresh: list[AgentId] = field(default_factory=list)

    @property
    def stopped(self) -> bool:
        """Frozen or held: nothing is removed."""
        return self.removals.mode is not RemovalMode.RUNNING

    @property
    def unknown(self) -> int:
        """How many were removed of which nobody here knows what they run."""
        return sum(not each.tasks_known for each in self.removed.values())
