"""What the session does that a transcript shows badly: bounds, turns, ends."""

import pytest

from barter.core.cluster import FrameworkInfo, InverseOffer
from barter.core.ids import AgentId, FrameworkId, InverseOfferId, OfferId, TaskId
from barter.core.machine import Tick
from barter.core.resources import NOTHING
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskInfo, TaskStatus
from barter.sdk import callbacks as told
from barter.sdk import calls
from barter.sdk import messages as msg
from barter.sdk.session import GOODBYE_MS, TURN, Session

INFO = FrameworkInfo("test")
ID = FrameworkId("abc-1-0001")


def status(task: str, state: TaskState = TaskState.RUNNING, number: int = 1) -> TaskStatus:
    return TaskStatus(TaskId(task), state, Source.EXECUTOR, 0, uuid=f"{task}:{number}")


def connected(info: FrameworkInfo = INFO) -> Session:
    session = Session(info, ["m:1"])
    session.step(msg.Start(), 0)
    session.step(msg.Heard(1, msg.Subscribed(ID, 1, 1000)), 0)
    session.step(msg.Invoked(1), 0)
    return session


def sent(actions: list[msg.Action]) -> list[calls.Call]:
    return [action.call for action in actions if isinstance(action, msg.Send)]


def invoked(actions: list[msg.Action]) -> list[told.Callback]:
    return [callback for action in actions if isinstance(action, msg.Invoke) for callback in action.callbacks]


def heard(session: Session, event: msg.MasterEvent, link: int = 1) -> list[msg.Action]:
    return session.step(msg.Heard(link, event), 0)


def test_many_statuses_come_in_turns_and_each_turn_is_one_acknowledgement() -> None:
    session = connected()
    updates = tuple(status(f"t{n}") for n in range(TURN + 10))
    first = heard(session, msg.Update(updates))
    assert len(invoked(first)) == TURN
    second = session.step(msg.Invoked(TURN), 0)
    assert [len(call.acks) for call in sent(second) if isinstance(call, calls.Acknowledge)] == [TURN]
    assert len(invoked(second)) == 10


def test_a_repeated_status_is_acknowledged_and_not_told() -> None:
    session = connected()
    heard(session, msg.Update((status("a"),)))
    session.step(msg.Invoked(1), 0)
    again = heard(session, msg.Update((status("a"),)))
    assert again == [msg.Send(calls.Acknowledge(((TaskId("a"), "a:1"),)))]


def test_an_end_is_told_once_whoever_tells_it_and_again_when_the_framework_asks() -> None:
    session = connected()
    answer = TaskStatus(TaskId("a"), TaskState.FINISHED, Source.MASTER, 0, reason=Reason.COMMAND_EXITED)
    told_first = heard(session, msg.Update((status("a", TaskState.FINISHED, 2), answer)))
    assert [each.status.uuid for each in invoked(told_first) if isinstance(each, told.StatusUpdate)] == ["a:2"]
    session.step(msg.Invoked(1), 0)
    assert heard(session, msg.Update((answer,))) == []
    heard(session, msg.Update((status("b", TaskState.FINISHED, 0),)))
    session.step(msg.Invoked(1), 0)
    late = heard(session, msg.Update((status("b", TaskState.FINISHED, 1),)))
    assert late == [msg.Send(calls.Acknowledge(((TaskId("b"), "b:1"),)))]
    session.step(calls.Reconcile((TaskId("a"),)), 0)
    assert len(invoked(heard(session, msg.Update((answer,))))) == 1


def test_a_task_that_went_with_its_agent_may_come_back_and_end_once_more() -> None:
    session = connected()
    gone = TaskStatus(TaskId("a"), TaskState.GONE, Source.MASTER, 0, reason=Reason.AGENT_REMOVED)
    back = TaskStatus(TaskId("a"), TaskState.RUNNING, Source.MASTER, 0, reason=Reason.RETURNED_LATE)
    for update, news in ((gone, 1), (gone, 0), (back, 1), (gone, 1)):
        assert len(invoked(heard(session, msg.Update((update,))))) == news
        session.step(msg.Invoked(news), 0)
    assert session.tasks == {}
    assert len(invoked(heard(session, msg.Update((status("a", TaskState.FINISHED, 7),))))) == 1
    session.step(msg.Invoked(1), 0)
    assert invoked(heard(session, msg.Update((status("a", TaskState.FINISHED, 8),)))) == []


def test_a_repeat_in_the_same_turn_waits_for_the_callback() -> None:
    session = connected()
    actions = heard(session, msg.Update((status("a"), status("a"))))
    assert len(invoked(actions)) == 1
    assert not sent(actions)
    assert sent(session.step(msg.Invoked(1), 0)) == [calls.Acknowledge(((TaskId("a"), "a:1"),) * 2)]


def going(name: str, *tasks: str) -> msg.InverseOffers:
    named = tuple(map(TaskId, tasks))
    return msg.InverseOffers((InverseOffer(InverseOfferId(name), AgentId("a1"), ID, "h1", named, 1, 2),))


def with_release(*, told_while_connected: bool) -> Session:
    """Of t1 and t2, named in I1, t1 is released; the link is lost, and the next one stands."""
    session = connected()
    heard(session, going("I1", "t1", "t2"))
    session.step(msg.Invoked(1), 0)
    release = calls.Release((TaskId("t1"),))
    if told_while_connected:
        assert sent(session.step(release, 0)) == [release]
    session.step(msg.LinkLost(1, "gone"), 0)
    session.step(msg.Invoked(1), 0)
    if not told_while_connected:
        assert sent(session.step(release, 0)) == []
    session.step(Tick(), 10_000)
    assert calls.Release not in map(type, sent(heard(session, msg.Subscribed(ID, 2, 1000), 2)))
    session.step(msg.Invoked(1), 10_000)
    return session


@pytest.mark.parametrize("told_while_connected", [True, False])
def test_a_release_that_was_not_heard_is_told_when_its_inverse_offer_comes_again(told_while_connected: bool) -> None:
    session = with_release(told_while_connected=told_while_connected)
    assert sent(heard(session, going("I1", "t1", "t2"), 2)) == [calls.Release((TaskId("t1"),))]


def test_a_release_does_not_answer_a_later_inverse_offer() -> None:
    session = with_release(told_while_connected=False)
    assert sent(heard(session, going("I2", "t1"), 2)) == []
    session.step(msg.Invoked(1), 0)
    assert sent(heard(session, going("I2", "t1"), 2)) == []


def test_a_release_ends_with_the_inverse_offer_and_with_the_task() -> None:
    session = with_release(told_while_connected=False)
    heard(session, msg.RescindInverse((InverseOfferId("I1"),)), 2)
    session.step(msg.Invoked(1), 0)
    assert sent(heard(session, going("I1", "t1"), 2)) == []
    session = with_release(told_while_connected=False)
    heard(session, msg.Update((status("t1", TaskState.KILLED),)), 2)
    session.step(msg.Invoked(1), 0)
    assert sent(heard(session, going("I1", "t1"), 2)) == []


def test_stop_in_a_callback_acknowledges_only_what_was_called() -> None:
    session = connected()
    heard(session, msg.Update((status("a"), status("b"))))
    assert session.step(msg.Stop(failover=True), 0) == []
    actions = session.step(msg.Invoked(1), 0)
    assert sent(actions) == [calls.Acknowledge(((TaskId("a"), "a:1"),))]
    assert isinstance(actions[-1], msg.Finish)
    assert actions[-1].code == 0


def test_stop_tears_down_and_ends_with_the_link() -> None:
    session = connected()
    actions = session.step(msg.Stop(), 0)
    assert sent(actions) == [calls.Teardown()]
    assert msg.KeepId(FrameworkId("")) in actions
    end = session.step(msg.LinkLost(1, "done"), 5)
    assert [action for action in end if isinstance(action, msg.Finish)] == [msg.Finish(0, "stopped")]
    assert session.next_wakeup() is None


def test_stop_does_not_wait_for_ever() -> None:
    session = connected()
    session.step(msg.Stop(), 0)
    assert session.next_wakeup() == GOODBYE_MS
    assert isinstance(session.step(Tick(), GOODBYE_MS)[-1], msg.Finish)


def test_a_fatal_error_ends_with_code_1_and_says_why() -> None:
    session = connected()
    (finish,) = heard(session, msg.Refusal("another process took it over", fatal=True))
    assert isinstance(finish, msg.Finish)
    assert finish.code == 1
    assert finish.error == "another process took it over"
    assert str(ID) in finish.reason
    assert heard(session, msg.Update((status("a"),))) == []


def test_launch_while_disconnected_drops_every_task() -> None:
    session = Session(INFO, ["m:1"])
    tasks = tuple(TaskInfo(TaskId(name), name, NOTHING) for name in ("a", "b"))
    actions = session.step(calls.Launch((OfferId("o"),), tasks), 7)
    statuses = [item.status for item in invoked(actions) if isinstance(item, told.StatusUpdate)]
    assert [(s.task_id, s.state, s.reason) for s in statuses] == [
        ("a", TaskState.DROPPED, Reason.MASTER_DISCONNECTED),
        ("b", TaskState.DROPPED, Reason.MASTER_DISCONNECTED),
    ]
    assert not session.tasks
    assert not sent(session.step(msg.Invoked(2), 7))


def test_a_launch_that_fits_no_wire_is_an_error_of_its_tasks() -> None:
    session = connected()
    launch = calls.Launch((OfferId("o"),), (TaskInfo(TaskId("a"), "a", NOTHING),))
    session.step(launch, 0)
    actions = session.step(msg.Unsendable(launch, "too large"), 0)
    assert sent(actions) == [calls.Decline((OfferId("o"),))]
    (callback,) = invoked(actions)
    assert isinstance(callback, told.StatusUpdate)
    assert callback.status.state is TaskState.ERROR
    assert not session.tasks


def test_a_process_that_takes_up_a_framework_asks_for_all_its_tasks() -> None:
    session = Session(FrameworkInfo("test", ID), ["m:1"])
    session.step(msg.Start(), 0)
    actions = heard(session, msg.Subscribed(ID, 1, 1000))
    assert sent(actions) == [calls.Reconcile()]
    assert invoked(actions) == [told.Registered(ID)]


def again_registered(session: Session, link: int) -> list[calls.Call]:
    """What it says to the next master, after the one on the link before was lost."""
    session.step(msg.LinkLost(link - 1, "gone"), 0)
    session.step(Tick(), 60_000)
    return sent(heard(session, msg.Subscribed(ID, 1, 1000), link))


def test_a_question_about_all_tasks_is_asked_of_the_next_master_too() -> None:
    """The one before may have ended before all agents were back: what they brought later was never told."""
    session = Session(FrameworkInfo("test", ID), ["m:1"])
    session.step(msg.Start(), 0)
    heard(session, msg.Subscribed(ID, 1, 1000))
    session.step(msg.Invoked(1), 0)
    heard(session, msg.Update((status("t1"),)))
    session.step(msg.Invoked(1), 0)
    assert again_registered(session, 2) == [calls.Reconcile((TaskId("t1"),)), calls.Reconcile()]


def test_a_question_is_asked_of_the_next_master_until_it_is_answered() -> None:
    session = connected()
    session.step(calls.Reconcile((TaskId("t1"), TaskId("t2"))), 0)
    answer = TaskStatus(TaskId("t1"), TaskState.LOST, Source.MASTER, 0, reason=Reason.RECONCILIATION)
    heard(session, msg.Update((answer,)))
    session.step(msg.Invoked(1), 0)
    assert again_registered(session, 2) == [calls.Reconcile((TaskId("t2"),))]


def test_events_of_an_old_link_change_nothing() -> None:
    session = connected()
    session.step(msg.LinkLost(1, "reset"), 0)
    session.step(Tick(), 1000)
    before = session.next_wakeup()
    assert heard(session, msg.Subscribed(ID, 1, 1000), link=1) == []
    assert session.step(msg.LinkLost(1, "reset"), 0) == []
    assert session.next_wakeup() == before


def test_a_silent_master_is_left() -> None:
    session = connected()
    at = session.next_wakeup()
    assert at == 3000
    assert session.step(Tick(), 3000) == []
    assert session.step(Tick(), 3999) == []
    actions = session.step(Tick(), 4000)
    assert isinstance(actions[0], msg.Disconnect)
    assert invoked(actions) == [told.Disconnected()]


def test_known_tasks_are_only_those_that_live() -> None:
    session = connected()
    names = [f"t{n}" for n in range(50)]
    session.step(calls.Launch((OfferId("o"),), tuple(TaskInfo(TaskId(n), n, NOTHING) for n in names)), 0)
    assert set(session.tasks.values()) == {TaskState.STAGING}
    heard(session, msg.Update(tuple(status(name, TaskState.FINISHED) for name in names[1:])))
    assert session.tasks == {TaskId("t0"): TaskState.STAGING}


def test_a_kill_is_told_again_when_the_master_says_that_its_task_lives() -> None:
    """A master that has just started passes on no kill of a task whose agent is not back yet."""
    session = connected()
    heard(session, msg.Update((status("t1"),)))
    session.step(msg.Invoked(1), 0)
    kill = calls.Kill(TaskId("t1"))
    assert sent(session.step(kill, 0)) == [kill]
    assert kill not in sent(heard(session, msg.Update((status("t1", number=2),))))
    session.step(msg.Invoked(1), 0)
    answer = TaskStatus(TaskId("t1"), TaskState.RUNNING, Source.MASTER, 0)
    assert kill in sent(heard(session, msg.Update((answer,))))
    session.step(msg.Invoked(1), 0)
    heard(session, msg.Update((status("t1", TaskState.KILLING, 3),)))
    session.step(msg.Invoked(1), 0)
    assert kill not in sent(heard(session, msg.Update((answer,))))


def test_a_kill_is_told_again_of_a_task_this_process_had_not_heard_of_yet() -> None:
    """A new process kills what its store remembers, before the master has told it of its tasks."""
    session = connected()
    kill = calls.Kill(TaskId("t1"))
    assert sent(session.step(kill, 0)) == [kill]
    away = TaskStatus(TaskId("t1"), TaskState.UNREACHABLE, Source.MASTER, 0, reason=Reason.AGENT_UNREACHABLE)
    assert kill not in sent(heard(session, msg.Update((away,))))
    session.step(msg.Invoked(1), 0)
    back = TaskStatus(TaskId("t1"), TaskState.RUNNING, Source.MASTER, 0, reason=Reason.RECONCILIATION)
    assert kill in sent(heard(session, msg.Update((back,))))


def test_a_master_of_a_lower_epoch_is_left_and_said_so_once() -> None:
    session = connected()
    session.step(msg.LinkLost(1, "gone"), 0)
    session.step(Tick(), 2_000)
    session.step(msg.Heard(2, msg.Subscribed(ID, 5, 1000)), 2_000)
    session.step(msg.LinkLost(2, "gone"), 2_001)
    now, said = 2_001, list[str]()
    for link in (3, 4):
        now += 2_000
        [connect] = session.step(Tick(), now)
        assert isinstance(connect, msg.Connect)
        actions = session.step(msg.Heard(link, msg.Subscribed(ID, 4, 1000)), now)
        assert isinstance(actions[-1], msg.Disconnect)
        assert not session.connected
        said += [action.message for action in actions if isinstance(action, msg.Say)]
    assert [line for line in said if "its epoch 4 is over, 5 has spoken already" in line] == said
    assert len(said) == 1


def test_the_first_of_two_with_one_id_is_told_and_ends() -> None:
    session = connected()
    [finish] = heard(session, msg.Refusal("taken over by another process", fatal=True))
    assert isinstance(finish, msg.Finish)
    assert (finish.code, finish.error) == (1, "taken over by another process")
    assert session.next_wakeup() is None
