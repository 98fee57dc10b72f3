"""One demand in one pass: which agent gets its next task.

SPREAD: the agent with the fewest instances of the demand; of these one where the role has a reservation for it, then
the one with most free of what the task needs most, then the first by id. PACK: the same, but the fullest agent that
fits, whatever runs there. Agents with announced maintenance come last.
"""

from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush, merge

from barter.core.cluster import Demand, Strategy
from barter.core.constraints import Attributes, Constraint, Operator, home, refusal
from barter.core.ids import AgentId
from barter.master.allocator.catalog import of_hostname
from barter.master.allocator.filters import DOCKER, Active, Constrained, Containers, Filter, Refused, Runtime, Side
from barter.master.allocator.index import AgentRecord, Index
from barter.master.allocator.model import AgentSlot, Seeker
from barter.master.allocator.quota import Allowance, tasks_within
from barter.master.allocator.room import Need, need_of
from barter.master.allocator.rooms import Rooms, Source, Sources
from barter.master.allocator.shelf import AgentClass, Entry, Shelf
from barter.master.allocator.spread import Spread, counts_instances

Key = tuple[int, int, int, int, AgentId]
FEW_CLASSES, FEW_AGENTS = 64, 256
# What is wanted beyond any cluster's size must not be placed task by task.
STEPS_OF_A_COUNT, MOST_STEPS = 4_096, 20_000


class _Stream:
    """Agents in order, none of which belongs before its key: those with a reservation that may serve the role, with no
    `attributes`, or a cell of classes, which are alike in what counting constraints ask of classes.
    """

    __slots__ = ("_keys", "attributes", "head")

    def __init__(self, keys: Iterator[Key], attributes: Attributes | None) -> None:
        self._keys, self.attributes = keys, attributes
        self.head = next(keys, None)

    def advance(self) -> None:
        self.head = next(self._keys, None)


class Placement:
    """Agents are looked at one by one as they come up; what is found there is kept until the pass takes of it.

    After `place` has found none, `held` says that a quota was in the way.
    """

    def __init__(self, index: Index, rooms: Rooms, seeker: Seeker, demand: Demand, now: int) -> None:
        self.seeker, self.demand, self.need = seeker, demand, need_of(demand)
        self.key = seeker.framework_id, demand.demand_id
        self.remaining = index.remaining(seeker.framework_id, demand)
        self.spread = Spread(index, seeker.framework_id, demand)
        self.held = False
        self._steps = 0
        self._index, self._rooms = index, rooms
        self._packs = demand.strategy is Strategy.PACK
        self._refused = Refused(index.refusals, seeker.framework_id, self.need, now)
        self._counting = [each for each in demand.constraints if counts_instances(each)]
        self._by_class = [each for each in self._counting if not of_hostname(each)]
        self._classes = index.catalog.classes(demand)
        self._hosts = _hosts(index, demand)
        self._kind = _most_needed(self.need, index.total)
        contained = demand.runtime == DOCKER
        self._sources = Sources(demand, self.need, contained=contained)
        self._known: set[AgentId] = set()
        self._looked: dict[AgentId, tuple[Key, Source]] = {}
        self._own: list[Key] = []
        self._streams: list[tuple[Key, int, _Stream]] = []
        self._parked: list[Key] = []
        self._parked_streams: list[tuple[Key, int, _Stream]] = []
        self._holders_known = self._wide = False
        self._allowed: Allowance | None = None

    @property
    def groups(self) -> bool:
        """Whether a task placed on one agent can make room on another."""
        return any(each.operator is Operator.GROUP_BY for each in self._counting)

    def consider(self, agents: Iterable[AgentId]) -> None:
        """Look at these agents."""
        for agent_id in agents:
            record = self._index.agents.get(agent_id)
            if record is not None and agent_id not in self._known:
                self._known.add(agent_id)
                if record.kind in self._classes:
                    self._put(record)

    def consider_all(self) -> None:
        """Look at every agent that may do, as they come up."""
        self._wide, catalog, demand = True, self._index.catalog, self.demand
        if not self._classes:
            return
        if demand.volume:
            holder = catalog.holder(demand.volume)
            self.consider(() if holder is None else (holder,))
        elif demand.revocable and "cpus" in demand.resources.scalars:
            self.consider(catalog.with_slack())
        elif self._hosts is not None and len(self._hosts) <= FEW_AGENTS:
            self.consider(sorted(self._hosts))
        elif self.spread and (host := self._kept_to_host()):
            self.consider((*self.spread.holders, *catalog.same_host(host)))
        else:
            self._streams = [
                (stream.head, number, stream)
                for number, stream in enumerate(self._open_streams())
                if stream.head is not None
            ]
            heapify(self._streams)

    def _kept_to_host(self) -> str:
        """The host to which CLUSTER keeps all once there is one."""
        for each in self._counting:
            if each.operator is Operator.CLUSTER and of_hostname(each):
                return home(self.spread.by_value(each.field))
        return ""

    def _open_streams(self) -> Iterator[_Stream]:
        catalog = self._index.catalog
        catalog.shelve()
        for shelf in catalog.with_reservations(self.demand.role):
            order = shelf.order(self._kind)
            entries = order.fullest(0) if self._packs else order.emptiest(0)
            yield _Stream(((0, 0, 0, *entry) for entry in self._among(self._classes, entries)), None)
        for cell in catalog.cells(self.demand, tuple(each.field for each in self._by_class)):
            if len(cell.kinds) > FEW_CLASSES:
                if not catalog.everything.may_hold(self.need.scalars):
                    continue
                entries = self._among(cell.among, self._walk(catalog.everything))
            else:
                walks = [self._walk(kind.shelf) for kind in cell.kinds if kind.shelf.may_hold(self.need.scalars)]
                if not walks:
                    continue
                entries = walks[0] if len(walks) == 1 else merge(*walks)
            yield _Stream(_keys(entries, int(cell.kinds[0].leaving)), cell.kinds[0].attributes)

    def _among(self, kinds: frozenset[AgentClass], entries: Iterator[Entry]) -> Iterator[Entry]:
        agents = self._index.agents
        return (each for each in entries if agents[each[1]].kind in kinds)

    def _walk(self, shelf: Shelf) -> Iterator[Entry]:
        order, least = shelf.order(self._kind), dict(self.need.scalars).get(self._kind, 0)
        return order.fullest(least) if self._packs else order.emptiest(least)

    def _put(self, record: AgentRecord) -> None:
        if (found := self._look(record)) is not None:
            self._looked[record.agent_id] = found
            heappush(self._own, found[0])

    def _look(self, record: AgentRecord) -> tuple[Key, Source] | None:
        """Where the agent now belongs, and where a task would come from there, or None where it does not do."""
        agent_id = record.agent_id
        if not record.slot.active or (self._hosts is not None and agent_id not in self._hosts):
            return None
        source = self._source(record.slot)
        if source is None or not self._refused.passes(record):
            return None
        return self._key_of(record, int(source.own is None)), source

    def _key_of(self, record: AgentRecord, plain: int) -> Key:
        agent_id, leaving = record.agent_id, int(bool(record.slot.unavailable_from_ms))
        amount = self._rooms.plain(agent_id).scalars.get(self._kind, 0)
        if self._packs:
            return leaving, 0, plain, amount, agent_id
        return leaving, self.spread.on(agent_id), plain, -amount, agent_id

    def _source(self, slot: AgentSlot) -> Source | None:
        """Where on the agent the next task would come from."""
        demand = self.demand
        if demand.volume and not self._rooms.has_volume(slot, demand.volume, demand.role):
            return None
        for source in self._sources.of(slot):
            if self._rooms.fit(slot, source):
                if tasks_within(self._allowed, source.plain.resources.scalars, 1):
                    return source
                self.held = True
        return None

    def fits_in(self, allowed: Allowance) -> bool:
        """Whether a task may be given of plain resources, wherever it goes."""
        return bool(tasks_within(allowed, self.need.resources.scalars, 1))

    def place(self, allowed: Allowance | None, *, alone: bool) -> tuple[AgentRecord, Source, int] | None:
        """The agent for the next task, where it comes from there, and how many it takes: one, or all that fit where
        nothing competes. `allowed` is what quotas leave of plain resources."""
        self._allowed = allowed
        if self._steps >= MOST_STEPS:
            return None
        if self._streams and not tasks_within(allowed, self.need.resources.scalars, 1):
            self._leave_plain()
        self._looked.clear()
        while (key := self._next()) is not None:
            record = self._index.agents[key[4]]
            found = self._looked.get(key[4]) or self._look(record)
            if found is None:
                continue
            if found[0] != key:
                heappush(self._own, found[0])
                continue
            if failing := self._failing(self._counting, record.attributes):
                if _may_pass_later(failing):
                    self._parked.append(key)
                continue
            return record, found[1], self._how_many(record, found[1], alone=alone)
        return None

    def _leave_plain(self) -> None:
        """A quota leaves nothing of what is plain: a task may come from reservations alone."""
        reserved = [each for each in self._streams if each[2].attributes is None]
        self.held |= len(reserved) < len(self._streams)
        self._streams = reserved
        heapify(self._streams)

    def _next(self) -> Key | None:
        """The next agent that was looked at and may do; one taken from a stream is looked at first."""
        while True:
            while self._streams and (not self._own or self._streams[0][0] < self._own[0]):
                if self._streams[0][0][0] and not (self._holders_known or self._packs):
                    break
                self._take_from_stream()
            if (
                not self._holders_known
                and self._wide
                and not self._packs
                and (not self._own or self._own[0][:2] > (0, 0))
            ):
                self._holders_known = True
                self.consider(self.spread.holders)
                continue
            return heappop(self._own) if self._own else None

    def _take_from_stream(self) -> None:
        key, number, stream = heappop(self._streams)
        shared = stream.attributes if self._by_class else None
        if shared is not None and (failing := self._failing(self._by_class, shared)):
            if _may_pass_later(failing):
                self._parked_streams.append((key, number, stream))
            return
        agent_id = key[4]
        stream.advance()
        if stream.head is not None:
            heappush(self._streams, (stream.head, number, stream))
        if agent_id not in self._known and (self._packs or not self.spread.on(agent_id)):
            self._known.add(agent_id)
            self._put(self._index.agents[agent_id])

    def _failing(self, constraints: list[Constraint], attributes: Attributes) -> list[Constraint]:
        spread = self.spread
        return [
            each
            for each in constraints
            if refusal(each, attributes, spread.by_value(each.field), spread.known(each.field))
        ]

    def _how_many(self, record: AgentRecord, source: Source, *, alone: bool) -> int:
        if self._counting or self.demand.volume:
            return 1
        competing = not alone or (self._own and not self._packs) or self._streams
        most = max(self.remaining // STEPS_OF_A_COUNT, 1) if competing else self.remaining
        if most == 1:
            return 1
        fit = min(self._rooms.fit(record.slot, source), most)
        return max(tasks_within(self._allowed, source.plain.resources.scalars, fit), 1)

    def book(self, record: AgentRecord, tasks: int) -> None:
        """The tasks of the last `place` were given, and the rooms know."""
        self.remaining -= tasks
        self._steps += 1
        self.spread.add(record, tasks)
        slot = record.slot
        heappush(self._own, self._key_of(record, int(not (slot.reserved or slot.revocable))))
        for key in self._parked:
            heappush(self._own, key)
        for stream in self._parked_streams:
            heappush(self._streams, stream)
        self._parked.clear()
        self._parked_streams.clear()
        if self._streams and (host := self._kept_to_host()):
            self._streams.clear()
            self.consider(self._index.catalog.same_host(host))
        if self.groups and not self._wide:
            self.consider_all()

    def room_on(self, agent: AgentRecord, allowed: Allowance | None) -> int:
        """How many tasks it takes as it stands: one at a time where a constraint counts instances."""
        self._allowed = allowed
        filters = steady_filters(self._index, self.seeker, self.demand, self.need, self.spread, self._refused.now)
        if not all(each.passes(agent) for each in filters) or self._failing(self._counting, agent.attributes):
            return 0
        source = self._source(agent.slot)
        if source is None:
            return 0
        fit = 1 if self._counting or self.demand.volume else min(self._rooms.fit(agent.slot, source), self.remaining)
        return tasks_within(allowed, source.plain.resources.scalars, fit)

    def why(self, record: AgentRecord, standing: str) -> str:
        """In words, before the tasks are booked."""
        here, host = self.spread.on(record.agent_id), record.slot.info.hostname
        chosen = "the fullest that fits" if self._packs else f"{here} of it there, no agent that fits has fewer"
        return f"demand {self.demand.demand_id} wants {self.remaining} more; {standing}; on {host}: {chosen}"


def _keys(entries: Iterator[Entry], leaving: int) -> Iterator[Key]:
    return ((leaving, 0, 1, amount, agent_id) for amount, agent_id in entries)


def _may_pass_later(failing: list[Constraint]) -> bool:
    """GROUP_BY may, once others caught up; the other operators only get stricter as instances are added."""
    return all(each.operator is Operator.GROUP_BY for each in failing)


def _hosts(index: Index, demand: Demand) -> frozenset[AgentId] | None:
    """The agents that steady constraints on the hostname leave; None: all."""
    found = [
        index.catalog.on_hosts(each) for each in demand.constraints if of_hostname(each) and not counts_instances(each)
    ]
    return frozenset.intersection(*found) if found else None


def _most_needed(need: Need, total: dict[str, int]) -> str:
    """Of cpus and memory the one of which a task needs the larger part of the whole."""
    scalars = dict(need.scalars)
    cpus, mem = (scalars.get(kind, 0) / (total.get(kind) or 1) for kind in ("cpus", "mem"))
    return "mem" if mem > cpus else "cpus"


def steady_filters(
    index: Index, seeker: Seeker, demand: Demand, need: Need, spread: Spread, now: int
) -> tuple[Filter, ...]:
    """The filters whose answer does not change within a pass."""
    return (
        Active(),
        Side(demand),
        Runtime(demand.runtime),
        *((Containers(),) if demand.runtime == DOCKER else ()),
        Refused(index.refusals, seeker.framework_id, need, now),
        *(Constrained(each, spread) for each in demand.constraints if not counts_instances(each)),
    )
