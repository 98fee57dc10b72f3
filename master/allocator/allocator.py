"""Who is offered what: an index of agents and frameworks, told of every change, asked for grants."""

from barter.core.cluster import Demand
from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.resources import Resources
from barter.master.allocator.model import AgentSlot, Explanation, Grant, Seeker


class Allocator:
    """Pure and incremental: tell it each change, then ask for grants; an idle pass costs nothing.

    A pass books its grants for itself only. For each grant the master then tells what it did: `set_agent` with less
    free, `set_seeker` with more used and, for a demand, `offered(+tasks)`. Times are milliseconds.
    """

    def set_agent(self, slot: AgentSlot) -> None:
        """Add or replace an agent."""
        raise NotImplementedError

    def remove_agent(self, agent_id: AgentId) -> None:
        """Forget an agent and the refusals of it; unknown ones are ignored."""
        raise NotImplementedError

    def set_seeker(self, seeker: Seeker) -> None:
        """Add or replace a framework."""
        raise NotImplementedError

    def remove_seeker(self, framework_id: FrameworkId) -> None:
        """Forget a framework, its refusals and its counts; unknown ones are ignored."""
        raise NotImplementedError

    def placed(self, framework_id: FrameworkId, demand_id: DemandId, agent_id: AgentId, delta: int) -> None:
        """So many tasks of a demand started (or ended, delta < 0) on an agent: constraints count them."""
        raise NotImplementedError

    def offered(self, framework_id: FrameworkId, demand_id: DemandId, agent_id: AgentId, delta: int) -> None:
        """An offer for so many tasks of a demand is out (or answered, delta < 0): counted against the demand."""
        raise NotImplementedError

    def refuse(self, framework_id: FrameworkId, agent_id: AgentId, resources: Resources, until_ms: int) -> None:
        """The framework wants no offer of this agent that holds no more than `resources`, until then."""
        raise NotImplementedError

    def clear_refusals(self, framework_id: FrameworkId) -> None:
        """Forget the framework's refusals: it revived."""
        raise NotImplementedError

    def allocate(self, now: int) -> list[Grant]:
        """What to offer to whom, of what is free now."""
        raise NotImplementedError

    def next_wakeup(self) -> int | None:
        """When a refusal ends that could matter, or None."""
        raise NotImplementedError

    def explain(self, framework_id: FrameworkId, demand: Demand, now: int) -> Explanation:
        """Why a demand of a framework is or is not placed; asks every filter, changes nothing."""
        raise NotImplementedError
