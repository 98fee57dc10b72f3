"""The second half of a pass: classic offers of what demands left, whole agents to who is first in line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from barter.core.ids import AgentId, DemandId, ReservationId, VolumeId
from barter.core.resources import NOTHING, Resources
from barter.master.allocator.demands import standing
from barter.master.allocator.index import Index
from barter.master.allocator.model import AgentSlot, Grant
from barter.master.allocator.nodes import Group, Leaf
from barter.master.allocator.quota import Allowance, Quota
from barter.master.allocator.records import AgentRecord
from barter.master.allocator.rooms import usable

NO_DEMAND = DemandId("")


@dataclass(frozen=True, slots=True)
class View:
    """What an agent has for the frameworks of a role. `plain` is cut to what quotas allow."""

    resources: Resources
    plain: Resources
    reserved: Mapping[ReservationId, Resources]
    revocable: Resources
    volumes: tuple[VolumeId, ...]
    cut: bool


class Classic:
    def __init__(self, index: Index, quota: Quota, now: int) -> None:
        self._index, self._quota, self._now = index, quota, now
        self.withheld = False
        self.grants: list[Grant] = []

    def serve(self, agents: Iterable[AgentId], *, guaranteed: bool) -> None:
        """Offer each agent to the first in line that may and wants to have it."""
        index, tree = self._index, self._index.tree
        private, public = self._lacking() if guaranteed else (tree.root.private, tree.root.public)
        for agent_id in agents:
            if not (private or public):
                return
            record = index.agents.get(agent_id)
            if record is None or agent_id not in index.open:
                continue
            slot = record.slot
            plain = not (slot.reserved or slot.revocable)
            bits = public if slot.info.public else private
            if plain and bits:
                bits &= ~index.refusals.refusing(agent_id, slot.free)
            if not bits:
                continue
            made = len(self.grants)
            if not (plain and self._offer_whole(record, bits, guaranteed=guaranteed)):
                while agent_id in index.open and self._offer_part(record, bits, guaranteed=guaranteed):
                    pass
            if guaranteed and len(self.grants) > made:
                private, public = self._lacking()

    def _offer_whole(self, record: AgentRecord, bits: int, *, guaranteed: bool) -> bool:
        """The usual case: the first in line of those takes all there is, uncut."""
        slot, tree = record.slot, self._index.tree
        public, ask = slot.info.public, self._quota.guaranteed if guaranteed else self._quota.allowance
        if not guaranteed and (public or not any(tree.root.below.values())):
            leaf = tree.first(bits, public=public)
            role = leaf.group.role
            if not role.limited or (not self._index.awaited and self._quota.within_limits(role, slot.free.scalars)):
                self._grant_whole(leaf, record)
                return True
        for group, members in tree.groups(bits, public=public):
            if self._index.awaited and group.role.limited:
                continue
            allowed = ask(group.role, public=slot.info.public)
            if guaranteed and allowed is None:
                continue
            scalars = slot.free.scalars
            if allowed is not None and any(scalars.get(kind, 0) > most for kind, most in allowed.items()):
                return False
            self._grant_whole(group.first(members), record)
            return True
        return False

    def _lacking(self) -> tuple[int, int]:
        """Who may be offered private, and public, agents in a role that has less than its guarantee."""
        private = public = 0
        for role in self._index.tree.promised:
            if (role.private or role.public) and any(
                role.consumed(kind) < least for kind, least in role.config.guarantee.items()
            ):
                private |= role.private
                public |= role.public
        return private, public

    def _offer_part(self, record: AgentRecord, bits: int, *, guaranteed: bool) -> bool:
        """Make one offer of what is left there to one of those; whether there was a taker."""
        index, slot = self._index, record.slot
        ask = self._quota.guaranteed if guaranteed else self._quota.allowance
        for group, members in index.tree.groups(bits, public=slot.info.public):
            if index.awaited and group.role.limited:
                continue
            allowed = ask(group.role, public=slot.info.public)
            if guaranteed and allowed is None:
                continue
            for leaf, view in self._takers(group, members, slot, allowed):
                if view.plain is slot.free and not slot.reserved and not slot.revocable:
                    self._grant_whole(leaf, record)
                else:
                    self._grant(leaf, view, slot)
                return True
        return False

    def _takers(
        self, group: Group, members: int, slot: AgentSlot, allowed: Allowance | None
    ) -> Iterator[tuple[Leaf, View]]:
        """The first in line of those of the group that take what the agent has for them; at most one of each kind."""
        with_slack = self._wanting_slack(group, members) if slot.revocable else 0
        found: list[tuple[Leaf, View]] = []
        for bits, slack in ((members & ~with_slack, False), (with_slack, True)):
            if not bits:
                continue
            view = _view(slot, group.role.name, allowed, slack=slack)
            if not self._index.worth(view.resources):
                self.withheld |= view.cut
                continue
            bits &= ~self._index.refusals.refusing(slot.info.agent_id, view.resources)
            if bits:
                found.append((group.first(bits), view))
        yield from sorted(found, key=lambda each: (each[0].key, each[0].framework_id))

    def _wanting_slack(self, group: Group, bits: int) -> int:
        seekers = self._index.seekers
        return sum(
            leaf.bit for bit, leaf in group.by_bit.items() if bit & bits and seekers[leaf.framework_id].revocable
        )

    def _grant_whole(self, leaf: Leaf, record: AgentRecord) -> None:
        """Of an agent that has but plain resources, all of them."""
        slot = record.slot
        info, free, role = slot.info, slot.free, leaf.group.role.name
        reason = f"{standing(leaf)} of those that take this agent"
        self.grants.append(Grant(info.agent_id, leaf.framework_id, role, free, NO_DEMAND, reason))
        self._index.tree.charge(leaf, free.scalars)
        if not info.public:
            self._quota.book(free.scalars)
        self._index.book_whole(record)

    def _grant(self, leaf: Leaf, view: View, slot: AgentSlot) -> None:
        index, role = self._index, leaf.group.role.name
        reason = f"{standing(leaf)} of those that take this agent"
        offered = (view.resources, NO_DEMAND, reason, 0, view.reserved, view.revocable, view.volumes)
        self.grants.append(Grant(slot.info.agent_id, leaf.framework_id, role, *offered))
        index.tree.charge(leaf, view.plain.scalars)
        if not slot.info.public:
            self._quota.book(view.plain.scalars)
        for part in view.reserved.values():
            index.tree.charge(leaf, part.scalars)
            index.tree.charge_reserved(leaf, part.scalars)
        index.book(_left(slot, view))
        self.withheld |= view.cut


def _view(slot: AgentSlot, role: str, allowed: Allowance | None, *, slack: bool) -> View:
    plain, cut = slot.free, False
    if allowed is not None:
        over = [name for name, most in allowed.items() if plain.scalars.get(name, 0) > most]
        if over:
            kept = {name: amount for name, amount in plain.scalars.items() if name not in over}
            kept |= {name: allowed[name] for name in over if allowed[name]}
            plain, cut = Resources(kept, plain.ranges, plain.sets), True
    resources = plain
    reserved: dict[ReservationId, Resources] = {}
    volumes: list[VolumeId] = []
    for each in usable(slot, role):
        if each.free or each.volumes:
            reserved[each.reservation_id] = each.free
            resources += each.free
            volumes += each.volumes
    revocable = slot.revocable if slack else NOTHING
    if revocable:
        resources += revocable
    return View(resources, plain, reserved, revocable, tuple(volumes), cut)


def _left(slot: AgentSlot, view: View) -> AgentSlot:
    reserved = tuple(
        replace(each, free=NOTHING, volumes=()) if each.reservation_id in view.reserved else each
        for each in slot.reserved
    )
    return replace(
        slot,
        free=slot.free.without(view.plain),
        reserved=reserved,
        revocable=NOTHING if view.revocable else slot.revocable,
    )
