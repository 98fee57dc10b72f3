"""An executor's session with its agent, by plain calls and against any order of events."""

from hypothesis import given
from hypothesis import strategies as st

from barter.core.ids import AgentId, TaskId
from barter.core.machine import Tick
from barter.core.resources import NOTHING
from barter.core.task_state import TaskState
from barter.core.tasks import TaskInfo
from barter.sdk.executor_session import (
    LAST_WORDS_MS,
    RECOVERY_MS,
    Action,
    Connect,
    Disconnected,
    ExecutorSession,
    Exit,
    Kill,
    Launch,
    Lost,
    Message,
    Opened,
    Recorded,
    Registered,
    Reregistered,
    Say,
    SendHello,
    SendStatus,
    Shutdown,
    Stop,
    Welcome,
)

S = TaskState
T = TaskId("t")
TASK = Launch(TaskInfo(T, "t", NOTHING, kill_grace_ms=700), "/sandbox")
WELCOME = Welcome(AgentId("a"))


def connected(now: int = 0) -> ExecutorSession:
    session = ExecutorSession()
    assert session.step(Tick(), now) == [Connect()]
    assert session.step(Opened(), now) == [SendHello((), ())]
    assert session.step(WELCOME, now) == [Registered()]
    return session


def states(actions: list[Action]) -> list[tuple[S, int]]:
    return [(each.reported.status.state, each.reported.sequence) for each in actions if isinstance(each, SendStatus)]


def test_a_task_from_launch_to_its_recorded_end() -> None:
    session = connected()
    assert session.step(TASK, 1) == [TASK]
    assert session.step(TASK, 1) == [], "ordered twice, launched once"
    assert states(session.step(Say(T, S.RUNNING), 2)) == [(S.RUNNING, 1)]
    assert session.step(Kill(T, -1), 3) == [Kill(T, 700)]
    assert states(session.step(Say(T, S.KILLED), 4)) == [(S.KILLED, 2)]
    assert session.step(Say(T, S.FINISHED), 5) == []
    assert session.step(Kill(T, -1), 5) == []
    session.step(Recorded(1), 6)
    session.step(Lost(), 7)
    session.step(Tick(), 7 + 100)
    [hello] = session.step(Opened(), 200)
    assert isinstance(hello, SendHello)
    assert [(each.status.state, each.sequence) for each in hello.statuses] == [(S.KILLED, 2)]
    assert [each.sequence for each in hello.tasks] == [2]


def test_what_is_said_while_the_agent_is_away_comes_with_the_next_hello() -> None:
    session = connected()
    session.step(TASK, 1)
    assert session.step(Lost(), 2) == [Disconnected()]
    assert states(session.step(Say(T, S.RUNNING), 3)) == []
    assert session.step(Tick(), 102) == [Connect()]
    [hello] = session.step(Opened(), 103)
    assert isinstance(hello, SendHello)
    assert [each.status.state for each in hello.statuses] == [S.RUNNING]
    assert session.step(WELCOME, 104) == [Reregistered()]


def test_it_ends_when_all_has_ended_and_is_recorded_or_its_time_is_up() -> None:
    session = connected()
    session.step(TASK, 1)
    assert session.step(Shutdown(4_000), 10) == [Shutdown(4_000)]
    session.step(Say(T, S.KILLED), 11)
    assert [type(each) for each in session.step(Recorded(1), 12)] == [Exit]
    slow = connected()
    slow.step(TASK, 1)
    slow.step(Shutdown(4_000), 10)
    assert [type(each) for each in slow.step(Tick(), 4_009)] == []
    assert [type(each) for each in slow.step(Tick(), 4_010)] == [Exit]


def test_stop_waits_for_what_was_said_and_no_longer() -> None:
    session = connected()
    session.step(TASK, 1)
    session.step(Say(T, S.RUNNING), 2)
    assert session.step(Stop(), 10) == []
    assert session.step(Message(b"late"), 11) == []
    assert [type(each) for each in session.step(Tick(), 10 + LAST_WORDS_MS)] == [Exit]
    assert [type(each) for each in connected().step(Stop(), 10)] == [Exit]


def test_without_an_agent_for_long_it_ends() -> None:
    session = connected()
    session.step(Lost(), 5)
    assert [type(each) for each in session.step(Tick(), 5 + RECOVERY_MS)] == [Shutdown, Exit]


EVENTS = st.one_of(
    st.sampled_from([TASK, Launch(TaskInfo(TaskId("u"), "u", NOTHING), "/s"), Opened(), WELCOME, Lost(), Tick()]),
    st.builds(Say, st.sampled_from([T, TaskId("u")]), st.sampled_from([S.RUNNING, S.KILLED, S.FINISHED, S.GONE])),
    st.builds(Kill, st.sampled_from([T, TaskId("u")]), st.integers(-1, 5)),
    st.builds(Recorded, st.integers(0, 6)),
)


@given(st.lists(st.tuples(EVENTS, st.integers(0, 3_000)), max_size=40))
def test_each_end_is_said_until_recorded_and_sequences_only_grow(events: list[tuple[object, int]]) -> None:
    session = ExecutorSession()
    now, last, recorded = 0, 0, 0
    said: dict[int, S] = {}
    for event, later in events:
        now += later
        actions = session.step(event, now)  # type: ignore[arg-type]
        if isinstance(event, Recorded) and event.sequence <= last:
            recorded = max(recorded, event.sequence)
        for sequence in (number for _, number in states(actions)):
            assert sequence > last
            last = sequence
        for hello in (each for each in actions if isinstance(each, SendHello)):
            waiting = [each.sequence for each in hello.statuses]
            assert waiting == sorted(waiting)
            said |= {each.sequence: each.status.state for each in hello.statuses}
            last = max([last, *waiting])
            assert all(number > recorded or number not in waiting for number in waiting)
    assert S.GONE not in said.values()
