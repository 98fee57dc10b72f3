"""Where a demand's instances are, counted by agent and by the values of its constraints' fields."""

from collections import Counter
from functools import cached_property

from barter.core.cluster import Demand
from barter.core.constraints import HOSTNAME, Constraint, Operator, canonical, field_value
from barter.core.ids import AgentId, FrameworkId
from barter.master.allocator.index import AgentRecord, Index

_COUNTING = frozenset({Operator.UNIQUE, Operator.MAX_PER, Operator.GROUP_BY})


def counts_instances(constraint: Constraint) -> bool:
    """Whether its answer depends on where instances are."""
    return constraint.operator in _COUNTING or (constraint.operator is Operator.CLUSTER and not constraint.value)


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
        self.by_agent: Counter[AgentId] = index.tally(framework_id, demand.demand_id).instances
        self._by_value: dict[str, Counter[str]] = {}

    def add(self, record: AgentRecord, tasks: int) -> None:
        self.by_agent[record.agent_id] += tasks
        for field, counts in self._by_value.items():
            if (value := field_value(record.attributes, field)) is not None:
                counts[value] += tasks

    def by_value(self, field: str) -> Counter[str]:
        """How many instances run where the field has which value."""
        if field not in self._by_value:
            counts: Counter[str] = Counter()
            for agent_id, tasks in self.by_agent.items():
                record = self._index.agents.get(agent_id)
                value = None if record is None else field_value(record.attributes, field)
                if value is not None:
                    counts[value] += tasks
            self._by_value[field] = counts
        return self._by_value[field]

    def known(self, field: str) -> frozenset[str]:
        """Every value of the field among the agents that could run it: active, its side, its runtime."""
        return self._known.get(field, frozenset())

    @cached_property
    def _known(self) -> dict[str, frozenset[str]]:
        able = [
            record.attributes
            for record in self._index.agents.values()
            if record.slot.active
            and on_its_side(record, self._demand)
            and self._demand.runtime in record.slot.info.runtimes
        ]
        fields = {each.field for each in self._demand.constraints if each.operator is Operator.GROUP_BY}
        return {
            field: frozenset(value for attributes in able if (value := field_value(attributes, field)) is not None)
            for field in fields
        }
