"""Calls of one turn become fewer messages that mean the same."""

from barter.core.cluster import Demand, Filters
from barter.core.ids import DemandId, OfferId, TaskId
from barter.core.resources import NOTHING
from barter.sdk.calls import Acknowledge, Call, Decline, Kill, Launch, Revive, SetDemands, Suppress, Teardown, coalesce


def ack(*numbers: int) -> Acknowledge:
    return Acknowledge(tuple((TaskId(f"t{n}"), f"t{n}:1") for n in numbers))


def demand(count: int) -> SetDemands:
    return SetDemands((Demand(DemandId("web"), NOTHING, count),))


def decline(name: str, refuse_ms: int = 5_000) -> Decline:
    return Decline((OfferId(name),), Filters(refuse_ms))


def test_acknowledgements_become_one_behind_the_launches() -> None:
    launch = Launch((OfferId("o1"),), ())
    assert coalesce([ack(1), launch, ack(2), ack(3)]) == [launch, ack(1, 2, 3)]


def test_a_teardown_stays_the_last_word() -> None:
    assert coalesce([ack(1), Teardown(), ack(2)]) == [ack(1, 2), Teardown()]


def test_only_the_last_demands_are_sent() -> None:
    assert coalesce([demand(3), Kill(TaskId("a")), demand(2)]) == [Kill(TaskId("a")), demand(2)]
    assert coalesce([demand(2), demand(2)]) == [demand(2)]


def test_neighbouring_declines_become_one_under_the_same_filters() -> None:
    calls: list[Call] = [decline("a"), decline("b"), decline("c", 0), Kill(TaskId("t")), decline("d", 0)]
    merged = Decline((OfferId("a"), OfferId("b")))
    assert coalesce(calls) == [merged, decline("c", 0), Kill(TaskId("t")), decline("d", 0)]


def test_suppress_and_revive_keep_their_order() -> None:
    assert coalesce([Suppress(), Suppress(), Revive(), Suppress()]) == [Suppress(), Revive(), Suppress()]
