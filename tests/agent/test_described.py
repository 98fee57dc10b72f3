"""An agent that starts again as something else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.agent.described import ChangeRefused, Description, check_change
from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId
from barter.core.resources import NOTHING, Resources, parse_resources

HAS = parse_resources("cpus=8,mem=4GiB,disk=100GiB,ports=[31000-32000],gpus={0,1}")
INFO = AgentInfo(AgentId("a1"), "host-1", "127.0.0.1", HAS, {"zone": "a"})
STATED = frozenset({"cpus", "mem", "disk", "ports", "gpus", "hostname"})
BEFORE = Description(INFO, STATED)


def now(resources: str = "", stated: frozenset[str] = STATED, **changed: object) -> Description:
    info = replace(INFO, **changed)  # type: ignore[arg-type]
    if resources:
        part = parse_resources(resources)
        scalars, ranges, sets = (
            {**HAS.scalars, **part.scalars},
            {**HAS.ranges, **part.ranges},
            {**HAS.sets, **part.sets},
        )
        info = replace(info, resources=Resources(scalars, ranges, sets))
    return Description(info, stated)


@pytest.mark.parametrize(
    "after",
    [
        now(),
        now("cpus=9,mem=5GiB"),
        now("ports=[30000-32000]"),
        now("gpus={0,1,2}"),
        now("widgets=3"),
        now(attributes={"zone": "a", "rack": "r1"}),
        now(host="10.0.0.1"),
        now(node_address="127.0.0.1:7000"),
        now(max_containers=1),
        now(notes=("cannot limit cpus",)),
    ],
)
def test_more_goes_through(after: Description) -> None:
    check_change(BEFORE, after)


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (now("cpus=4"), "cpus is 4 (stated), was 8 (stated)"),
        (now("cpus=4", STATED - {"cpus"}), "cpus is 4 (found), was 8 (stated)"),
        (now("disk=1GiB"), "disk is 1GiB (stated), was 100GiB (stated)"),
        (now("ports=[31001-32000]"), r"ports is \[31001-32000\] \(stated\), was \[31000-32000\]"),
        (now("gpus={1,2}"), "gpus is {1,2} (stated), was {0,1} (stated)"),
        (replace(now(), info=replace(INFO, resources=NOTHING)), "cpus is 0 (stated), was 8 (stated); disk is 0"),
        (now(attributes={"zone": "b"}), "attribute zone is 'b', was 'a'"),
        (now(attributes={}), "attribute zone is gone, was 'a'"),
        (now(public=True), "it is public now, was private"),
        (now(hostname="host-2"), "the hostname is 'host-2' (stated), was 'host-1' (stated)"),
    ],
)
def test_less_or_other_is_refused_with_what_it_was_and_the_ways_out(after: Description, said: str) -> None:
    with pytest.raises(ChangeRefused) as caught:
        check_change(BEFORE, after)
    text = str(caught.value)
    assert said.replace("\\", "") in text
    assert "Start it as it was" in text
    assert "barter drain host-1" in text


def test_what_is_only_found_may_be_less() -> None:
    found = frozenset({"cpus"})
    check_change(Description(INFO, found), Description(now("mem=1GiB,disk=1GiB").info, found))
    check_change(Description(INFO, found), Description(now(hostname="host-2").info, found))


def test_a_kind_that_is_stated_now_is_held_to_what_was_found() -> None:
    with pytest.raises(ChangeRefused, match=r"mem is 1GiB \(stated\), was 4GiB \(found\)"):
        check_change(Description(INFO), Description(now("mem=1GiB").info, frozenset({"mem"})))


AMOUNTS = st.builds(Resources, st.dictionaries(st.sampled_from(("cpus", "mem", "disk")), st.integers(1, 9), max_size=3))
KINDS = st.sets(st.sampled_from(("cpus", "mem", "disk"))).map(frozenset)


@given(AMOUNTS, AMOUNTS, KINDS, KINDS)
def test_nothing_stated_ever_becomes_less(
    had: Resources, has: Resources, before: frozenset[str], after: frozenset[str]
) -> None:
    try:
        check_change(
            Description(replace(INFO, resources=had), before), Description(replace(INFO, resources=has), after)
        )
        refused = False
    except ChangeRefused:
        refused = True
    less = {kind for kind, amount in had.scalars.items() if has.scalars.get(kind, 0) < amount}
    assert refused == bool(less & (before | after))
