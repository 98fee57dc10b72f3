"""Marathon's words for why offers are not used, out of the master's filters."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from barter.core.resources import resources
from barter.core.units import GIB
from barter.frameworks.service.unused_offers import (
    FUNNEL,
    Refusal,
    Standing,
    UnusedOffer,
    reason_of,
    summary_view,
    unused_view,
)

NAMES = st.sampled_from(["active", "public", "volume", "cpus", "mem", "disk", "free ports", "runtime", "zone IS a"])


def test_each_filter_has_one_of_marathons_names() -> None:
    assert reason_of("mem") == "InsufficientMemory"
    assert reason_of("@hostname UNIQUE") == "UnfulfilledConstraint"
    assert reason_of("runtime") == "DeclinedScarceResources"


@given(st.lists(st.tuples(st.lists(NAMES, min_size=1, max_size=4), st.integers(1, 50)), max_size=6), st.integers(0, 99))
def test_each_reason_declines_some_of_those_that_are_left_to_it(said: list[tuple[list[str], int]], fit: int) -> None:
    refusals = tuple(Refusal(tuple(names), agents) for names, agents in said)
    refused = sum(each.agents for each in refusals)
    view = summary_view(Standing(refused + fit, refusals, ""), 5, 0)
    steps = view["rejectSummaryLastOffers"]
    assert [each["reason"] for each in steps] == list(FUNNEL)
    assert steps[0]["processed"] == view["processedOffersCount"] == refused + fit
    for before, after in itertools.pairwise(steps):
        assert after["processed"] == before["processed"] - before["declined"] >= 0
    assert sum(each["declined"] for each in steps) == view["unusedOffersCount"] == refused


def test_an_unused_offer_is_what_is_free_on_an_agent() -> None:
    free = resources(cpus=1_500, mem=2 * GIB)
    verdicts = (("free ports", "wants 1, has none"), ("cpus", "wants 2, 1.5 are free"), ("zone IS a", "zone is b"))
    view = unused_view(UnusedOffer("a-1", "host", free, (("zone", "b"),), verdicts), 1_443_542_391_164)
    assert view["reason"] == ["UnfulfilledConstraint", "InsufficientCpus", "InsufficientPorts"]
    assert {"name": "cpus", "role": "*", "scalar": 1.5} in view["offer"]["resources"]
    assert {"name": "mem", "role": "*", "scalar": 2048.0} in view["offer"]["resources"]
    assert view["offer"]["attributes"] == [{"name": "zone", "text": "b"}]
    assert view["timestamp"] == "2015-09-29T15:59:51.164Z"
    assert view["details"][1] == "cpus: wants 2, 1.5 are free"
