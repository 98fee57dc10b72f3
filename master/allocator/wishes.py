"""Demands as the allocator sees them: which are to be looked at, which are stuck, and how many tasks of each there are.

A demand is *stuck* when no agent fitted: then only changed agents can help it. One that a quota held back is *held*: it
is looked at in full once the quota has room. All others with something to be offered are *fresh*.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from barter.core.cluster import Demand
from barter.core.constraints import Operator
from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.master.allocator.catalog import counts_instances
from barter.master.allocator.model import AgentSlot
from barter.master.allocator.records import DemandKey, Tally

Shape = tuple[int, int]


@dataclass(slots=True)
class Wish:
    """`place` is the demand's among its framework's; `shape` are the cpus and memory that a task needs."""

    key: DemandKey
    demand: Demand
    place: int
    counting: bool
    grouping: bool
    shape: Shape


class Wishes:
    def __init__(self) -> None:
        self.fresh: set[DemandKey] = set()
        self.held: set[DemandKey] = set()
        self.stuck: set[DemandKey] = set()
        self._wishes: dict[DemandKey, Wish] = {}
        self._of_framework: defaultdict[FrameworkId, set[DemandKey]] = defaultdict(set)
        self._shapes: defaultdict[Shape, dict[DemandKey, None]] = defaultdict(dict)
        self._tallies: defaultdict[FrameworkId, dict[DemandId, Tally]] = defaultdict(dict)
        self._roles: dict[FrameworkId, tuple[str, ...]] = {}
        self._grouping: set[DemandKey] = set()

    def roles_of(self, framework_id: FrameworkId) -> tuple[str, ...]:
        """The roles in which the tree has the framework."""
        return self._roles.get(framework_id, ())

    def keep_roles(self, framework_id: FrameworkId, roles: Iterable[str]) -> None:
        kept = tuple(roles)
        if kept:
            self._roles[framework_id] = kept
        else:
            self._roles.pop(framework_id, None)

    def __getitem__(self, key: DemandKey) -> Wish:
        return self._wishes[key]

    def __contains__(self, key: DemandKey) -> bool:
        return key in self._wishes

    def tell(self, key: DemandKey, demand: Demand, place: int, *, same: bool) -> None:
        """With `same`, nothing but the count is new: what is stuck stays so."""
        known = self._wishes.get(key)
        if known is not None and same:
            known.demand, known.place = demand, place
            if not (key in self.stuck or key in self.held):
                self.fresh.add(key)
            return
        self.forget(key)
        counting = any(map(counts_instances, demand.constraints))
        grouping = any(each.operator is Operator.GROUP_BY for each in demand.constraints)
        self._of_framework[key[0]].add(key)
        self._wishes[key] = Wish(key, demand, place, counting, grouping, _shape(demand))
        if grouping:
            self._grouping.add(key)
        self.fresh.add(key)

    def forget(self, key: DemandKey) -> None:
        self._unstick(key)
        self.fresh.discard(key)
        self._grouping.discard(key)
        if self._wishes.pop(key, None) is not None:
            self._of_framework[key[0]].discard(key)

    def forget_framework(self, framework_id: FrameworkId) -> None:
        for key in tuple(self._of_framework.get(framework_id, ())):
            self.forget(key)
        self._of_framework.pop(framework_id, None)

    def _unstick(self, key: DemandKey) -> None:
        self.held.discard(key)
        if key in self.stuck:
            self.stuck.discard(key)
            shape = self._wishes[key].shape
            del self._shapes[shape][key]
            if not self._shapes[shape]:
                del self._shapes[shape]

    def of(self, framework_id: FrameworkId) -> Iterable[DemandKey]:
        """The framework's, in no order."""
        return self._of_framework.get(framework_id, ())

    def refresh(self, key: DemandKey) -> None:
        """Look at all agents again for it."""
        if key in self._wishes:
            self._unstick(key)
            self.fresh.add(key)

    def refresh_all(self) -> None:
        for key in list(self._wishes):
            self.refresh(key)

    def regroup(self) -> bool:
        """The values over which groups are levelled may have changed; whether anybody levels them."""
        for key in sorted(self._grouping):
            self.refresh(key)
        return bool(self._grouping)

    def settle(self, key: DemandKey, *, waits: bool, held: bool) -> None:
        """After a pass: whether something of it waits, and whether a quota is why."""
        self.fresh.discard(key)
        self._unstick(key)
        if waits and held:
            self.held.add(key)
        elif waits:
            self.stuck.add(key)
            self._shapes[self._wishes[key].shape][key] = None

    def put_stuck(self, stuck: Iterable[DemandKey], held: Iterable[DemandKey]) -> None:
        for key in stuck:
            self.settle(key, waits=True, held=False)
        for key in held:
            self.settle(key, waits=True, held=True)

    def stuck_that_may_fit(self, slot: AgentSlot) -> Iterator[DemandKey]:
        """Those stuck demands one task of which may fit, by the usual scalars where the agent has but plain ones."""
        if slot.reserved or slot.revocable:
            yield from sorted(self.stuck)
            return
        free = slot.free
        cpus, mem = free.scalars.get("cpus", 0), free.scalars.get("mem", 0)
        for shape, keys in self._shapes.items():
            if shape[0] <= cpus and shape[1] <= mem:
                yield from keys

    def tally(self, key: DemandKey) -> Tally:
        tallies = self._tallies.get(key[0])
        return Tally() if tallies is None else tallies.get(key[1]) or Tally()

    def count_placed(self, key: DemandKey, agent_id: AgentId, delta: int) -> None:
        tally = self._counted(key)
        tally.count(tally.placed, agent_id, delta)
        self._settle_tally(key, tally)
        self._counts_changed(key)

    def count_offered(self, key: DemandKey, agent_id: AgentId, delta: int) -> None:
        tally = self._counted(key)
        tally.count(tally.offered, agent_id, delta)
        self._settle_tally(key, tally)
        if delta < 0:
            self._counts_changed(key)

    def _counted(self, key: DemandKey) -> Tally:
        tallies = self._tallies[key[0]]
        tally = tallies.get(key[1])
        if tally is None:
            tally = tallies[key[1]] = Tally()
        return tally

    def _settle_tally(self, key: DemandKey, tally: Tally) -> None:
        if not tally:
            del self._tallies[key[0]][key[1]]

    def forget_tallies(self, framework_id: FrameworkId) -> None:
        self._tallies.pop(framework_id, None)

    def _counts_changed(self, key: DemandKey) -> None:
        """More of it may be offered; where a constraint counts instances, it may also fit where it did not."""
        wish = self._wishes.get(key)
        if wish is None:
            return
        if wish.counting:
            self._unstick(key)
        if not (key in self.stuck or key in self.held):
            self.fresh.add(key)


def _shape(demand: Demand) -> Shape:
    """What of the usual scalars must be among an agent's plain ones, if it has nothing else to give."""
    scalars = demand.resources.scalars
    return scalars.get("cpus", 0), scalars.get("mem", 0)
