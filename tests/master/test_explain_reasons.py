"""Each reason there is has a cause here that provokes it, and what is then named as the smallest change is enough."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from barter.core.cluster import Demand
from barter.core.ids import AgentId, FrameworkId, ReservationId, VolumeId
from barter.core.resources import NOTHING, parse_resources
from barter.core.roles import RoleConfig
from barter.master.allocator import AgentSlot, Explanation, ReservedSlot, Seeker
from tests.master.allocator_kit import Told, classic, demand, slot, wanting
from tests.master.test_explain_enough import apply

F = FrameworkId("f")
ENG = demand("web", "cpus=2", 1, role="eng/web")


def reserved(name: str, role: str, has: str, free: str | None = None, *volumes: str) -> ReservedSlot:
    left = parse_resources(has if free is None else free) if free != "" else NOTHING
    return ReservedSlot(ReservationId(name), role, parse_resources(has), left, tuple(map(VolumeId, volumes)))


def limit(role: str, **amounts: int) -> RoleConfig:
    return RoleConfig(role, limit=amounts)


def refused(told: Told) -> None:
    told.allocator.refuse(F, AgentId("a"), parse_resources("cpus=4,mem=8GiB"), 3_000)


def placed_on_a(told: Told) -> None:
    told.allocator.placed(F, ENG.demand_id, AgentId("a"), 1)


def awaiting(told: Told) -> None:
    told.allocator.await_agents(2)


@dataclass(frozen=True)
class Cause:
    """`says` is the filter that says no, of the chain or of agents, and a part of what it compared; then what helps."""

    name: str
    says: str
    compared: str
    helps: str
    wanted: Demand = ENG
    agents: tuple[AgentSlot, ...] = (slot("a"),)
    others: tuple[Seeker, ...] = ()
    roles: tuple[RoleConfig, ...] = ()
    seeker: Callable[[Seeker], Seeker] = lambda seeker: seeker
    then: Callable[[Told], None] = lambda told: None
    chain: bool = False
    applies: bool = field(default=True)


CAUSES = (
    Cause("not connected", "connected", "f-framework is not connected", "start the framework f-framework again",
          seeker=lambda it: replace(it, connected=False), chain=True),
    Cause("suppressed", "suppressed", "suppressed its offers for eng/web", "revive: the framework f-framework",
          seeker=lambda it: replace(it, suppressed=frozenset({"eng/web"})), chain=True),
    Cause("not subscribed", "role", "subscribed to ops", "subscribe the framework f-framework to role eng/web",
          seeker=lambda it: replace(it, roles=("ops",)), chain=True),
    Cause("own limit", "limit eng/web", "cpus: 0 of 1 used, 1 left; a task wants 2, which binds, more than the whole",
          "cpus 1 instead of 2 (on agent a.example)", roles=(limit("eng/web", cpus=1_000),), chain=True),
    Cause("limit above", "limit eng", "cpus: 40 of 40 used, 0 left; a task wants 2, which binds",
          "raise eng's cpus limit to 42", agents=(slot("a", "cpus=80"),), roles=(limit("eng", cpus=40_000),),
          others=(replace(classic("g", "eng", used="cpus=40"), connected=False),), chain=True),
    Cause("two limits", "limit eng/web", "which binds",
          "raise eng/web's mem limit to 1GiB, and raise eng's cpus limit to 2",
          wanted=demand("web", "cpus=2,mem=1GiB", 1, role="eng/web"),
          roles=(limit("eng", cpus=0), limit("eng/web", mem=0)), chain=True),
    Cause("kept for others", "guarantees", "cpus: 4 free, kept for others' guarantees: 4 for vip",
          "lower vip's guarantee of cpus to 2", roles=(RoleConfig("vip", guarantee={"cpus": 4_000}),), chain=True),
    Cause("kept for many", "guarantees", "3 for ops, 3 for vip",
          "one more private agent with the process runtime, cpus=4 free",
          roles=(RoleConfig("vip", guarantee={"cpus": 3_000}), RoleConfig("ops", guarantee={"cpus": 3_000})),
          chain=True),
    Cause("filters in force", "filters", "1 agent refused by f-framework, for another 3s; 1 of them would fit",
          "revive, or wait until the filter ends in 3s", then=refused, chain=True),
    Cause("no agent", "agents", "0 of 0 agents active", "start an agent", agents=(), chain=True),
    Cause("awaited, counted", "awaited",
          "2 agents are not back since the master's start, and a constraint has to count",
          "wait until the agents are back", wanted=demand("web", "cpus=1", 1, "zone UNIQUE", role="eng/web"),
          agents=(slot("a", zone="a"),), then=awaiting, chain=True, applies=False),
    Cause("awaited, limited", "awaited", "and what runs there counts against a limit", "wait until the agents are back",
          roles=(limit("eng", cpus=9_000),), then=awaiting, chain=True, applies=False),
    Cause("unreachable", "active", "unreachable", "agent a.example active again: unreachable",
          agents=(slot("a", active=False, reason="unreachable"),)),
    Cause("draining", "active", "draining", "activate agent a.example: it is draining",
          agents=(slot("a", active=False, reason="draining"),)),
    Cause("deactivated", "active", "deactivated", "activate agent a.example: it is deactivated",
          agents=(slot("a", active=False, reason="deactivated"),)),
    Cause("other side", "public", "wants a private agent", "one more private agent", agents=(slot("a", public=True),)),
    Cause("no runtime", "runtime", "wants docker, the agent has process", "the docker runtime on agent a.example",
          wanted=replace(ENG, runtime="docker")),
    Cause("too few cpus", "cpus", "2 needed, 1.5 free of 4 on a.example", "cpus 1.5 instead of 2 (on agent a.example)",
          agents=(slot("a", free="cpus=1.5"),)),
    Cause("too little memory", "mem", "4GiB needed, 3GiB free of 8GiB", "mem 3GiB instead of 4GiB",
          wanted=demand("web", "mem=4GiB", 1, role="eng/web"), agents=(slot("a", free="cpus=4,mem=3GiB"),)),
    Cause("a port taken", "ports", "80 needed, 31000-31009 free", "any free port instead of 80",
          wanted=demand("web", "ports=80", 1, role="eng/web")),
    Cause("too few ports", "free ports", "11 needed, 10 free", "10 free ports instead of 11",
          wanted=demand("web", "cpus=1", 1, role="eng/web", port_count=11)),
    Cause("no such gpu", "gpus", "7 needed, none free",
          "one more private agent with the process runtime, gpus={7} free",
          wanted=demand("web", "gpus={7}", 1, role="eng/web")),
    Cause("other zone", "constraint zone IS b", "zone is a", "drop the constraint zone IS b: would fit on 1 agent",
          wanted=demand("web", "cpus=1", 1, "zone IS b", role="eng/web"), agents=(slot("a", zone="a"),)),
    Cause("one a zone", "constraint zone UNIQUE", "1 already on a", "drop the constraint zone UNIQUE",
          wanted=demand("web", "cpus=1", 1, "zone UNIQUE", role="eng/web"), agents=(slot("a", zone="a"),),
          then=placed_on_a),
    Cause("one a host", "constraint @hostname UNIQUE", "1 already there", "drop the constraint @hostname UNIQUE",
          wanted=demand("web", "cpus=1", 1, "@hostname UNIQUE", role="eng/web"), then=placed_on_a),
    Cause("reserved for others", "cpus", "2 needed, 0 free of 4", "one more private agent",
          agents=(replace(slot("a", free="mem=1GiB"), reserved=(reserved("r", "ops", "cpus=4"),)),)),
    Cause("own reservation too small", "cpus", "2 needed, 1 free of 1",
          "cpus 1 instead of 2 (in reservation r on agent a.example)",
          agents=(replace(slot("a", free="mem=1GiB"), reserved=(reserved("r", "eng", "cpus=1"),)),)),
    Cause("too little slack", "cpus", "2 needed, 0.5 free", "cpus 0.5 instead of 2", wanted=replace(ENG,
          revocable=True),
          agents=(replace(slot("a"), revocable=parse_resources("cpus=0.5")),)),
    Cause("volume elsewhere", "volume", "volume db is on agent b.example", "cpus 1 instead of 2 (in reservation r on",
          wanted=replace(ENG, volume=VolumeId("db")),
          agents=(slot("a"), replace(slot("b", free=""), reserved=(reserved("r", "eng", "cpus=1", None, "db"),)))),
    Cause("volume of others", "volume", "volume db is here, reserved for role ops, which eng/web is not in", "",
          wanted=replace(ENG, volume=VolumeId("db")),
          agents=(replace(slot("a"), reserved=(reserved("r", "ops", "disk=1GiB", None, "db"),)),)),
    Cause("volume nowhere", "volume", "no unused volume db here", "", wanted=replace(ENG, volume=VolumeId("db"))),
    Cause("several on every agent", "constraint zone IS b", "zone is a",
          "drop the constraint zone IS b, and cpus 1 instead of 2 (on agent a.example)",
          wanted=demand("web", "cpus=2", 1, "zone IS b", role="eng/web"), agents=(slot("a", "cpus=1", zone="a"),)),
    Cause("a framework's and an agent's", "suppressed", "suppressed its offers",
          "revive: the framework f-framework suppressed its offers, and cpus 1 instead of 2 (on agent a.example)",
          agents=(slot("a", "cpus=1"),), seeker=lambda it: replace(it, suppressed=frozenset({"eng/web"})), chain=True),
)  # fmt: skip


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_a_cause_is_named_and_what_helps_is_enough(cause: Cause) -> None:
    told = Told(*cause.agents, *cause.others, cause.seeker(wanting("f", cause.wanted)))
    configs = {each.role: each for each in cause.roles}
    told.allocator.set_roles(configs)
    cause.then(told)
    said = told.allocator.explain(F, cause.wanted, 0)
    assert any(cause.compared in each for each in noes(said, cause.says, chain=cause.chain)), said
    assert not any(grant.demand_id for grant in told.allocator.allocate(0))
    if not cause.helps:
        assert said.changes == ()
        return
    assert any(cause.helps in change.text for change in said.changes), [change.text for change in said.changes]
    if not cause.applies:
        told.allocator.await_agents(0)
        assert any(grant.demand_id for grant in told.allocator.allocate(0))
        return
    change = next(change for change in said.changes if cause.helps in change.text)
    now = apply(told, cause.wanted, dict(configs), change)
    assert any(grant.demand_id for grant in told.allocator.allocate(now)), change


def noes(said: Explanation, name: str, *, chain: bool) -> list[str]:
    if chain:
        return [each.detail for each in said.chain if each.filter == name and not each.passed]
    assert said.in_the_way is None or said.in_the_way.filter in ("agents", "filters")
    return [each.found for reason in said.reasons if reason.filter == name for each in reason.findings]


def test_an_agent_more_for_revocable_tasks_lends_cpus_alone() -> None:
    wanted = demand("web", "cpus=2,mem=1GiB", 1, role="eng/web")
    wanted = replace(wanted, revocable=True)
    said = Told(slot("a"), wanting("f", wanted)).allocator.explain(F, wanted, 0)
    assert said.changes[-1].text.endswith(" free of which cpus=2 may be lent")


def test_a_reservation_serves_although_the_limit_is_reached() -> None:
    agent = replace(slot("a", free="mem=1GiB"), reserved=(reserved("r", "eng", "cpus=2"),))
    told = Told(agent, wanting("f", ENG))
    told.allocator.set_roles({"eng": limit("eng", cpus=2_000)})
    said = told.allocator.explain(F, ENG, 0)
    assert (said.fitting, said.changes, said.in_the_way) == (1, (), None)
    assert [(each.consumed, each.left, each.binds) for each in said.limits] == [(2_000, 0, True)]
    assert [grant.tasks for grant in told.allocator.allocate(0)] == [1]


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (demand("web", "cpus=64"), "wants 64 cpus, the largest has 16"),
        (demand("web", "cpus=16", 1, "zone IS b"), "wants 16 cpus, the only one that may run it has 8"),
        (demand("web", "cpus=1", 1, "zone IS c"), "wants zone IS c, and none of the 2 agents is such"),
        (demand("web", "cpus=1", runtime="docker"), "wants the docker runtime, and none of the 2 agents is such"),
        (demand("web", "cpus=1", on_public=True), "wants a public agent, and none of the 2 agents is such"),
        (demand("web", "gpus={0}"), "wants gpus 0, and none of the 2 agents has that"),
    ],
)
def test_what_no_agent_could_ever_take_is_accepted_and_said(wanted: Demand, why: str) -> None:
    busy = slot("a", "cpus=16", free="mem=1GiB", zone="a"), slot("b", "cpus=8", free="mem=1GiB", zone="b", active=False)
    said = Told(*busy, wanting("f", wanted)).allocator.explain(F, wanted, 0)
    assert said.impossible == f"no agent could ever: {why}"
    possible = demand("web", "cpus=16")
    assert Told(*busy, wanting("f", possible)).allocator.explain(F, possible, 0).impossible == ""


def test_agents_are_grouped_and_counted_and_not_listed_unless_asked_for() -> None:
    wanted = demand("web", "cpus=2", 1, "zone IS b", "@hostname UNIQUE")
    agents = [slot(f"a{n:02}", "cpus=4", zone="a" if n < 20 else "c") for n in range(40)]
    agents += [slot(f"b{n:02}", "cpus=4", free="cpus=1.5", zone="b") for n in range(20)]
    said = Told(*agents, wanting("f", wanted)).allocator.explain(F, wanted, 0, every_agent=False)
    assert (said.known, said.fitting, said.agents) == (60, 0, ())
    assert [(each.filter, each.agents, each.alone) for each in said.reasons] == [
        ("constraint zone IS b", 40, 40),
        ("cpus", 20, 20),
    ]
    assert [(each.found, each.agents) for each in said.reasons[0].findings] == [("zone is a", 20), ("zone is c", 20)]
    assert [(each.failing, each.agents, each.examples) for each in said.groups] == [
        (("constraint zone IS b",), 40, ("a00.example", "a01.example", "a02.example")),
        (("cpus",), 20, ("b00.example", "b01.example", "b02.example")),
    ]
    assert [(each.hostname, each.free, each.allowed) for each in said.largest] == [
        ("a00.example", parse_resources("cpus=4"), False),
        ("b00.example", parse_resources("cpus=1.5"), True),
    ]
    assert [change.text for change in said.changes] == [
        "cpus 1.5 instead of 2 (on agent b00.example)",
        "drop the constraint zone IS b: would fit on 40 agents",
        "one more private agent with the process runtime, zone=b, cpus=2 free",
    ]


def test_places_in_line_are_told_at_each_level_of_the_tree() -> None:
    wanted = demand("web", "cpus=1", role="eng/web")
    told = Told(
        slot("a", "cpus=100"),
        wanting("f", wanted, used="cpus=30"),
        classic("g", "eng/web", used="cpus=10"),
        classic("h", "eng/db", used="cpus=20"),
        classic("k", "ops", used="cpus=25"),
    )
    told.allocator.set_roles({"eng": RoleConfig("eng", 3_000)})
    said = told.allocator.explain(F, wanted, 0)
    assert [(each.name, round(each.share, 2), each.weight_milli, each.place, each.before) for each in said.shares] == [
        ("eng", 0.6, 3_000, 1, ()),
        ("eng/web", 0.4, 1_000, 2, ("eng/db",)),
        ("f-framework", 0.3, 1_000, 2, ("g-framework",)),
    ]
