"""What a master knows of agents out of its reach, and of those it has removed for that."""

from collections.abc import Set
from dataclasses import dataclass, field

from barter.core.ids import AgentId
from barter.core.removals import RemovalMode, Removals, RemovedAgent
from barter.master.state import TaskKey


@dataclass(slots=True)
class Reach:
    """`out` are the unreachable agents, the longest so first; `removed` those that may return, the oldest first.
    Only `keep` and `drop` change who is removed; `holders` are those of each task that was told as gone, likewise.

    `last_ms` is when an agent was removed last, `turn_ms` the timer that is set for the next; 0 for none.
    `changed` within a batch that changed who is out of reach; `fresh` are those of it whose tasks are yet to be told.
    """

    removals: Removals = Removals()
    out: dict[AgentId, None] = field(default_factory=dict)
    removed: dict[AgentId, RemovedAgent] = field(default_factory=dict)
    holders: dict[TaskKey, tuple[AgentId, ...]] = field(default_factory=dict)
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

    def keep(self, removed: RemovedAgent) -> None:
        """One that is known already keeps its place."""
        agent_id, before = removed.agent_id, self.removed.get(removed.agent_id)
        had, has = dict.fromkeys(before.tasks if before is not None else ()), dict.fromkeys(removed.tasks)
        self._forget(agent_id, had.keys() - has.keys())
        for key in has:
            if key not in had:
                self.holders[key] = (*self.holders.get(key, ()), agent_id)
        self.removed[agent_id] = removed

    def drop(self, agent_id: AgentId) -> RemovedAgent | None:
        """Returns it as it was, None where it is not removed."""
        removed = self.removed.pop(agent_id, None)
        if removed is not None:
            self._forget(agent_id, set(removed.tasks))
        return removed

    def holder(self, key: TaskKey) -> RemovedAgent | None:
        """The removed agent with which the task was told as gone, the oldest of several."""
        holders = self.holders.get(key)
        return self.removed[holders[0]] if holders else None

    def _forget(self, agent_id: AgentId, keys: Set[TaskKey]) -> None:
        for key in keys:
            left = tuple(each for each in self.holders[key] if each != agent_id)
            if left:
                self.holders[key] = left
            else:
                del self.holders[key]
