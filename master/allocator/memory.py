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
    held: tuple[DemandKey, ...]
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
        tuple(sorted(index.wishes.stuck)),
        tuple(sorted(index.wishes.held)),
        tuple(each for _, each in sorted(index.unmet.items())),
        tuple(index.newly_unmet),
        tuple(index.tree.configs.values()),
        index.minimums,
    )


def index_of(memory: Memory, slots: Iterable[AgentSlot], seekers: Iterable[Seeker], counts: Iterable[Counted]) -> Index:
    """The index again; `slots` and `seekers` are those of the memory, in its order."""
    index = Index()
    index.set_roles({each.role: each for each in memory.roles})
    index.set_minimums(memory.minimums)
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
    index.wishes.put_stuck(memory.stuck, memory.held)
    index.unmet = {(each.framework_id, each.demand.demand_id): each for each in memory.unmet}
    index.newly_unmet = list(memory.newly_unmet)
    # Whether something was withheld is not kept: a pass that looks in vain decides the same.
    index.withheld = True
    index.changes = type(index.changes)()
    return index
