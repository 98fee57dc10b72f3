"""One demand in one pass: which agent gets its next task.

Spread: the agent with the fewest instances of the demand, then the one with the most room for it, then by id.
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heappush, heapreplace

from barter.core.cluster import Demand
from barter.core.constraints import Operator, field_value
from barter.core.ids import AgentId
from barter.core.resources import Resources
from barter.master.allocator.filters import Active, Constrained, Filter, Refused, Runtime, Side
from barter.master.allocator.index import AgentRecord, Index
from barter.master.allocator.model import Seeker
from barter.master.allocator.room import Need, Room, capacity, need_of
from barter.master.allocator.spread import Spread, counts_instances

Entry = tuple[int, int, AgentId]
Cell = tuple[str | None, ...]


class Rooms:
    """What a pass has left of each agent it has looked at."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._rooms: dict[AgentId, Room] = {}

    def __getitem__(self, agent_id: AgentId) -> Room:
        room = self._rooms.get(agent_id)
        if room is None:
            room = self._rooms[agent_id] = Room(self._index.agents[agent_id].slot.free)
        return room

    def rest(self, agent_id: AgentId) -> Resources:
        room = self._rooms.get(agent_id)
        return self._index.agents[agent_id].slot.free if room is None else room.rest()


class Placement:
    """Agents that pass the filters whose answer a pass cannot change, in cells.

    A cell is agents alike in every field of a constraint that counts instances, so such constraints are asked once
    per cell, before each task. A failing cell is parked until a task is placed where the constraint is GROUP_BY,
    and dropped otherwise: the other operators only get stricter as instances are added.
    """

    def __init__(self, index: Index, rooms: Rooms, seeker: Seeker, demand: Demand, now: int) -> None:
        self.seeker, self.demand, self.need = seeker, demand, need_of(demand)
        self.remaining = index.remaining(seeker.framework_id, demand)
        self.spread = Spread(index, seeker.framework_id, demand)
        self._index, self._rooms = index, rooms
        self._steady = steady_filters(index, seeker, demand, self.need, self.spread, now)
        self._counting = [Constrained(each, self.spread) for each in demand.constraints if counts_instances(each)]
        self._cells: dict[Cell, list[Entry]] = {}
        self._order: list[tuple[Entry, Cell]] = []
        self._parked: list[tuple[Entry, Cell]] = []

    @property
    def groups(self) -> bool:
        """Whether a task placed on one agent can make room on another."""
        return any(each.constraint.operator is Operator.GROUP_BY for each in self._counting)

    @property
    def counting(self) -> bool:
        return bool(self._counting)

    def consider(self, agents: Iterable[AgentRecord]) -> None:
        """Set out with these agents; once per placement, before the pass takes anything."""
        for agent in agents:
            room = capacity(agent.slot.free, self.need)
            if room and all(each.passes(agent) for each in self._steady):
                entry = (self.spread.by_agent[agent.agent_id], -room, agent.agent_id)
                self._cells.setdefault(self._cell(agent), []).append(entry)
        for cell, entries in self._cells.items():
            heapify(entries)
            self._order.append((entries[0], cell))
        heapify(self._order)

    def room_on(self, agent: AgentRecord) -> int:
        """How many tasks it takes as it stands: one at a time where a constraint counts instances."""
        room = capacity(agent.slot.free, self.need)
        if not room or not all(each.passes(agent) for each in (*self._steady, *self._counting)):
            return 0
        return 1 if self._counting else min(room, self.remaining)

    def _cell(self, agent: AgentRecord) -> Cell:
        return tuple(field_value(agent.attributes, each.constraint.field) for each in self._counting)

    def _entry(self, agent_id: AgentId) -> Entry | None:
        room = capacity(self._rooms[agent_id], self.need)
        return (self.spread.by_agent[agent_id], -room, agent_id) if room else None

    def place(self, *, alone: bool) -> tuple[AgentRecord, int] | None:
        """The agent for the next task and how many it takes: one, or all that fit where nothing competes."""
        while self._order:
            entry, cell = heappop(self._order)
            entries = self._cells[cell]
            agent = self._index.agents[entry[2]]
            fresh = self._entry(agent.agent_id)
            if fresh != entry:
                self._renew(entries, cell, fresh)
                continue
            if failing := [each for each in self._counting if not each.passes(agent)]:
                if all(each.constraint.operator is Operator.GROUP_BY for each in failing):
                    self._parked.append((entry, cell))
                continue
            only = alone and not self._counting and len(entries) == 1
            tasks = min(self.remaining, -entry[1]) if only else 1
            return agent, tasks
        return None

    def _renew(self, entries: list[Entry], cell: Cell, fresh: Entry | None) -> None:
        """Put the cell's first agent where it now belongs."""
        if fresh is None:
            heappop(entries)
        else:
            heapreplace(entries, fresh)
        if entries:
            heappush(self._order, (entries[0], cell))

    def book(self, agent: AgentRecord, tasks: int) -> None:
        """The tasks of the last `place` were given."""
        self.remaining -= tasks
        self.spread.add(agent, tasks)
        cell = self._cell(agent)
        self._renew(self._cells[cell], cell, self._entry(agent.agent_id))
        for parked in self._parked:
            heappush(self._order, parked)
        self._parked.clear()


def steady_filters(
    index: Index, seeker: Seeker, demand: Demand, need: Need, spread: Spread, now: int
) -> tuple[Filter, ...]:
    """The filters whose answer does not change within a pass."""
    return (
        Active(),
        Side(demand),
        Runtime(demand.runtime),
        Refused(index.refusals, seeker.framework_id, need, now),
        *(Constrained(each, spread) for each in demand.constraints if not counts_instances(each)),
    )
