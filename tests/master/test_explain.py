"""Explain: every filter answers for every agent, with what it compared."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core import ranges as rng
from barter.core.cluster import Demand
from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.resources import Resources, parse_resources, resources
from barter.master.allocator import AgentSlot, Explanation, Seeker, Verdict
from barter.master.allocator.resource_filters import resource_filters
from barter.master.allocator.room import Need, Room, capacity
from tests.master.allocator_kit import Told, classic, demand, slot, wanting

F, WEB = FrameworkId("f"), DemandId("web")


def explained(wanted: Demand, *told: AgentSlot | Seeker, now: int = 0) -> Explanation:
    return Told(*told, wanting("f", wanted)).allocator.explain(F, wanted, now)


def verdicts(explanation: Explanation, agent: str) -> dict[str, Verdict]:
    (found,) = (each for each in explanation.agents if each.agent_id == agent)
    assert [each.hostname for each in explanation.agents] == sorted(each.hostname for each in explanation.agents)
    return {each.filter: each for each in found.verdicts}


def test_all_filters_answer_not_only_the_first() -> None:
    wanted = demand("web", "cpus=2,mem=1GiB,ports=80", 1, "rack IS r1", "zone UNIQUE", runtime="docker", port_count=2)
    said = verdicts(
        explained(wanted, slot("p", "cpus=1,mem=2GiB,ports=31000", public=True, active=False, reason="unreachable")),
        "p",
    )
    assert list(said) == [
        "active",
        "public",
        "runtime",
        "containers",
        "refused",
        "constraint rack IS r1",
        "constraint zone UNIQUE",
        "cpus",
        "mem",
        "ports",
        "free ports",
    ]
    assert {name for name, verdict in said.items() if verdict.passed} == {"containers", "refused", "mem"}


@pytest.mark.parametrize(
    ("agent", "wanted", "name", "passed", "detail"),
    [
        (slot("a"), demand(), "active", True, "the agent is active"),
        (slot("a", active=False), demand(), "active", False, "the agent is not active"),
        (slot("a", active=False, reason="draining"), demand(), "active", False, "draining"),
        (slot("a"), demand(on_public=True), "public", False, "wants a public agent, this one is private"),
        (slot("a", public=True), demand(), "public", False, "wants a private agent, this one is public"),
        (slot("a"), demand(runtime="docker"), "runtime", False, "wants docker, the agent has process"),
        (slot("a", runtimes=()), demand(), "runtime", False, "wants process, the agent has none"),
        (slot("a"), demand(), "refused", True, "the framework has no refusal of it in force"),
        (slot("a", free="cpus=1"), demand("web", "cpus=1.5"), "cpus", False, "1.5 needed, 1 free of 4"),
        (slot("a", free="mem=1GiB"), demand("web", "mem=2GiB"), "mem", False, "2GiB needed, 1GiB free of 8GiB"),
        (slot("a"), demand("web", "gpus={0,1}"), "gpus", False, "0,1 needed, none free"),
        (slot("a", "gpus={0,1,2}"), demand("web", "gpus={0,1}"), "gpus", True, "0,1 needed, 0,1,2 free"),
        (slot("a"), demand("web", "ports=80"), "ports", False, "80 needed, 31000-31009 free"),
        (slot("a", "ports=1-2"), demand("web", "ports=1", port_count=2), "free ports", False, "2 needed, 1 free"),
    ],
)  # fmt: skip
def test_what_each_filter_compares(agent: AgentSlot, wanted: Demand, name: str, passed: bool, detail: str) -> None:
    assert verdicts(explained(wanted, agent), "a")[name] == Verdict(name, passed, detail)


@pytest.mark.parametrize(
    ("rack", "constraint", "passed", "detail"),
    [
        ("r1", "rack LIKE r.", True, "rack is r1, 0 already there"),
        ("x", "rack LIKE r.", False, "rack is x"),
        ("", "rack LIKE r.", False, "the agent has no attribute rack"),
        ("", "rack UNLIKE r.", True, "the agent has no attribute rack"),
        ("r1", "rack UNLIKE r.", False, "rack is r1"),
    ],
)
def test_what_a_constraint_compares(rack: str, constraint: str, passed: bool, detail: str) -> None:
    agent = slot("a", rack=rack) if rack else slot("a")
    said = verdicts(explained(demand("web", "cpus=1", 1, constraint), agent), "a")
    assert said[f"constraint {constraint}"] == Verdict(f"constraint {constraint}", passed, detail)


def test_instances_placed_and_offered_are_counted_by_constraints() -> None:
    wanted = demand("web", "cpus=1", 2, "zone MAX_PER 2")
    told = Told(slot("a", zone="z"), wanting("f", wanted))
    told.allocator.placed(F, WEB, AgentId("a"), 1)
    told.allocator.offered(F, WEB, AgentId("a"), 1)
    said = verdicts(told.allocator.explain(F, wanted, 0), "a")["constraint zone MAX_PER 2"]
    assert (said.passed, said.detail) == (False, "2 already on z")


def test_a_refusal_says_how_long_it_holds_and_ends_on_time() -> None:
    wanted = demand()
    told = Told(slot("a"), wanting("f", wanted))
    told.allocator.refuse(F, AgentId("a"), parse_resources("cpus=4,mem=8GiB"), 10_000)
    before = verdicts(told.allocator.explain(F, wanted, 7_000), "a")["refused"]
    assert (before.passed, before.detail) == (False, "the framework refused it, for another 3s")
    assert verdicts(told.allocator.explain(F, wanted, 10_000), "a")["refused"].passed


def test_the_framework_as_a_whole() -> None:
    wanted = demand("web", "cpus=1", 3, role="web")
    told = Told(
        slot("a", "cpus=10", free="cpus=1"),
        wanting("f", wanted, used="cpus=3"),
        classic("g", "web", used="cpus=1"),
        classic("h", "other", used="cpus=5"),
        replace(classic("s", "web"), suppressed=frozenset({"web"})),
    )
    told.allocator.offered(F, WEB, AgentId("a"), 1)
    said = told.allocator.explain(F, wanted, 0)
    assert said.chain == (
        Verdict("connected", True, "f-framework is connected"),
        Verdict("suppressed", True, "f-framework takes offers"),
        Verdict("role", True, "wants role web, subscribed to web"),
        Verdict(
            "share",
            True,
            "web has share 0.40, 1 of 2; f-framework has share 0.30, 3 of 3, behind s-framework, g-framework",
        ),
        Verdict("count", True, "2 to be offered: 3 wanted, 1 in unanswered offers"),
        Verdict("agents", True, "1 of 1 agent active"),
    )
    assert [(level.name, level.place, level.among) for level in said.shares] == [("web", 1, 2), ("f-framework", 3, 3)]


def test_a_framework_that_can_be_offered_nothing() -> None:
    wanted = demand("web", "cpus=1", 0, role="web")
    away = replace(wanting("f"), connected=False, suppressed=frozenset({"*", "web"}))
    said = Told(slot("a"), away).allocator.explain(F, wanted, 0)
    assert [each.filter for each in said.chain if not each.passed] == ["connected", "suppressed", "role", "count"]
    [change] = said.changes
    assert [step.text for step in change.steps] == [
        "start the framework f-framework again: it is not connected",
        "revive: the framework f-framework suppressed its offers",
        "subscribe the framework f-framework to role web",
    ]


def test_a_framework_nobody_knows() -> None:
    said = Told(slot("a")).allocator.explain(FrameworkId("x"), demand(), 0)
    assert said.chain == (Verdict("connected", False, "the master knows no framework x"),)


def test_asking_changes_nothing() -> None:
    wanted = demand("web", "cpus=1", 2, "zone GROUP_BY")
    told = Told(slot("a", zone="a"), slot("b", zone="b"), wanting("f", wanted))
    assert told.allocator.explain(F, wanted, 0) == told.allocator.explain(F, wanted, 0)
    assert told.given() == {("f", "a"): 1, ("f", "b"): 1}
    told.allocator.explain(F, wanted, 0)
    assert told.given() == {}


def held(cpus: int, mem: int, ports: frozenset[int], ids: frozenset[str]) -> Resources:
    ranges = {"ports": rng.of_numbers(ports)} if ports else {}
    return Resources(resources(cpus=cpus, mem=mem).scalars, ranges, {"gpus": ids} if ids else {})


FEW = st.integers(0, 4)
HELD = st.builds(held, FEW, FEW, st.frozensets(st.integers(31000, 31006)), st.frozensets(st.sampled_from("012")))


@given(HELD, HELD, st.integers(0, 3))
def test_the_resource_filters_together_say_what_a_pass_counts(has: Resources, wanted: Resources, ports: int) -> None:
    need = Need(wanted, ports)
    fit = capacity(has, need)
    assert (fit > 0) == all(each.passes(has) for each in resource_filters(need))
    assert all(each.passes(has) == (each.missing(has) == 0) for each in resource_filters(need) if need.scalars)
    if need.scalars and fit:
        room = Room(has)
        chosen = room.take(need, fit)
        assert need.of(fit, chosen) + room.rest() == has
        assert capacity(room, need) == 0 or need.resources.ranges or need.resources.sets
