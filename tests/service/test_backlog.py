"""Which events a turn of the service framework has, and that none is lost or turned round."""

from hypothesis import given
from hypothesis import strategies as st

from barter.core.task_state import TaskState
from barter.frameworks.service.backlog import OFFERS, OTHERS, REQUESTS, Backlog
from barter.frameworks.service.events import Event, Offered, Pause, StatusCame
from barter.sdk import AgentId, FrameworkId, Offer, OfferId, Source, TaskId, TaskStatus, resources


def status(number: int) -> StatusCame:
    return StatusCame(TaskStatus(TaskId(f"t{number}"), TaskState.RUNNING, Source.EXECUTOR, number))


def offer(number: int) -> Offer:
    return Offer(OfferId(f"o{number}"), AgentId("a"), FrameworkId("f"), "*", resources(cpus=1), "h", "127.0.0.1")


@given(st.lists(st.one_of(st.booleans(), st.none()), max_size=300))
def test_each_kind_keeps_its_order_and_nothing_is_lost(story: list[bool | None]) -> None:
    backlog, added, taken = Backlog(), list[Event](), list[Event]()
    for number, kind in enumerate(story):
        if kind is None:
            taken += backlog.take()
        else:
            added.append(Pause(number, "d") if kind else status(number))
            backlog.add(added[-1])
    while backlog:
        taken += backlog.take()
    for sort in (Pause, StatusCame):
        assert [each for each in taken if isinstance(each, sort)] == [each for each in added if isinstance(each, sort)]


def test_who_asks_is_in_the_next_turn_with_some_of_what_waited_before() -> None:
    backlog = Backlog()
    for number in range(10 * OTHERS):
        backlog.add(status(number))
    for number in range(2 * REQUESTS):
        backlog.add(Pause(number, "d"))
    turn = backlog.take()
    assert turn[:REQUESTS] == [Pause(number, "d") for number in range(REQUESTS)]
    assert turn[REQUESTS:] == [status(number) for number in range(OTHERS)]


def test_many_offers_come_in_several_turns() -> None:
    backlog, offers = Backlog(), [offer(number) for number in range(3 * OFFERS + 1)]
    backlog.add(Offered(tuple(offers)))
    backlog.add(status(0))
    turns = [backlog.take(), backlog.take(), backlog.take()]
    assert [len(each.offers) for each in turns[0] if isinstance(each, Offered)] == [OFFERS, OFFERS]
    told = [event for turn in turns for event in turn]
    assert [one for each in told if isinstance(each, Offered) for one in each.offers] == offers
    assert told[-1] == status(0)
    assert not backlog
