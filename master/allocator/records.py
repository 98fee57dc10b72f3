"""What the allocator keeps of an agent and of a demand."""

from collections import Counter
from dataclasses import dataclass, field

from barter.core.constraints import Attributes
from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.master.allocator.model import AgentSlot
from barter.master.allocator.shelf import AgentClass

DemandKey = tuple[FrameworkId, DemandId]


@dataclass(slots=True)
class AgentRecord:
    """An agent with its attributes for placement and, while it is in the index, its class."""

    slot: AgentSlot
    attributes: Attributes
    kind: AgentClass | None = None

    @property
    def agent_id(self) -> AgentId:
        return self.slot.info.agent_id


@dataclass(slots=True)
class Tally:
    """How many tasks of a demand are placed and offered, by agent, never below zero; `instances` is their sum."""

    placed: Counter[AgentId] = field(default_factory=Counter)
    offered: Counter[AgentId] = field(default_factory=Counter)
    instances: Counter[AgentId] = field(default_factory=Counter)
    out: int = 0

    def count(self, which: Counter[AgentId], agent_id: AgentId, delta: int) -> int:
        """Add to `placed` or `offered`; returns what was added."""
        added = _add(which, agent_id, delta)
        _add(self.instances, agent_id, added)
        if which is self.offered:
            self.out += added
        return added

    def __bool__(self) -> bool:
        return bool(self.instances)


def _add(counts: Counter[AgentId], agent_id: AgentId, delta: int) -> int:
    before = counts.get(agent_id, 0)
    after = before + delta
    if after > 0:
        counts[agent_id] = after
        return delta
    counts.pop(agent_id, None)
    return -before
