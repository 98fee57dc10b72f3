"""A cluster as an allocator sees it, and somebody who answers its grants as a master does."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from barter.core.cluster import AgentInfo, Demand
from barter.core.ids import AgentId, FrameworkId, ReservationId
from barter.core.resources import NOTHING, Resources, resources
from barter.core.roles import RoleConfig
from barter.core.units import GIB
from barter.master.allocator import AgentSlot, Allocator, Grant, ReservedSlot, Seeker

DEPARTMENTS, TEAMS, ZONES, RACK = 5, 20, 3, 40
HAS = resources(cpus=16_000, mem=64 * GIB, disk=1_000 * GIB, ports=((31_000, 32_000),))
KEPT = resources(cpus=2_000, mem=8 * GIB)


class World:
    """Agents in zones and racks, every hundredth with a reservation; `frameworks` in a tree of roles, of which one
    has a weight, one a limit that leaves room, and one a guarantee."""

    def __init__(self, slots: Sequence[AgentSlot], frameworks: int) -> None:
        self.allocator = Allocator()
        self.slots = {slot.info.agent_id: slot for slot in slots}
        self.seekers = {each.framework_id: each for each in map(_seeker, range(frameworks))}
        whole = HAS.scalars["cpus"] * len(slots)
        limited = RoleConfig("dep1", limit={"cpus": whole})
        guaranteed = RoleConfig("dep2", guarantee={"cpus": whole // 20})
        self.allocator.set_roles({"dep0": RoleConfig("dep0", 2_000), "dep1": limited, guaranteed.role: guaranteed})
        self.tell(self.slots.values(), self.seekers.values())

    def tell(self, slots: Iterable[AgentSlot], seekers: Iterable[Seeker]) -> None:
        for slot in slots:
            self.allocator.set_agent(slot)
        for seeker in seekers:
            self.allocator.set_seeker(seeker)

    def given(self, grants: Iterable[Grant], sign: int) -> tuple[list[AgentSlot], list[Seeker]]:
        """What a master tells of them: made offers of (+1), or returned (-1)."""
        changed: dict[AgentId, AgentSlot] = {}
        used: defaultdict[FrameworkId, list[Grant]] = defaultdict(list)
        for grant in grants:
            slot = changed.get(grant.agent_id) or self.slots[grant.agent_id]
            changed[grant.agent_id] = _moved(slot, grant, sign)
            used[grant.framework_id].append(grant)
        self.slots |= changed
        seekers = [_using(self.seekers[framework_id], each, sign) for framework_id, each in used.items()]
        self.seekers |= {each.framework_id: each for each in seekers}
        return list(changed.values()), seekers

    def book(self, grants: list[Grant]) -> None:
        """Offers are made of the grants."""
        self.tell(*self.given(grants, +1))
        for grant in grants:
            if grant.demand_id:
                self.allocator.offered(grant.framework_id, grant.demand_id, grant.agent_id, grant.tasks)

    def want(self, framework_id: FrameworkId, demands: Iterable[Demand]) -> None:
        seeker = self.seekers[framework_id] = replace(self.seekers[framework_id], demands=tuple(demands))
        self.allocator.set_seeker(seeker)


def agent_slots(agents: int) -> list[AgentSlot]:
    return [_slot(number) for number in range(agents)]


def _slot(number: int) -> AgentSlot:
    attributes = {"zone": f"z{number % ZONES}", "rack": f"r{number // RACK}"}
    info = AgentInfo(AgentId(f"a{number:06d}"), f"host{number:06d}", "127.0.0.1", HAS, attributes)
    if number % 100:
        return AgentSlot(info, HAS, True)
    reserved = ReservedSlot(ReservationId("kept"), f"dep{number % DEPARTMENTS}", KEPT, KEPT)
    return AgentSlot(info, HAS - KEPT, True, reserved=(reserved,))


def _seeker(number: int) -> Seeker:
    role = f"dep{number % DEPARTMENTS}/team{number % TEAMS}"
    return Seeker(FrameworkId(f"f{number:04d}"), f"framework-{number}", (role,))


def _moved(slot: AgentSlot, grant: Grant, sign: int) -> AgentSlot:
    plain = grant.resources
    for part in grant.reserved.values():
        plain = plain - part
    reserved = tuple(
        replace(each, free=_sum(each.free, grant.reserved.get(each.reservation_id, NOTHING), -sign))
        for each in slot.reserved
    )
    return replace(slot, free=_sum(slot.free, plain, -sign), reserved=reserved)


def _sum(held: Resources, more: Resources, sign: int) -> Resources:
    if held is NOTHING or not held:
        return more
    return held + more if sign > 0 else held.without(more)


def _using(seeker: Seeker, grants: list[Grant], sign: int) -> Seeker:
    role = seeker.roles[0]
    used = dict(seeker.used.get(role, NOTHING).scalars)
    reserved = dict(seeker.used_reserved.get(role, NOTHING).scalars)
    for grant in grants:
        _add(used, grant.resources, sign)
        for part in grant.reserved.values():
            _add(reserved, part, sign)
    return replace(seeker, used={role: Resources(used)}, used_reserved={role: Resources(reserved)})


def _add(scalars: dict[str, int], more: Resources, sign: int) -> None:
    for name, amount in more.scalars.items():
        left = scalars.get(name, 0) + sign * amount
        if left:
            scalars[name] = left
        else:
            scalars.pop(name, None)
