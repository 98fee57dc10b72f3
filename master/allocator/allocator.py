"""Who is offered what: an index of agents and frameworks, told of every change, asked for grants."""

from collections.abc import Iterable, Iterator, Mapping

from barter.core.cluster import Demand
from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.resources import Resources
from barter.core.roles import RoleConfig, is_within
from barter.master.allocator.explain import explain
from barter.master.allocator.index import AgentRecord, Index
from barter.master.allocator.memory import Memory, memory_of
from barter.master.allocator.model import AgentSlot, Explanation, Grant, RoleStanding, Seeker, Unmet
from barter.master.allocator.passes import run_pass
from barter.master.allocator.placement import Placement
from barter.master.allocator.quota import Quota
from barter.master.allocator.refusals import Refusal
from barter.master.allocator.room import need_of
from barter.master.allocator.rooms import Rooms
from barter.master.allocator.standing import consumption, headroom, standings

Charge = tuple[FrameworkId, str, Mapping[str, int]]


class Allocator:
    """Pure and incremental: tell it each change, then ask for grants; an idle pass costs nothing.

    A pass books its grants at once. For each grant the master then tells what it did: `set_agent` with less free and
    `set_seeker` with more used, which says what is known, and for a demand `offered(+tasks)`. Times are milliseconds.
    """

    def __init__(self, index: Index | None = None) -> None:
        self._index = index or Index()

    def memory(self) -> Memory:
        """What a snapshot has to keep of it; `index_of` makes the index of a new one of that."""
        return memory_of(self._index)

    def set_agent(self, slot: AgentSlot) -> None:
        """Add or replace an agent."""
        self._index.set_agent(slot)

    def remove_agent(self, agent_id: AgentId) -> None:
        """Forget an agent and the refusals of it; unknown ones are ignored."""
        self._index.remove_agent(agent_id)

    def await_agents(self, count: int) -> None:
        """So many agents are expected back after the master's start, with tasks that constraints have to count."""
        self._index.await_agents(count)

    def set_roles(self, roles: Mapping[str, RoleConfig]) -> None:
        """Replace what operators set for roles: weights, guarantees and limits."""
        self._index.set_roles(roles)

    def set_minimums(self, minimums: tuple[Resources, ...]) -> None:
        """A classic offer holds at least one of these."""
        self._index.set_minimums(minimums)

    def consumption(self, role: str) -> Mapping[str, int]:
        """What counts against the role's quota: plain resources of tasks and offers, and all reservations."""
        return consumption(self._index, role)

    def roles(self) -> tuple[RoleStanding, ...]:
        """Every role that is configured, used or subscribed to, and their parents, by name."""
        return standings(self._index)

    def set_seeker(self, seeker: Seeker) -> None:
        """Add or replace a framework."""
        self._index.set_seeker(seeker)

    def remove_seeker(self, framework_id: FrameworkId) -> None:
        """Forget a framework, its refusals and its counts; unknown ones are ignored."""
        self._index.remove_seeker(framework_id)

    def placed(self, framework_id: FrameworkId, demand_id: DemandId, agent_id: AgentId, delta: int) -> None:
        """So many tasks of a demand started (or ended, delta < 0) on an agent: constraints count them."""
        self._index.count_placed((framework_id, demand_id), agent_id, delta)

    def offered(self, framework_id: FrameworkId, demand_id: DemandId, agent_id: AgentId, delta: int) -> None:
        """An offer for so many tasks of a demand is out (or answered, delta < 0): counted against the demand."""
        self._index.count_offered((framework_id, demand_id), agent_id, delta)

    def refuse(self, framework_id: FrameworkId, agent_id: AgentId, resources: Resources, until_ms: int) -> None:
        """The framework wants no offer of this agent that holds no more than `resources`, until then."""
        self._index.refusals.add(framework_id, agent_id, Refusal(resources, until_ms))

    def clear_refusals(self, framework_id: FrameworkId) -> None:
        """Forget the framework's refusals: it revived."""
        self._index.reopen(framework_id, self._index.refusals.clear(framework_id))

    def allocate(self, now: int) -> list[Grant]:
        """What to offer to whom, of what is free now."""
        for framework_id, agent_id in self._index.refusals.expire(now):
            self._index.reopen(framework_id, [agent_id])
        return run_pass(self._index, now) if self._index.changes else []

    def take_unmet(self) -> tuple[Unmet, ...]:
        """The demands that passes could not place since the last call; one that goes on waiting is told once."""
        unmet, self._index.newly_unmet = tuple(self._index.newly_unmet), []
        return unmet

    def waiting(self) -> Iterable[Unmet]:
        """All demands that the last passes could not place."""
        return self._index.unmet.values()

    def waits(self, framework_id: FrameworkId, demand_id: DemandId) -> bool:
        """Whether the last pass could not place all of the demand."""
        return (framework_id, demand_id) in self._index.unmet

    def room_for(self, unmet: Unmet, slot: AgentSlot, now: int, freed: Iterable[Charge] = ()) -> int:
        """How many tasks of the demand would fit on an agent if it stood as `slot` says; 0 where a filter or a quota
        says no. `freed` is what frameworks would use no more under a role, plain scalars."""
        index = self._index
        seeker = index.seekers.get(unmet.framework_id)
        leaf = index.leaf(unmet.framework_id, unmet.demand.role)
        if seeker is None or leaf is None:
            return 0
        with_them = [(index.leaf(each, role), scalars) for each, role, scalars in freed] if index.tree.quota else []
        free = dict(index.free)
        for holder, scalars in with_them:
            if holder is not None:
                index.tree.charge(holder, scalars, -1)
                if not slot.info.public:
                    free.update((kind, free.get(kind, 0) + scalars.get(kind, 0)) for kind in index.tree.kinds)
        allowed = Quota(index.tree, free).allowance(leaf.group.role, public=slot.info.public)
        for holder, scalars in with_them:
            if holder is not None:
                index.tree.charge(holder, scalars)
        placement = Placement(index, Rooms(index), seeker, unmet.demand, now)
        return placement.room_on(AgentRecord(slot, slot.info.placement_attributes), allowed)

    def take_grown(self) -> tuple[AgentId, ...]:
        """The agents of which the last pass found more free while demands are stuck: with what offers hold there, one
        may fit now."""
        grown, self._index.grown = sorted(self._index.grown), set()
        return tuple(grown)

    def stuck_for(self, slot: AgentSlot) -> Iterator[Unmet]:
        """The stuck demands one task of which may fit if the agent stood as `slot` says."""
        index, record = self._index, self._index.agents.get(slot.info.agent_id)
        for key in tuple(index.wishes.stuck_that_may_fit(slot)) if record is not None else ():
            unmet = index.unmet.get(key)
            if unmet is not None and record is not None and record.kind in index.catalog.classes(unmet.demand):
                yield unmet

    def may_fit(self, unmet: Unmet, agents: Iterable[AgentId]) -> Iterator[AgentId]:
        """Those of the agents that could run the demand if all of theirs were free, leaving aside who runs where."""
        index, need = self._index, need_of(unmet.demand).scalars
        classes = index.catalog.classes(unmet.demand)
        for agent_id in agents if classes else ():
            record = index.agents.get(agent_id)
            if record is not None and record.kind in classes:
                has, lent = record.slot.info.resources.scalars, record.slot.revocable.scalars
                if all(has.get(kind, 0) + lent.get(kind, 0) >= amount for kind, amount in need):
                    yield agent_id

    def keeps(self, role: str, against: str) -> bool:
        """Whether what the role has is within a guarantee that does not hold for the role `against` too."""
        node = self._index.tree.roles.get(role)
        while node is not None and node.parent is not None:
            if node.config.guarantee and not is_within(against, node.name):
                return all(node.consumed(kind) <= least for kind, least in node.config.guarantee.items())
            node = node.parent
        return False

    def headroom(self) -> Mapping[str, int]:
        """What has to stay free for guarantees that are not met."""
        return headroom(self._index)

    def next_wakeup(self) -> int | None:
        """When a refusal ends that could matter, or None."""
        return self._index.refusals.next_end(self._index.matters)

    def explain(self, framework_id: FrameworkId, demand: Demand, now: int, *, every_agent: bool = True) -> Explanation:
        """Why a demand of a framework is or is not placed; asks every filter, changes nothing. Without `every_agent`
        the agents' verdicts are grouped and counted only."""
        return explain(self._index, framework_id, demand, now, every_agent=every_agent)
