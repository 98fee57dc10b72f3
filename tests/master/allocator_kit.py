"""Short ways to say what an allocator is told."""

from dataclasses import replace

from barter.core.cluster import AgentInfo, Demand
from barter.core.constraints import Constraint, Operator
from barter.core.ids import AgentId, DemandId, FrameworkId, ReservationId
from barter.core.resources import NOTHING, Resources, parse_resources
from barter.master.allocator import AgentSlot, Allocator, Grant, ReservedSlot, Seeker

ROOMY = "cpus=4,mem=8GiB,ports=31000-31009"


def slot(
    name: str,
    has: str = ROOMY,
    *,
    free: str | None = None,
    public: bool = False,
    runtimes: tuple[str, ...] = ("process",),
    active: bool = True,
    reason: str = "",
    reserved: str = "",
    **attributes: str,
) -> AgentSlot:
    """Agent `name` on host `NAME.example`; `reserved` as in "eng:cpus=2 ops:cpus=1", free and beside `free`."""
    total = parse_resources(has)
    info = AgentInfo(AgentId(name), f"{name}.example", "127.0.0.1", total, attributes, public, runtimes)
    kept = tuple(_reserved(number, each) for number, each in enumerate(reserved.split(), 1))
    plain = total if free is None else parse_resources(free)
    if free is None:
        for each in kept:
            plain = plain - each.resources
    return AgentSlot(info, plain, active, reason, kept)


def _reserved(number: int, text: str) -> ReservedSlot:
    role, _, amounts = text.partition(":")
    held = parse_resources(amounts)
    return ReservedSlot(ReservationId(f"r{number}"), role, held, held)


def demand(
    name: str = "web",
    needs: str = "cpus=1,mem=1GiB",
    count: int = 1,
    *constraints: str,
    role: str = "*",
    port_count: int = 0,
    runtime: str = "process",
    on_public: bool = False,
) -> Demand:
    return Demand(
        DemandId(name),
        parse_resources(needs),
        count,
        port_count,
        role,
        tuple(map(constraint, constraints)),
        runtime,
        on_public,
    )


def constraint(text: str) -> Constraint:
    field, operator, *value = text.split()
    return Constraint(field, Operator(operator), *value)


def classic(name: str, *roles: str, used: str = "") -> Seeker:
    """Its use is under its first role."""
    roles = roles or ("*",)
    return Seeker(FrameworkId(name), f"{name}-framework", roles, used={roles[0]: parse_resources(used)})


def wanting(name: str, *demands: Demand, used: str = "") -> Seeker:
    """A framework that takes offers for its demands only, in whatever role they name."""
    roles = tuple(dict.fromkeys(each.role for each in demands)) or ("*",)
    return Seeker(
        FrameworkId(name),
        f"{name}-framework",
        roles,
        demands_only=True,
        demands=demands,
        used={roles[0]: parse_resources(used)},
    )


class Told:
    """An allocator with somebody who applies its grants, as the master does."""

    def __init__(self, *told: AgentSlot | Seeker) -> None:
        self.allocator = Allocator()
        self.slots: dict[AgentId, AgentSlot] = {}
        self.seekers: dict[FrameworkId, Seeker] = {}
        self.made: dict[FrameworkId, Grant] = {}
        self.tell(*told)

    def tell(self, *told: AgentSlot | Seeker) -> None:
        for each in told:
            if isinstance(each, AgentSlot):
                self.slots[each.info.agent_id] = each
                self.allocator.set_agent(each)
            else:
                self.seekers[each.framework_id] = each
                self.allocator.set_seeker(each)

    def grants(self, now: int = 0) -> list[Grant]:
        """One pass, applied."""
        grants = self.allocator.allocate(now)
        for grant in grants:
            self.made[grant.framework_id] = grant
            slot, seeker = self.slots[grant.agent_id], self.seekers[grant.framework_id]
            wanted = {each.demand_id: each for each in seeker.demands}.get(grant.demand_id)
            contained = grant.tasks if wanted is not None and wanted.runtime == "docker" else 0
            self.tell(replace(_holding(slot, grant), containers=slot.containers - contained))
            self.tell(_using(seeker, grant, +1))
            if grant.demand_id:
                self.allocator.offered(grant.framework_id, grant.demand_id, grant.agent_id, grant.tasks)
        return grants

    def last(self, framework_id: str) -> Grant:
        return self.made[FrameworkId(framework_id)]

    def given(self, now: int = 0) -> dict[tuple[str, str], int]:
        """One pass, applied: tasks by framework and agent, 0 for a classic offer."""
        return {(each.framework_id, each.agent_id): each.tasks for each in self.grants(now)}

    def decline(self, grant: Grant, until_ms: int = 0) -> None:
        slot, seeker = self.slots[grant.agent_id], self.seekers[grant.framework_id]
        if grant.demand_id:
            self.allocator.offered(grant.framework_id, grant.demand_id, grant.agent_id, -grant.tasks)
        self.tell(replace(slot, free=slot.free + _plain(grant)))
        self.tell(_using(seeker, grant, -1))
        if until_ms:
            self.allocator.refuse(grant.framework_id, grant.agent_id, grant.resources, until_ms)


def _plain(grant: Grant) -> Resources:
    left = grant.resources - grant.revocable
    for part in grant.reserved.values():
        left = left - part
    return left


def _holding(slot: AgentSlot, grant: Grant) -> AgentSlot:
    reserved = tuple(
        replace(
            each,
            free=each.free - grant.reserved.get(each.reservation_id, NOTHING),
            volumes=tuple(volume for volume in each.volumes if volume not in grant.volumes),
        )
        for each in slot.reserved
    )
    return replace(slot, free=slot.free - _plain(grant), reserved=reserved, revocable=slot.revocable - grant.revocable)


def _using(seeker: Seeker, grant: Grant, sign: int) -> Seeker:
    """What is revocable is nobody's use."""
    used, kept = dict(seeker.used), dict(seeker.used_reserved)
    used[grant.role] = _sum(used.get(grant.role, NOTHING), (grant.resources - grant.revocable), sign)
    for part in grant.reserved.values():
        kept[grant.role] = _sum(kept.get(grant.role, NOTHING), part, sign)
    return replace(seeker, used=used, used_reserved=kept)


def _sum(held: Resources, more: Resources, sign: int) -> Resources:
    scalars = Resources(more.scalars)
    return held + scalars if sign > 0 else held - scalars
