"""Each reason for not fitting provokes the smallest change that would fit, and what is promised does fit."""

import pytest

from barter.core.cluster import Demand
from barter.core.ids import AgentId, DemandId, FrameworkId
from barter.core.resources import parse_resources
from barter.master.allocator import AgentSlot
from tests.master.allocator_kit import ROOMY, Told, demand, slot, wanting

F, WEB = FrameworkId("f"), DemandId("web")
PRIVATE, PUBLIC = "one more private agent with the process runtime", "one more public agent with the process runtime"


def changes(wanted: Demand, *agents: AgentSlot, placed: dict[str, int] | None = None) -> tuple[str, ...]:
    told = Told(*agents, wanting("f", wanted))
    for agent_id, count in (placed or {}).items():
        told.allocator.placed(F, wanted.demand_id, AgentId(agent_id), count)
    return tuple(change.text for change in told.allocator.explain(F, wanted, 0).changes)


def test_nothing_is_to_be_changed_where_it_fits() -> None:
    assert changes(demand(), slot("a"), slot("b", "cpus=0.1")) == ()


def test_without_agents_one_is_to_be_started() -> None:
    start = "start an agent (barter start agent --master HOST:PORT)"
    assert changes(demand()) == (f"{start}: {PRIVATE}, cpus=1,mem=1GiB free",)


def test_one_resource_short_takes_the_agent_that_needs_the_least_reduction() -> None:
    assert changes(demand("web", "cpus=2"), slot("a", "cpus=1"), slot("b", "cpus=1.5"), slot("c", "cpus=0.5")) == (
        "cpus 1.5 instead of 2 (on agent b.example)",
        f"{PRIVATE}, cpus=2 free",
    )


def test_each_resource_that_alone_falls_short_and_several_at_once_are_answered_smallest_first() -> None:
    assert changes(
        demand("web", "cpus=2,mem=1GiB"),
        slot("a", "cpus=2,mem=256MiB"),
        slot("b", "cpus=1.5,mem=1GiB"),
        slot("c", "cpus=1.9,mem=1000MiB"),
        slot("d", "cpus=1,mem=512MiB"),
    ) == (
        "cpus 1.5 instead of 2 (on agent b.example)",
        "mem 256MiB instead of 1GiB (on agent a.example)",
        "cpus 1.9 instead of 2 and mem 1000MiB instead of 1GiB (on agent c.example)",
        f"{PRIVATE}, cpus=2,mem=1GiB free",
    )


def test_an_agent_with_nothing_left_of_it_is_no_smaller_demand() -> None:
    assert changes(demand("web", "cpus=2"), slot("a", free="mem=1GiB")) == (f"{PRIVATE}, cpus=2 free",)


def test_ports_short() -> None:
    assert changes(demand("web", "cpus=1", port_count=3), slot("a", "cpus=1,ports=31000-31001")) == (
        "2 free ports instead of 3 (on agent a.example)",
        f"{PRIVATE}, cpus=1 and 3 ports free",
    )


def test_a_named_port_that_is_taken() -> None:
    assert changes(demand("web", "ports=80"), slot("a", ROOMY)) == (
        "any free port instead of 80 (on agent a.example)",
        f"{PRIVATE}, ports=[80] free",
    )


def test_ids_of_a_set_have_no_smaller_demand() -> None:
    assert changes(demand("web", "gpus={0}"), slot("a")) == (f"{PRIVATE}, gpus={{0}} free",)


def test_groups_that_are_full_want_another_agent_there_or_no_constraint() -> None:
    wanted = demand("web", "cpus=1", 1, "@zone GROUP_BY")
    agents = slot("a", zone="a"), slot("b", free="cpus=0.5", zone="b")
    assert changes(wanted, *agents, placed={"a": 1}) == (
        "cpus 0.5 instead of 1 (on agent b.example)",
        "drop the constraint @zone GROUP_BY: would fit on 1 agent",
        f"{PRIVATE}, @zone=b, cpus=1 free",
    )


@pytest.mark.parametrize(
    ("constraint", "zones", "placed", "hint"),
    [
        ("zone LIKE r.*", "ab", {}, "a zone like r.*"),
        ("zone UNLIKE [ab]", "ab", {}, "no zone like [ab]"),
        ("zone IS c", "ab", {}, "zone=c"),
        ("zone CLUSTER c", "ab", {}, "zone=c"),
        ("zone UNIQUE", "ab", {"0": 1, "1": 1}, "a zone other than a or b"),
        ("zone GROUP_BY 3", "ab", {"0": 1, "1": 1}, "a zone other than a or b"),
        ("rack UNIQUE", "ab", {}, "a rack"),
        ("rack GROUP_BY", "ab", {}, "a rack"),
        ("rack CLUSTER", "ab", {}, "a rack"),
    ],
)
def test_a_constraint_that_no_agent_satisfies(constraint: str, zones: str, placed: dict[str, int], hint: str) -> None:
    agents = [slot(str(number), zone=zone) for number, zone in enumerate(zones)]
    assert changes(demand("web", "cpus=1", 1, constraint), *agents, placed=placed) == (
        f"drop the constraint {constraint}: would fit on 2 agents",
        f"{PRIVATE}, {hint}, cpus=1 free",
    )


def test_one_more_where_there_are_fewest_is_less_than_to_drop_what_counts_them() -> None:
    wanted = demand("web", "cpus=1", 1, "zone MAX_PER 1")
    agents = slot("a", zone="a"), slot("b", zone="b"), slot("c", free="cpus=0.5", zone="c")
    assert changes(wanted, *agents, placed={"a": 3, "b": 2, "c": 1}) == (
        "zone MAX_PER 3 instead of 1",
        f"{PRIVATE}, a zone other than a or b or c, cpus=1 free",
    )


def test_a_home_that_is_full() -> None:
    wanted = demand("web", "cpus=1", 1, "zone CLUSTER")
    agents = slot("a", free="mem=1GiB", zone="a"), slot("b", zone="b")
    assert changes(wanted, *agents, placed={"a": 2})[:2] == (
        "drop the constraint zone CLUSTER: would fit on 1 agent",
        f"{PRIVATE}, zone=a, cpus=1 free",
    )


def test_a_refusal_in_force() -> None:
    told = Told(slot("a"), slot("b", "cpus=0.5"), wanting("f", wanted := demand("web", "cpus=1")))
    told.allocator.refuse(F, AgentId("a"), parse_resources("cpus=4"), 10_000)
    assert tuple(change.text for change in told.allocator.explain(F, wanted, 7_000).changes[:2]) == (
        "revive, or wait until the filter ends in 3s",
        "cpus 0.5 instead of 1 (on agent b.example)",
    )


def test_a_missing_runtime() -> None:
    assert changes(demand("web", "cpus=1", runtime="docker"), slot("a"), slot("b")) == (
        "the docker runtime on agent a.example",
        "one more private agent with the docker runtime, cpus=1 free",
    )


def test_the_wrong_side() -> None:
    assert changes(demand("web", "cpus=1", on_public=True), slot("a")) == (f"{PUBLIC}, cpus=1 free",)
    assert changes(demand("web", "cpus=1"), slot("a", public=True)) == (f"{PRIVATE}, cpus=1 free",)


def test_an_agent_that_is_away() -> None:
    away = slot("a", active=False, reason="unreachable")
    assert changes(demand("web", "cpus=1"), away) == (
        "agent a.example active again: unreachable",
        f"{PRIVATE}, cpus=1 free",
    )


def test_several_kinds_of_reasons_on_every_agent_are_answered_together() -> None:
    wanted = demand("web", "cpus=5", 1, "zone IS a")
    assert changes(wanted, slot("a", zone="b"), slot("b", zone="a", public=True)) == (
        "drop the constraint zone IS a, and cpus 4 instead of 5 (on agent a.example)",
        f"{PRIVATE}, zone=a, cpus=5 free",
    )


def test_a_new_agent_that_is_promised_has_all_that_is_missing() -> None:
    """Not zone=c alone, where the cpus would fall short there too."""
    wanted = demand("web", "cpus=8", 1, "zone CLUSTER c", "rack UNIQUE", runtime="docker")
    assert changes(wanted, slot("a", zone="a"), slot("b", zone="b")) == (
        "one more private agent with the docker runtime, zone=c, a rack, cpus=8 free",
    )
    assert changes(wanted, slot("a"), slot("b", "cpus=8", zone="c", rack="r", runtimes=("docker",))) == ()
