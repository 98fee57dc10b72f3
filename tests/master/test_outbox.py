"""Many small messages become few large ones, in order, and a peer that does not read is noticed."""

from hypothesis import given
from hypothesis import strategies as st

from barter.core.ids import FrameworkId, TaskId
from barter.core.task_state import TaskState
from barter.master import joining
from barter.master.joining import Message, joined, size
from barter.master.messages import Acknowledge, Error, Run, Update
from barter.master.shell import outbox
from barter.master.shell.outbox import Outbox
from tests.master.world import status, task

F1, F2 = FrameworkId("f1"), FrameworkId("f2")
MESSAGES = st.one_of(
    st.integers(0, 3).map(lambda n: Update(tuple(status(f"u{i}", TaskState.RUNNING) for i in range(n)))),
    st.integers(0, 3).map(lambda n: Acknowledge(tuple((F1, TaskId(f"a{i}"), "x") for i in range(n)))),
    st.sampled_from([F1, F2]).map(lambda framework_id: Run(framework_id, (task("t"),))),
    st.text(max_size=3).map(Error),
)


def flat(messages: list[Message]) -> list[object]:
    items: list[object] = []
    for message in messages:
        match message:
            case Update(statuses):
                items += statuses
            case Acknowledge(acks):
                items += acks
            case Run(framework_id, tasks):
                items += [(framework_id, each) for each in tasks]
            case _:
                items.append(message)
    return items


@given(st.lists(MESSAGES, min_size=1, max_size=12))
def test_joining_keeps_everything_in_order(messages: list[Message]) -> None:
    together = joined(messages)
    assert flat(together) == flat(messages)
    assert len(together) <= len(messages)


def test_neighbours_of_a_kind_become_one_within_bounds() -> None:
    update = Update((status("t1", TaskState.RUNNING),))
    assert joined([update, update, Error("x"), update]) == [Update(update.statuses * 2), Error("x"), update]
    many = joined([update] * (joining.JOINED_MOST + 1))
    assert [size(message) for message in many] == [joining.JOINED_MOST, 1]


def test_runs_of_two_frameworks_stay_apart() -> None:
    first, second = Run(F1, (task("t1"),)), Run(F2, (task("t2"),))
    assert joined([first, second]) == [first, second]


def test_what_waits_comes_first_then_a_heartbeat_then_nothing_more() -> None:
    box = Outbox()
    box.put(Error("one"))
    box.beat()
    assert box.take() == [Error("one")]
    assert box.take() is None
    box.beat()
    assert box.take() == []
    box.put(Error("two"))
    box.close()
    box.beat()
    box.put(Error("too late"))
    assert box.take() == [Error("two")]
    assert box.take() is None


def test_much_at_once_is_fine_and_much_for_long_is_not() -> None:
    box = Outbox()
    box.put(Update((status("t1", TaskState.RUNNING),) * (outbox.WAITING_MOST + 1)))
    for _ in range(outbox.BEATS_MOST):
        box.beat()
    assert not box.overfull
    box.beat()
    assert box.overfull
