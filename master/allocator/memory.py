"""What an allocator knows that its master's books do not say: to be kept in a snapshot and given to a new allocator."""

from collections.abc import Iterable
from dataclasses import dataclass

from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.resources import Resources
from barter.core.roles import RoleConfig
from barter.master.allocator.index import DemandKey, Index
from barter.master.allocator.model import AgentSlot, Seeker, Unmet
from barter.master.allocator.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Declined:
    framework_id: FrameworkId
    agent_id: AgentId
    resources: Resources
    until_ms: int


@dataclass(frozen=True, slots=True)
class Counted:
    """So many tasks of a demand are placed on an agent, or offered there."""

    framework_id: FrameworkId
    demand_id: DemandId
    agent_id: AgentId
    placed: int = 0
    offered: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """`agents` and `seekers` are those a pass has seen, in the order in which it looks at them."""

    agents: tuple[AgentId, ...]
    seekers: tuple[FrameworkId, ...]
    refusals: tuple[Declined, ...]
    stuck: tuple[DemandKey, ...]
    stuck_on_counts: tuple[DemandKey, ...]
    unmet: tuple[Unmet, ...]
    newly_unmet: tuple[Unmet, ...]
    roles: tuple[RoleConfig, ...]
    minimums: tuple[Resources, ...]


def memory_of(index: Index) -> Memory:
    """Between two passes, when nothing that changed waits but what was told before the first of them."""
    changes = index.changes
    return Memory(
        tuple(each for each in index.agents if each not in changes.agents),
        tuple(each for each in index.seekers if each not in changes.seekers),
        tuple(
            Declined(framework_id, agent_id, refusal.resources, refusal.until_ms)
            for framework_id, agent_id, refusal in index.refusals.all()
        ),
        tuple(sorted(index.stuck)),
        tuple(sorted(index.stuck_on_counts)),
        tuple(sorted(index.unmet, key=lambda each: (each.framework_id, each.demand.demand_id))),
        tuple(index.newly_unmet),
        tuple(index.roles.values()),
        index.minimums,
    )


def index_of(memory: Memory, slots: Iterable[AgentSlot], seekers: Iterable[Seeker], counts: Iterable[Counted]) -> Index:
    """The index again; `slots` and `seekers` are those of the memory, in its order."""
    index = Index()
    index.roles, index.minimums = {each.role: each for each in memory.roles}, memory.minimums
    for slot in slots:
        index.set_agent(slot)
    for seeker in seekers:
        index.set_seeker(seeker)
    for each in counts:
        key = (each.framework_id, each.demand_id)
        index.count_placed(key, each.agent_id, each.placed)
        index.count_offered(key, each.agent_id, each.offered)
    for refused in memory.refusals:
        refusal = Refusal(refused.resources, refused.until_ms)
        index.refusals.add(refused.framework_id, refused.agent_id, refusal)
    index.stuck, index.stuck_on_counts = set(memory.stuck), set(memory.stuck_on_counts)
    index.unmet, index.newly_unmet = set(memory.unmet), list(memory.newly_unmet)
    index.changes = type(index.changes)()
    return index
