"""One pass: demands first, since they are work that is known to be wanted, then classic offers of what is left."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.ranges import Ranges, union
from barter.core.resources import Resources
from barter.master.allocator.index import AgentRecord, DemandKey, Index
from barter.master.allocator.model import PUBLIC_ROLE, Grant, Seeker, Unmet
from barter.master.allocator.placement import Placement, Rooms
from barter.master.allocator.room import worth_offering
from barter.master.allocator.shares import Line, Rank, Shares
from barter.master.allocator.spread import needs_all_counts


@dataclass(slots=True)
class _Given:
    """What one demand gets of one agent in this pass."""

    placement: Placement
    reason: str
    tasks: int = 0
    ports: Ranges = field(default=())

    def grant(self, agent_id: AgentId) -> Grant:
        seeker, demand = self.placement.seeker, self.placement.demand
        held = self.placement.need.of(self.tasks, self.ports)
        return Grant(agent_id, seeker.framework_id, demand.role, held, demand.demand_id, self.reason, self.tasks)


def run_pass(index: Index, now: int) -> list[Grant]:
    """Grants for everything that changed since the last pass; forgets the changes."""
    rooms, shares = Rooms(index), Shares(index.total, index.seekers.values())
    grants = _serve_demands(index, rooms, shares, now)
    grants += _offer_rest(index, rooms, shares, now)
    index.changes = type(index.changes)()
    return grants


def _serve_demands(index: Index, rooms: Rooms, shares: Shares, now: int) -> list[Grant]:
    """Task by task to who is first in line: a share only grows, so the heap may hold old ranks.

    A framework's demands under one role have one rank and wait behind each other, in the order they were told.
    """
    placements = _open_placements(index, rooms, now)
    waiting: dict[tuple[FrameworkId, str], deque[Placement]] = {}
    for each in placements:
        waiting.setdefault((each.seeker.framework_id, each.demand.role), deque()).append(each)
    queue = [(shares.rank(*line), line) for line in waiting]
    heapify(queue)
    given: dict[tuple[FrameworkId, DemandId, AgentId], _Given] = {}
    while queue:
        rank, line = heappop(queue)
        if (now_rank := shares.rank(*line)) != rank:
            heappush(queue, (now_rank, line))
            continue
        placement = waiting[line][0]
        found = placement.place(alone=not queue and len(waiting[line]) == 1)
        if found is not None:
            _give(found, placement, rank, given, rooms, shares)
        if found is None or placement.remaining <= 0:
            waiting[line].popleft()
        if waiting[line]:
            heappush(queue, (shares.rank(*line), line))
    _note_stuck(index, placements)
    return [each.grant(agent_id) for (*_, agent_id), each in given.items()]


def _give(
    found: tuple[AgentRecord, int],
    placement: Placement,
    rank: Rank,
    given: dict[tuple[FrameworkId, DemandId, AgentId], _Given],
    rooms: Rooms,
    shares: Shares,
) -> None:
    agent, tasks = found
    key = (placement.seeker.framework_id, placement.demand.demand_id, agent.agent_id)
    if key not in given:
        given[key] = _Given(placement, _why_demand(placement, agent, rank))
    record = given[key]
    record.tasks += tasks
    record.ports = union(record.ports, rooms[agent.agent_id].take(placement.need, tasks))
    placement.book(agent, tasks)
    shares.book(placement.seeker, placement.demand.resources, tasks)


def _why_demand(placement: Placement, agent: AgentRecord, rank: Rank) -> str:
    return (
        f"demand {placement.demand.demand_id} wants {placement.remaining} more; {_standing(rank)}; "
        f"{placement.spread.by_agent[agent.agent_id]} of it on {agent.slot.info.hostname}, no agent that fits has fewer"
    )


def _standing(rank: Rank) -> str:
    return f"role {rank[1]} has share {rank[0]:.2f}, the framework {rank[2]:.2f}, first in line"


def _open_placements(index: Index, rooms: Rooms, now: int) -> list[Placement]:
    changed = [index.agents[each] for each in sorted(index.changes.agents) if each in index.agents]
    found: list[Placement] = []
    for seeker in index.seeking():
        # Of demands of the same id the last told one counts.
        for demand in {each.demand_id: each for each in seeker.demands}.values():
            if demand.role not in seeker.roles or demand.role in seeker.suppressed:
                continue
            if index.remaining(seeker.framework_id, demand) <= 0:
                continue
            if index.awaited and needs_all_counts(demand):
                continue
            placement = Placement(index, rooms, seeker, demand, now)
            placement.consider(_to_look_at(index, placement, changed))
            found.append(placement)
    return found


def _to_look_at(index: Index, placement: Placement, changed: list[AgentRecord]) -> Iterable[AgentRecord]:
    framework_id = placement.seeker.framework_id
    key: DemandKey = (framework_id, placement.demand.demand_id)
    if framework_id in index.changes.seekers or not (key in index.stuck or key in index.stuck_on_counts):
        return index.agents.values()
    reopened = {agent_id for owner, agent_id in index.changes.pairs if owner == framework_id}
    return [*changed, *(index.agents[each] for each in sorted(reopened - index.changes.agents) if each in index.agents)]


def _note_stuck(index: Index, placements: list[Placement]) -> None:
    keys = [
        (each, (each.seeker.framework_id, each.demand.demand_id))
        for each in placements
        if each.remaining > 0 and not each.groups
    ]
    unmet = [
        Unmet(each.seeker.framework_id, each.seeker.name, each.demand, each.remaining)
        for each in placements
        if each.remaining > 0
    ]
    index.newly_unmet += [each for each in unmet if each not in index.unmet]
    index.unmet = set(unmet)
    index.stuck = {key for each, key in keys if not each.counting}
    index.stuck_on_counts = {key for each, key in keys if each.counting}


def _offer_rest(index: Index, rooms: Rooms, shares: Shares, now: int) -> list[Grant]:
    """Whole agents, each to the first in line that may and wants to have it."""
    changes = index.changes
    seekers = {each.framework_id: each for each in index.seeking() if not each.demands_only}
    look_at: Iterable[AgentId] = index.agents
    if changes.seekers.isdisjoint(seekers):
        look_at = sorted(changes.agents | {agent_id for _, agent_id in changes.pairs})
    line, grants = Line(shares, seekers.values()), list[Grant]()
    for agent_id in look_at:
        record = index.agents.get(agent_id)
        if record is None or not record.slot.active or not worth_offering(rest := rooms.rest(agent_id), index.minimums):
            continue
        for role, framework_id in line:
            seeker = seekers[framework_id]
            if role in seeker.suppressed or not _classic_role(role, seeker, public=record.slot.info.public):
                continue
            pair = (framework_id, agent_id)
            changed = agent_id in changes.agents or framework_id in changes.seekers or pair in changes.pairs
            if changed and index.refusals.in_force(*pair, _covering(rest), now) is None:
                reason = f"{_standing(shares.rank(framework_id, role))} of those that take this agent"
                grants.append(Grant(agent_id, framework_id, role, rest, reason=reason))
                line.give(seeker, rest)
                break
    return grants


def _covering(offer: Resources) -> Callable[[Resources], bool]:
    return lambda refused: offer in refused


def _classic_role(role: str, seeker: Seeker, *, public: bool) -> bool:
    """As in DC/OS: public agents belong to their role, and it takes private ones only where it has no other role."""
    if public:
        return role == PUBLIC_ROLE
    return role != PUBLIC_ROLE or set(seeker.roles) == {PUBLIC_ROLE}
