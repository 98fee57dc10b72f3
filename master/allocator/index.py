"""What the allocator knows, and what of it has changed since the last pass."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from barter.core.cluster import Demand
from barter.core.constraints import Attributes
from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.resources import Resources, resources
from barter.core.roles import RoleConfig
from barter.core.units import MIB
from barter.master.allocator.model import AgentSlot, Seeker, Unmet
from barter.master.allocator.refusals import Refusals

USUAL_MINIMUMS = (resources(cpus=10), resources(mem=32 * MIB))

DemandKey = tuple[FrameworkId, DemandId]


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """An agent with its attributes for placement, made once."""

    slot: AgentSlot
    attributes: Attributes

    @property
    def agent_id(self) -> AgentId:
        return self.slot.info.agent_id


@dataclass(slots=True)
class Tally:
    """How many tasks of a demand are placed and offered, by agent; never below zero."""

    placed: Counter[AgentId] = field(default_factory=Counter)
    offered: Counter[AgentId] = field(default_factory=Counter)
    out: int = 0

    @property
    def instances(self) -> Counter[AgentId]:
        return self.placed + self.offered

    def __bool__(self) -> bool:
        return bool(self.placed or self.offered)


@dataclass(slots=True)
class Changes:
    """What a pass has to look at: only this, and demands that are not known to be stuck."""

    agents: set[AgentId] = field(default_factory=set)
    seekers: set[FrameworkId] = field(default_factory=set)
    pairs: set[tuple[FrameworkId, AgentId]] = field(default_factory=set)
    demands: bool = False

    def __bool__(self) -> bool:
        return bool(self.agents or self.seekers or self.pairs or self.demands)


class Index:
    """Agents, frameworks, counts and refusals, with what changed.

    A demand is `stuck` when no agent fitted in the last pass: then only changed agents can help it, and, while it is
    in `stuck_on_counts` for a constraint that counts instances, a change of its own counts.
    `awaited` agents are known of before the master's start and not back: the tasks on them are not counted yet.
    """

    def __init__(self) -> None:
        self.agents: dict[AgentId, AgentRecord] = {}
        self.seekers: dict[FrameworkId, Seeker] = {}
        self.refusals = Refusals()
        self.total: Counter[str] = Counter()
        self.changes = Changes()
        self.stuck: set[DemandKey] = set()
        self.stuck_on_counts: set[DemandKey] = set()
        self.unmet: set[Unmet] = set()
        self.newly_unmet: list[Unmet] = []
        self.awaited = 0
        self.roles: dict[str, RoleConfig] = {}
        self.minimums: tuple[Resources, ...] = USUAL_MINIMUMS
        self._tallies: defaultdict[FrameworkId, dict[DemandId, Tally]] = defaultdict(dict)

    def set_agent(self, slot: AgentSlot) -> None:
        agent_id = slot.info.agent_id
        old = self.agents.get(agent_id)
        same = old is not None and old.slot.info == slot.info
        if old is None or not same:
            self._count_total(old, -1)
            self.agents[agent_id] = AgentRecord(slot, slot.info.placement_attributes)
            self._count_total(self.agents[agent_id], +1)
        else:
            self.agents[agent_id] = AgentRecord(slot, old.attributes)
        # Less of the same agent makes nothing possible that was not before.
        if old is None or not same or slot.active != old.slot.active or slot.free not in old.slot.free:
            self.changes.agents.add(agent_id)

    def remove_agent(self, agent_id: AgentId) -> None:
        record = self.agents.pop(agent_id, None)
        if record is None:
            return
        self._count_total(record, -1)
        self.refusals.forget_agent(agent_id)
        self.changes.agents.add(agent_id)

    def _count_total(self, record: AgentRecord | None, sign: int) -> None:
        if record is not None:
            for name, amount in record.slot.info.resources.scalars.items():
                self.total[name] += sign * amount

    def set_roles(self, roles: Mapping[str, RoleConfig]) -> None:
        """Anything may be possible now: a pass looks at everybody again."""
        if self.roles != roles:
            self.roles = dict(roles)
            self.changes.seekers.update(self.seekers)

    def set_seeker(self, seeker: Seeker) -> None:
        old = self.seekers.get(seeker.framework_id)
        self.seekers[seeker.framework_id] = seeker
        # More or less used moves it in line, but opens nothing.
        if old is None or _standing(old) != _standing(seeker):
            self.changes.seekers.add(seeker.framework_id)
        elif old.demands != seeker.demands:
            self._set_demands(old, seeker)

    def _set_demands(self, old: Seeker, new: Seeker) -> None:
        """Have a pass look again at demands that are new, wanted differently or wanted more often."""
        before = {demand.demand_id: demand for demand in old.demands}
        for demand in new.demands:
            known = before.get(demand.demand_id)
            if known is None or replace(known, count=demand.count) != demand:
                key = (new.framework_id, demand.demand_id)
                self.stuck.discard(key)
                self.stuck_on_counts.discard(key)
                self.changes.demands = True
            elif demand.count > known.count:
                self.changes.demands = True

    def remove_seeker(self, framework_id: FrameworkId) -> None:
        self.seekers.pop(framework_id, None)
        self._tallies.pop(framework_id, None)
        self.refusals.clear(framework_id)
        self.changes.seekers.add(framework_id)

    def tally(self, framework_id: FrameworkId, demand_id: DemandId) -> Tally:
        """The counts of a demand; not to be changed by the caller."""
        tallies = self._tallies.get(framework_id)
        return Tally() if tallies is None else tallies.get(demand_id, Tally())

    def count_placed(self, key: DemandKey, agent_id: AgentId, delta: int) -> None:
        tally = self._counted(key)
        _add(tally.placed, agent_id, delta)
        self._settle(key, tally)
        self._reconsider(key)

    def count_offered(self, key: DemandKey, agent_id: AgentId, delta: int) -> None:
        tally = self._counted(key)
        tally.out += _add(tally.offered, agent_id, delta)
        self._settle(key, tally)
        if delta < 0:
            self._reconsider(key)

    def _counted(self, key: DemandKey) -> Tally:
        return self._tallies[key[0]].setdefault(key[1], Tally())

    def _settle(self, key: DemandKey, tally: Tally) -> None:
        if not tally:
            del self._tallies[key[0]][key[1]]

    def _reconsider(self, key: DemandKey) -> None:
        self.stuck_on_counts.discard(key)
        self.changes.demands = True

    def await_agents(self, count: int) -> None:
        """The last one back, or given up, lets demands be placed that had to wait for its counts."""
        if self.awaited and not count:
            self.changes.demands = True
        self.awaited = count

    def reopen(self, framework_id: FrameworkId, agents: list[AgentId]) -> None:
        """Refusals of these agents have ended."""
        self.changes.pairs.update((framework_id, agent_id) for agent_id in agents)

    def remaining(self, framework_id: FrameworkId, demand: Demand) -> int:
        """How many tasks may still be offered for the demand."""
        return demand.count - self.tally(framework_id, demand.demand_id).out

    def seeking(self) -> Iterator[Seeker]:
        """The frameworks that may be offered anything."""
        return (each for each in self.seekers.values() if each.connected and not each.suppressed.issuperset(each.roles))


def _standing(seeker: Seeker) -> tuple[object, ...]:
    return seeker.roles, seeker.connected, seeker.suppressed, seeker.demands_only, seeker.revocable


def _add(counts: Counter[AgentId], agent_id: AgentId, delta: int) -> int:
    """Add without going below zero; returns what was added."""
    before = counts[agent_id]
    counts[agent_id] = max(before + delta, 0)
    if not counts[agent_id]:
        del counts[agent_id]
        return -before
    return counts[agent_id] - before
