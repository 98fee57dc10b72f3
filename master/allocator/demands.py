"""The first half of a pass: demands, task by task to who is first in line."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from barter.core.ids import AgentId, ReservationId
from barter.core.resources import NOTHING, Resources
from barter.master.allocator.index import AgentRecord, DemandKey, Index
from barter.master.allocator.model import Grant, Unmet
from barter.master.allocator.nodes import Leaf
from barter.master.allocator.placement import Placement
from barter.master.allocator.quota import Quota
from barter.master.allocator.rooms import Rooms, Source, Taken
from barter.master.allocator.spread import needs_all_counts


@dataclass(slots=True)
class _Given:
    """What one demand gets of one agent in this pass, by where it comes from."""

    placement: Placement
    role: str
    reason: str
    parts: dict[ReservationId | None, Taken] = field(default_factory=dict)

    def grant(self, agent_id: AgentId) -> Grant:
        seeker, demand = self.placement.seeker, self.placement.demand
        held, revocable = NOTHING, NOTHING
        reserved: dict[ReservationId, Resources] = {}
        for part in self.parts.values():
            source = part.source
            held = held + part.plain if held else part.plain
            if source.own is not None:
                held += part.own
                if source.reservation_id:
                    reserved[source.reservation_id] = part.own
                else:
                    revocable += part.own
        tasks = sum(part.tasks for part in self.parts.values())
        volumes = (demand.volume,) if demand.volume else ()
        key = agent_id, seeker.framework_id
        return Grant(*key, self.role, held, demand.demand_id, self.reason, tasks, reserved, revocable, volumes)


class Demands:
    """The demands that a pass has to look at. `serve` may be called more than once; the placements stay."""

    def __init__(self, index: Index, rooms: Rooms, quota: Quota, now: int) -> None:
        self._index, self._rooms, self._quota, self._now = index, rooms, quota, now
        self.placements = [self._placement(*each) for each in self._to_look_at()]
        self._given: dict[tuple[DemandKey, AgentId], _Given] = {}

    def _to_look_at(self) -> list[tuple[DemandKey, tuple[AgentId, ...] | None]]:
        """The keys in the order in which they were told, each with the agents to try, None for all."""
        index, wishes = self._index, self._index.wishes
        changed: dict[DemandKey, list[AgentId]] = {}
        waiting = wishes.stuck or wishes.held
        for agent_id in sorted(index.changes.agents) if waiting else ():
            if (record := index.agents.get(agent_id)) is not None and record.slot.active:
                slot = record.slot
                held = wishes.held if slot.reserved or slot.revocable else ()
                for key in (*wishes.stuck_that_may_fit(slot), *held):
                    changed.setdefault(key, []).append(agent_id)
        for framework_id, agents in index.changes.pairs.items():
            for key in wishes.of(framework_id):
                if key in wishes.stuck or key in wishes.held:
                    changed.setdefault(key, []).extend(sorted(agents))
        found: dict[DemandKey, tuple[AgentId, ...] | None] = {key: tuple(each) for key, each in changed.items()}
        found.update((key, None) for key in self._held_no_more())
        found.update((key, None) for key in wishes.fresh)
        return sorted(found.items(), key=lambda each: (each[0][0], wishes[each[0]].place))

    def _held_no_more(self) -> Iterable[DemandKey]:
        for key in self._index.wishes.held:
            demand = self._index.wishes[key].demand
            allowed = self._quota.allowance(self._index.tree.role(demand.role), public=demand.on_public)
            if allowed is None or all(allowed.values()):
                yield key

    def _placement(self, key: DemandKey, agents: tuple[AgentId, ...] | None) -> Placement:
        seeker, demand = self._index.seekers[key[0]], self._index.wishes[key].demand
        placement = Placement(self._index, self._rooms, seeker, demand, self._now)
        if placement.remaining <= 0:
            return placement
        if agents is None:
            placement.consider_all()
        else:
            placement.held = key in self._index.wishes.held  # by agents that are not looked at now, perhaps
            placement.consider(dict.fromkeys(agents))
        return placement

    def _may_be_served(self, placement: Placement) -> bool:
        if placement.remaining <= 0:
            return False
        if not self._index.awaited:
            return True
        role = self._index.tree.role(placement.demand.role)
        return not role.limited and not needs_all_counts(placement.demand)

    def serve(self, *, guaranteed: bool) -> None:
        """Each task to the first in line; with `guaranteed`, only within what roles lack of their guarantees.

        Those who left offers for their demands unused come after all others, so that they keep nobody waiting again.
        """
        for behind in (False, True):
            line = [each for each in self.placements if each.seeker.behind is behind]
            if line:
                self._serve(line, guaranteed=guaranteed)

    def _serve(self, placements: list[Placement], *, guaranteed: bool) -> None:
        tree = self._index.tree
        waiting: dict[Leaf, deque[Placement]] = {}
        for placement in placements:
            if self._may_be_served(placement):
                leaf = tree.leaves[placement.seeker.framework_id, placement.demand.role]
                public = placement.demand.on_public
                if not guaranteed or self._quota.guaranteed(leaf.group.role, public=public) is not None:
                    waiting.setdefault(leaf, deque()).append(placement)
                    tree.wait(leaf)
        while (first := tree.next_waiting()) is not None:
            leaf, queue = first, waiting[first]
            placement = queue[0]
            ask = self._quota.guaranteed if guaranteed else self._quota.allowance
            allowed = ask(leaf.group.role, public=placement.demand.on_public)
            found = None
            if not guaranteed or (allowed is not None and placement.fits_in(allowed)):
                alone = len(queue) == 1 and tree.root.waiting == 1 and not guaranteed
                found = placement.place(allowed, alone=alone)
            if found is not None:
                self._give(placement, leaf, *found)
            if found is None or placement.remaining <= 0:
                queue.popleft()
            if not queue:
                tree.done(leaf)

    def _give(self, placement: Placement, leaf: Leaf, record: AgentRecord, source: Source, tasks: int) -> None:
        agent_id = record.agent_id
        key = placement.key, agent_id
        given = self._given.get(key)
        if given is None:
            why = placement.why(record, standing(leaf))
            given = self._given[key] = _Given(placement, leaf.group.role.name, why)
        come_from = None if source.own is None else source.reservation_id
        part = given.parts.get(come_from)
        if part is None:
            part = given.parts[come_from] = Taken(source)
        room = self._rooms.taking(agent_id)
        part.add(tasks, room.take(source, tasks))
        self._index.catalog.given(record, room.plain.scalars)
        if source.reservation_id and not room.reserved[source.reservation_id]:
            self._index.catalog.used_up(record, source.reservation_id)
        if placement.demand.volume:
            room.volumes.discard(placement.demand.volume)
        charge_demand(self._index, leaf, source, tasks)
        if not placement.demand.on_public:
            self._quota.book(source.plain.resources.scalars, tasks)
        placement.book(record, tasks)

    def grants(self) -> list[Grant]:
        return [each.grant(agent_id) for (_, agent_id), each in self._given.items()]

    def settle(self) -> None:
        """Note what is stuck or held by a quota, and tell what waits now and did not before."""
        index = self._index
        for placement in self.placements:
            key, waits = placement.key, placement.remaining > 0
            if waits and not self._may_be_served(placement):
                continue
            index.wishes.settle(key, waits=waits, held=placement.held)
            if not waits:
                index.unmet.pop(key, None)
                continue
            unmet = Unmet(key[0], placement.seeker.name, placement.demand, placement.remaining)
            if index.unmet.get(key) != unmet:
                index.unmet[key] = unmet
                index.newly_unmet.append(unmet)


def charge_demand(index: Index, leaf: Leaf, source: Source, tasks: int) -> None:
    """What is revocable counts for nobody's share."""
    index.tree.charge(leaf, source.plain.resources.scalars, tasks)
    if source.own is not None and source.reservation_id:
        own = source.own.resources.scalars
        index.tree.charge(leaf, own, tasks)
        index.tree.charge_reserved(leaf, {name: amount * tasks for name, amount in own.items()})


def standing(leaf: Leaf) -> str:
    role = leaf.group.role
    return f"role {role.name} has share {role.share:.2f}, the framework {leaf.share:.2f}, first in line"
