"""What the allocator knows, and what of it has changed since the last pass."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from barter.core.cluster import Demand
from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.resources import NOTHING, Resources, resources
from barter.core.roles import RoleConfig
from barter.core.units import MIB
from barter.master.allocator.catalog import Catalog
from barter.master.allocator.model import PUBLIC_ROLE, AgentSlot, Seeker, Unmet
from barter.master.allocator.nodes import Leaf
from barter.master.allocator.records import AgentRecord, DemandKey, Tally
from barter.master.allocator.refusals import Refusals
from barter.master.allocator.tree import Tree
from barter.master.allocator.wishes import Wishes

__all__ = ["AgentRecord", "Changes", "DemandKey", "Index", "Tally"]

USUAL_MINIMUMS = (resources(cpus=10), resources(mem=32 * MIB))


@dataclass(slots=True)
class Changes:
    """What a pass has to look at beside the demands that are not known to be stuck.

    `pairs` are agents of which a framework's refusals ended; `seekers` those that may take classic offers now and could
    not before; `less_used` says that something was given back, or a guarantee met, which quotas may have waited for.
    """

    agents: set[AgentId] = field(default_factory=set)
    seekers: set[FrameworkId] = field(default_factory=set)
    pairs: dict[FrameworkId, set[AgentId]] = field(default_factory=dict)
    less_used: bool = False
    demands: bool = False

    def __bool__(self) -> bool:
        return bool(self.agents or self.seekers or self.pairs or self.less_used or self.demands)


class Index:
    """Agents, frameworks, the tree of roles, counts and refusals, with what changed.

    `open` agents are active and have something worth a classic offer. `withheld` says that a quota kept something from
    a framework in the last pass. `awaited` agents are known of before the master's start and not back: what runs there
    is not counted yet.
    """

    def __init__(self) -> None:
        self.agents: dict[AgentId, AgentRecord] = {}
        self.seekers: dict[FrameworkId, Seeker] = {}
        self.refusals = Refusals()
        self.total: dict[str, int] = {}
        self.free: dict[str, int] = {}
        self.open: set[AgentId] = set()
        self.tree = Tree(self.total)
        self.catalog = Catalog(self.agents)
        self.wishes = Wishes()
        self.changes = Changes()
        self.unmet: dict[DemandKey, Unmet] = {}
        self.newly_unmet: list[Unmet] = []
        self.grown: set[AgentId] = set()
        self.withheld = False
        self.awaited = 0
        self.minimums: tuple[Resources, ...] = USUAL_MINIMUMS

    def set_agent(self, slot: AgentSlot) -> None:
        agent_id = slot.info.agent_id
        record = self.agents.get(agent_id)
        if record is None or not _same(record.slot, slot):
            self._replace(record, slot)
            return
        old = record.slot
        if old.free is slot.free and old == slot:
            return
        record.slot = slot
        self.catalog.change(record, old)
        if slot.reserved != old.reserved:
            self._count_reservations(old, slot)
        if self.tree.kinds:
            self._count_free(old, -1)
            self._count_free(slot, +1)
        # Less of the same agent makes nothing possible that was not before, except where groups are levelled.
        if slot.active and (not old.active or _more(slot, old)):
            self.changes.agents.add(agent_id)
        elif old.active and not slot.active and self.wishes.regroup():
            self.changes.demands = True
        self._count_open(slot)

    def book(self, slot: AgentSlot) -> None:
        """Something of the agent was given: less is free."""
        record = self.agents[slot.info.agent_id]
        old, record.slot = record.slot, slot
        self.catalog.change(record, old)
        self._count_open(slot)

    def book_whole(self, record: AgentRecord) -> None:
        """All of an agent that has but plain resources was given."""
        slot = record.slot
        record.slot = AgentSlot(
            slot.info,
            NOTHING,
            slot.active,
            slot.reason_inactive,
            (),
            NOTHING,
            slot.unavailable_from_ms,
            slot.containers,
        )
        self.catalog.emptied(record)
        self.open.discard(slot.info.agent_id)

    def _replace(self, record: AgentRecord | None, slot: AgentSlot) -> None:
        """An agent that is new, or describes itself anew."""
        agent_id = slot.info.agent_id
        if record is not None:
            self._uncount(record)
        record = self.agents[agent_id] = AgentRecord(slot, slot.info.placement_attributes)
        self.catalog.add(record)
        self._count_total(slot, +1)
        self._count_free(slot, +1)
        self._count_reservations(None, slot)
        self._count_open(slot)
        self.changes.agents.add(agent_id)

    def _uncount(self, record: AgentRecord) -> None:
        self.catalog.remove(record)
        self._count_total(record.slot, -1)
        self._count_free(record.slot, -1)
        self._count_reservations(record.slot, None)
        self.open.discard(record.agent_id)
        self.changes.agents.add(record.agent_id)
        self.wishes.regroup()

    def remove_agent(self, agent_id: AgentId) -> None:
        record = self.agents.get(agent_id)
        if record is not None:
            self._uncount(record)
            del self.agents[agent_id]
            self.refusals.forget_agent(agent_id)

    def _count_total(self, slot: AgentSlot, sign: int) -> None:
        self.tree.stale = True
        for name, amount in slot.info.resources.scalars.items():
            self.total[name] = self.total.get(name, 0) + sign * amount

    def _count_free(self, slot: AgentSlot, sign: int) -> None:
        if slot.active and not slot.info.public:
            for name, amount in slot.free.scalars.items():
                if name in self.tree.kinds:
                    self.free[name] = self.free.get(name, 0) + sign * amount

    def _count_reservations(self, old: AgentSlot | None, new: AgentSlot | None) -> None:
        before = {each.reservation_id: each for each in old.reserved} if old else {}
        after = {each.reservation_id: each for each in new.reserved} if new else {}
        for name, each in before.items():
            if name not in after or after[name].resources != each.resources or after[name].role != each.role:
                self.tree.reserve(each.role, each.resources.scalars, -1)
                self.changes.less_used = True
        for name, each in after.items():
            if name not in before or before[name].resources != each.resources or before[name].role != each.role:
                self.tree.reserve(each.role, each.resources.scalars, +1)
                # A guarantee that is met by it keeps nothing free any more, wherever the agent is.
                self.changes.less_used = self.changes.less_used or bool(self.tree.kinds)

    def _count_open(self, slot: AgentSlot) -> None:
        some = slot.free is not NOTHING and self.worth(slot.free)
        if slot.active and (some or slot.revocable or any(each.free for each in slot.reserved)):
            self.open.add(slot.info.agent_id)
        else:
            self.open.discard(slot.info.agent_id)

    def worth(self, offer: Resources) -> bool:
        """Whether a classic offer of it is of use: it holds at least one of the minimums."""
        scalars = offer.scalars
        for minimum in self.minimums:
            for name, amount in minimum.scalars.items():
                if scalars.get(name, 0) < amount:
                    break
            else:
                if minimum in offer:
                    return True
        return False

    def set_minimums(self, minimums: tuple[Resources, ...]) -> None:
        if minimums != self.minimums:
            self.minimums = minimums
            for record in self.agents.values():
                self._count_open(record.slot)
            self.changes.seekers.update(self.seekers)

    def set_roles(self, roles: Mapping[str, RoleConfig]) -> None:
        """Anything may be possible now: a pass looks at everybody again."""
        if roles == self.tree.configs:
            return
        former = [name for name in self.tree.configs if name not in roles]
        self.tree.configure(roles)
        for name in former:
            if (role := self.tree.roles.get(name)) is not None:
                self.tree.prune(role)
        self.free = {}
        for record in self.agents.values():
            self._count_free(record.slot, +1)
        self.changes.seekers.update(self.seekers)
        self.wishes.refresh_all()

    def set_seeker(self, seeker: Seeker) -> None:
        framework_id = seeker.framework_id
        old = self.seekers.get(framework_id)
        self.seekers[framework_id] = seeker
        # More or less used moves it in line, but opens nothing; unless a quota stands in the way.
        self._count_used(seeker)
        if old is None or _standing(old) != _standing(seeker):
            self._set_standing(seeker)
            self.wishes.forget_framework(framework_id)
            for demand in old.demands if old else ():
                self.unmet.pop((framework_id, demand.demand_id), None)
            self._set_demands(None, seeker)
        elif old.demands != seeker.demands:
            self._set_demands(old, seeker)

    def _count_used(self, seeker: Seeker) -> None:
        tree, framework_id = self.tree, seeker.framework_id
        bit = 1 << self.refusals.numbers[framework_id]
        for role in {**dict.fromkeys(seeker.roles), **seeker.used}:
            leaf = tree.leaves.get((framework_id, role)) or tree.leaf(framework_id, role, bit)
            used = seeker.used.get(role)
            told = used.scalars if used is not None else {}
            if leaf.used != told:
                change = _difference(told, leaf.used)
                tree.charge(leaf, change)
                if tree.quota and min(change.values()) < 0:
                    self.changes.less_used = True
            reserved = seeker.used_reserved.get(role)
            told = reserved.scalars if reserved is not None else {}
            if leaf.reserved != told:
                tree.charge_reserved(leaf, _difference(told, leaf.reserved))
        self._forget_leaves(seeker)

    def _forget_leaves(self, seeker: Seeker) -> None:
        kept = {*seeker.roles, *seeker.used}
        roles = self.wishes.roles_of(seeker.framework_id)
        for role in [each for each in roles if each not in kept]:
            self.tree.remove(self.tree.leaves[seeker.framework_id, role])
            self.changes.less_used = True
        self.wishes.keep_roles(seeker.framework_id, kept)

    def _set_standing(self, seeker: Seeker) -> None:
        self.refusals.wake(seeker.framework_id)
        takes = seeker.connected and not seeker.demands_only
        only_public = set(seeker.roles) == {PUBLIC_ROLE}
        for role in self.wishes.roles_of(seeker.framework_id):
            leaf = self.tree.leaves[seeker.framework_id, role]
            wanted = takes and role in seeker.roles and role not in seeker.suppressed
            # As in DC/OS: public agents belong to their role, which takes private ones where it is the only one.
            private = wanted and (role != PUBLIC_ROLE or only_public)
            self.tree.open(leaf, private=private, public=wanted and role == PUBLIC_ROLE)
        self.changes.seekers.add(seeker.framework_id)

    def _set_demands(self, old: Seeker | None, new: Seeker) -> None:
        """Have a pass look again at demands that are new, wanted differently or wanted more often."""
        before = {demand.demand_id: demand for demand in old.demands} if old else {}
        # Of demands of the same id the last told one counts.
        after = {demand.demand_id: demand for demand in new.demands}
        for demand_id in before.keys() - after.keys():
            self._forget_demand((new.framework_id, demand_id))
        for place, demand in enumerate(after.values()):
            key, known = (new.framework_id, demand.demand_id), before.get(demand.demand_id)
            if not (new.connected and demand.role in new.roles and demand.role not in new.suppressed):
                self._forget_demand(key)
                continue
            same = known is not None and (known is demand or replace(known, count=demand.count) == demand)
            more = known is None or demand.count > known.count
            self.wishes.tell(key, demand, place, same=same)
            if same and more and key in self.unmet:
                self._tell_unmet(new, demand)
            if (not same or more) and self.remaining(new.framework_id, demand) > 0:
                self.changes.demands = True

    def _tell_unmet(self, seeker: Seeker, demand: Demand) -> None:
        """What it waits for is more than was told."""
        key = seeker.framework_id, demand.demand_id
        unmet = Unmet(key[0], seeker.name, demand, self.remaining(key[0], demand))
        if unmet.tasks > 0 and self.unmet.get(key) != unmet:
            self.unmet[key] = unmet
            self.newly_unmet.append(unmet)

    def _forget_demand(self, key: DemandKey) -> None:
        self.wishes.forget(key)
        self.unmet.pop(key, None)

    def remove_seeker(self, framework_id: FrameworkId) -> None:
        seeker = self.seekers.pop(framework_id, None)
        if seeker is None:
            self.wishes.forget_tallies(framework_id)
            self.refusals.forget_framework(framework_id)
            return
        for role in self.wishes.roles_of(framework_id):
            self.tree.remove(self.tree.leaves[framework_id, role])
        self.wishes.keep_roles(framework_id, ())
        for demand in seeker.demands:
            self._forget_demand((framework_id, demand.demand_id))
        self.wishes.forget_framework(framework_id)
        self.wishes.forget_tallies(framework_id)
        self.refusals.forget_framework(framework_id)
        self.changes.seekers.discard(framework_id)
        self.changes.less_used = self.changes.less_used or self.tree.quota

    def tally(self, framework_id: FrameworkId, demand_id: DemandId) -> Tally:
        """The counts of a demand; not to be changed by the caller."""
        return self.wishes.tally((framework_id, demand_id))

    def count_placed(self, key: DemandKey, agent_id: AgentId, delta: int) -> None:
        self.wishes.count_placed(key, agent_id, delta)
        self.changes.demands = True

    def count_offered(self, key: DemandKey, agent_id: AgentId, delta: int) -> None:
        self.wishes.count_offered(key, agent_id, delta)
        if delta < 0:
            self.changes.demands = True

    def await_agents(self, count: int) -> None:
        """The last one back, or given up, lets demands be placed that had to wait for its counts."""
        if self.awaited and not count:
            self.changes.demands = True
            if self.tree.quota:
                self.changes.seekers.update(self.seekers)
        self.awaited = count

    def reopen(self, framework_id: FrameworkId, agents: Iterable[AgentId]) -> None:
        """Refusals of these agents have ended."""
        found = {agent_id for agent_id in agents if agent_id in self.agents}
        if found:
            self.changes.pairs.setdefault(framework_id, set()).update(found)

    def remaining(self, framework_id: FrameworkId, demand: Demand) -> int:
        """How many tasks may still be offered for the demand."""
        return demand.count - self.tally(framework_id, demand.demand_id).out

    def matters(self, framework_id: FrameworkId) -> bool:
        """Whether the framework may be offered anything."""
        seeker = self.seekers.get(framework_id)
        return seeker is not None and seeker.connected and not seeker.suppressed.issuperset(seeker.roles)

    def leaf(self, framework_id: FrameworkId, role: str) -> Leaf | None:
        return self.tree.leaves.get((framework_id, role))


def _same(old: AgentSlot, new: AgentSlot) -> bool:
    return (old.info is new.info or old.info == new.info) and bool(old.unavailable_from_ms) == bool(
        new.unavailable_from_ms
    )


def _more(new: AgentSlot, old: AgentSlot) -> bool:
    """Whether something is free that was not; volumes and reservations included."""
    if new.free not in old.free or new.revocable not in old.revocable or new.containers > old.containers:
        return True
    if new.reserved == old.reserved:
        return False
    before = {each.reservation_id: each for each in old.reserved}
    for each in new.reserved:
        known = before.get(each.reservation_id)
        if known is None or each.role != known.role or each.free not in known.free:
            return True
        if not set(each.volumes) <= set(known.volumes):
            return True
    return False


def _standing(seeker: Seeker) -> tuple[object, ...]:
    return seeker.roles, seeker.connected, seeker.suppressed, seeker.demands_only, seeker.revocable


def _difference(new: Mapping[str, int], old: Mapping[str, int]) -> dict[str, int]:
    return {name: new.get(name, 0) - old.get(name, 0) for name in {**new, **old}}
