"""Where a demand's instances are, counted by agent and by the values of its constraints' fields."""

from collections import Counter

from barter.core.cluster import Demand
from barter.core.constraints import HOSTNAME, Constraint, Operator, canonical, field_value
from barter.core.ids import AgentId, FrameworkId
from barter.master.allocator.catalog import counts_instances
from barter.master.allocator.index import AgentRecord, Index

__all__ = ["Spread", "counts_instances", "needs_all_counts", "on_its_side"]


def needs_all_counts(demand: Demand) -> bool:
    """Whether instances on agents that were not heard of yet could matter for another agent."""
    return any(counts_instances(each) and not _of_one_host(each) for each in demand.constraints)


def _of_one_host(constraint: Constraint) -> bool:
    """Whether only the tasks on the agent itself count."""
    return constraint.operator in (Operator.UNIQUE, Operator.MAX_PER) and canonical(constraint.field) == HOSTNAME


def on_its_side(record: AgentRecord, demand: Demand) -> bool:
    """Whether the agent is of the kind the demand is for: public or private."""
    return record.slot.info.public == demand.on_public


class Spread:
    """The instances of one demand, placed and offered; `add` counts those a pass grants."""

    def __init__(self, index: Index, framework_id: FrameworkId, demand: Demand) -> None:
        self._index = index
        self._demand = demand
        self._known = index.tally(framework_id, demand.demand_id).instances
        self._added: Counter[AgentId] = Counter()
        self._by_value: dict[str, Counter[str]] = {}

    def on(self, agent_id: AgentId) -> int:
        """How many are on the agent."""
        return self._known[agent_id] + self._added[agent_id]

    @property
    def holders(self) -> list[AgentId]:
        """The agents that have some, by id."""
        return sorted({**self._known, **self._added})

    def __bool__(self) -> bool:
        return bool(self._known or self._added)

    def add(self, record: AgentRecord, tasks: int) -> None:
        self._added[record.agent_id] += tasks
        for field, counts in self._by_value.items():
            if (value := field_value(record.attributes, field)) is not None:
                counts[value] += tasks

    def by_value(self, field: str) -> Counter[str]:
        """How many instances run where the field has which value."""
        if field not in self._by_value:
            counts: Counter[str] = Counter()
            for agent_id in {**self._known, **self._added}:
                record = self._index.agents.get(agent_id)
                value = None if record is None else field_value(record.attributes, field)
                if value is not None:
                    counts[value] += self.on(agent_id)
            self._by_value[field] = counts
        return self._by_value[field]

    def known(self, field: str) -> frozenset[str]:
        """Every value of a field to be levelled over among the agents that could run it: active, side, runtime."""
        if not any(each.operator is Operator.GROUP_BY and each.field == field for each in self._demand.constraints):
            return frozenset()
        return self._index.catalog.values(field, self._demand)
