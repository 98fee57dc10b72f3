"""Both ends of telling demands and services as updates: the master ends up with what the framework wants, in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.cluster import Demand, Service, ServicePort
from barter.core.ids import DemandId
from barter.core.resources import resources
from barter.master.shell import wishes as master
from barter.sdk import calls
from barter.sdk.shell import wishes as sdk

DEMANDS = st.lists(
    st.builds(lambda name, count: Demand(DemandId(name), resources(cpus=100), count),
              st.sampled_from("abcd"), st.integers(0, 2)), max_size=5,
)  # fmt: skip
SERVICES = st.lists(
    st.builds(
        lambda name, number: Service(name, (ServicePort("http", number),)), st.sampled_from("abcd"), st.integers(0, 2)
    ),
    max_size=5,
)


@given(st.lists(st.tuples(DEMANDS, SERVICES), max_size=6), st.integers(0, 3))
def test_the_master_has_what_was_told_last(told: list[tuple[list[Demand], list[Service]]], understood: int) -> None:
    one, other = sdk.Wishes(), master.Wishes()
    for turn, (demands, services) in enumerate(told):
        one.takes_updates = turn >= understood
        heard = other.demands(1, one.to_wire(calls.SetDemands(tuple(demands))).demands)
        assert heard.demands == tuple(demands)
        named = other.services(1, one.to_wire(calls.SetServices(tuple(services))).services)
        assert named.services == tuple(services)


def test_what_could_not_be_told_is_not_taken_for_told() -> None:
    one, other = sdk.Wishes(), master.Wishes()
    one.takes_updates = True
    a, b = Service("a", (ServicePort("http", 1),)), Service("b", (ServicePort("http", 2),))
    other.services(1, one.to_wire(calls.SetServices((a,))).services)
    with pytest.raises(ValueError, match="range"):
        one.to_wire(calls.SetServices((b, Service("c", (ServicePort("http", 1 << 40),)))))
    heard = other.services(1, one.to_wire(calls.SetServices((a, b))).services)
    assert heard.services == (a, b)


def test_what_has_not_changed_is_not_sent_again() -> None:
    many = tuple(Demand(DemandId(f"d{number}"), resources(cpus=100), 1) for number in range(50))
    one = sdk.Wishes()
    one.takes_updates = True
    assert len(one.to_wire(calls.SetDemands(many)).demands.demands) == 50
    again = one.to_wire(calls.SetDemands(many[1:])).demands
    assert (again.update, list(again.removed), len(again.demands)) == (True, ["d0"], 0)
