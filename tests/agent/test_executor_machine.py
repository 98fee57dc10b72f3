"""The executor's core by plain calls."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.agent.executor.actions import (
    Action,
    Connect,
    EndTask,
    Exit,
    Release,
    RunCheck,
    SendHello,
    SendStatus,
    StartTask,
    StopChecks,
)
from barter.agent.executor.events import (
    Checked,
    Connected,
    Disconnected,
    Ended,
    Event,
    Held,
    Kill,
    Launch,
    NotStarted,
    Order,
    Pulling,
    Recorded,
    Started,
    Stop,
    TaskKey,
)
from barter.agent.executor.kill import REPEAT_MS
from barter.agent.executor.machine import IDLE_MS, KILLED_UNNOTED, LAST_WORDS_MS, Executor
from barter.core.ids import FrameworkId, TaskId
from barter.core.machine import Tick
from barter.core.resources import resources
from barter.core.task_state import TaskState, advance
from barter.core.tasks import (
    CheckKind,
    CheckResult,
    HealthCheck,
    ReadinessCheck,
    Reason,
    StatusCheck,
    TaskInfo,
    TaskStatus,
)

TASK = TaskInfo(TaskId("t1"), "t1", resources(mem=32 << 20), kill_grace_ms=3_000)
ORDER = Order(FrameworkId("f"), TASK, "/sandbox", "barter.a.f.t1")
KEY = ORDER.key
CHECK = HealthCheck(CheckKind.TCP, port=80, grace_ms=0, interval_ms=1_000, timeout_ms=500, max_failures=2)


def connected() -> Executor:
    executor = Executor()
    assert executor.step(Tick(), 0) == [Connect()]
    executor.step(Connected(), 0)
    return executor


def running(order: Order = ORDER) -> Executor:
    executor = connected()
    executor.step(Launch((order,)), 0)
    executor.step(Started(order.key), 0)
    return executor


def said(actions: list[Action]) -> list[TaskStatus]:
    return [action.status.status for action in actions if isinstance(action, SendStatus)]


def states(actions: list[Action]) -> list[TaskState]:
    return [status.state for status in said(actions)]


def test_a_task_from_launch_to_release() -> None:
    executor = connected()
    assert executor.step(Launch((ORDER,)), 1) == [StartTask(ORDER)]
    assert states(executor.step(Started(KEY), 2)) == [TaskState.RUNNING]
    [status] = said(executor.step(Ended(KEY, 0), 3))
    assert (status.state, status.exit_code, status.timestamp_ms) == (TaskState.FINISHED, 0, 3)
    assert executor.step(Recorded(1), 4) == []
    assert executor.step(Recorded(2), 5) == [Release(KEY)]
    assert executor.held == 0


def test_starting_is_said_only_while_an_image_is_pulled() -> None:
    executor = connected()
    executor.step(Launch((ORDER,)), 0)
    [status] = said(executor.step(Pulling(KEY, "busybox"), 1))
    assert (status.state, status.message) == (TaskState.STARTING, "pulling busybox")
    assert executor.step(Pulling(KEY, "busybox"), 2) == []
    [status] = said(executor.step(Pulling(KEY, "busybox", "1MiB of 9MiB"), 3))
    assert (status.state, status.message) == (TaskState.STARTING, "pulling busybox: 1MiB of 9MiB")
    assert executor.step(Pulling(KEY, "busybox", "1MiB of 9MiB"), 4) == []
    executor.step(Started(KEY), 5)
    assert executor.step(Pulling(KEY, "busybox", "2MiB of 9MiB"), 6) == []


def test_a_task_it_holds_is_not_launched_again_even_when_ended() -> None:
    executor = running()
    assert executor.step(Launch((ORDER,)), 1) == []
    executor.step(Ended(KEY, 0), 2)
    assert executor.step(Launch((ORDER,)), 3) == []


@pytest.mark.parametrize(
    ("end", "state", "reason", "message"),
    [
        (Ended(KEY, 3), TaskState.FAILED, Reason.COMMAND_EXITED, "exited with status 3"),
        (Ended(KEY, 139, "SIGSEGV"), TaskState.FAILED, Reason.COMMAND_EXITED, "ended by SIGSEGV"),
        (
            Ended(KEY, 1, disk_full=True),
            TaskState.FAILED,
            Reason.DISK_FULL,
            "exited with status 1; the disk of its sandbox was full: free space on the agent, or have it write less",
        ),
        (
            Ended(KEY, 137, "SIGKILL", True),
            TaskState.FAILED,
            Reason.MEMORY_LIMIT,
            "needed more memory than its limit of 32MiB",
        ),
        (
            Ended(KEY, None),
            TaskState.FAILED,
            Reason.COMMAND_EXITED,
            "ended while nobody watched; exit status unknown",
        ),
    ],
)
def test_how_it_ended(end: Ended, state: TaskState, reason: Reason, message: str) -> None:
    [status] = said(running().step(end, 1))
    assert (status.state, status.reason, status.message, status.exit_code) == (state, reason, message, end.exit_code)


def test_a_failed_launch_says_why() -> None:
    executor = connected()
    executor.step(Launch((ORDER,)), 0)
    [status] = said(executor.step(NotStarted(KEY, Reason.IMAGE_FAILED, "no image"), 1))
    assert (status.state, status.reason, status.message) == (TaskState.FAILED, Reason.IMAGE_FAILED, "no image")


def test_a_kill_is_term_then_kill_for_as_long_as_it_lives() -> None:
    executor = running()
    actions = executor.step(Kill(KEY, None, "scaled in"), 100)
    assert states(actions) == [TaskState.KILLING]
    assert actions[-1] == EndTask(KEY, force=False, reason="scaled in", why=Reason.KILLED_BY_FRAMEWORK)
    assert executor.next_wakeup() == 3_100
    assert executor.step(Tick(), 3_099) == []
    [forced] = executor.step(Tick(), 3_100)
    assert isinstance(forced, EndTask)
    assert forced.force
    assert executor.next_wakeup() == 3_100 + REPEAT_MS
    [status] = said(executor.step(Ended(KEY, 137, "SIGKILL"), 3_200))
    assert (status.state, status.reason) == (TaskState.KILLED, Reason.KILLED_BY_FRAMEWORK)
    assert status.message == "scaled in; ended by SIGKILL"


def test_a_second_kill_can_only_be_sooner() -> None:
    executor = running()
    executor.step(Kill(KEY, 10_000), 0)
    assert executor.step(Kill(KEY, 50_000), 1) == []
    assert executor.next_wakeup() == 10_000
    assert executor.step(Kill(KEY, 1_000), 2) == []
    assert executor.next_wakeup() == 1_002


def test_a_kill_before_the_start_ends_it_as_killed() -> None:
    executor = connected()
    executor.step(Launch((ORDER,)), 0)
    assert states(executor.step(Kill(KEY), 1)) == [TaskState.KILLING]
    assert executor.step(Started(KEY), 2) == []
    assert states(executor.step(NotStarted(KEY, Reason.LAUNCH_FAILED, "killed"), 3)) == [TaskState.KILLED]


def test_health_is_told_when_it_changes_and_kills_after_failures_in_a_row() -> None:
    order = replace(ORDER, task=replace(TASK, health_checks=(CHECK,)))
    executor = running(order)
    assert executor.step(Tick(), 0) == [RunCheck(order, CHECK)]
    [status] = said(executor.step(Checked(KEY, CHECK, True, "ok"), 10))
    assert (status.state, status.healthy) == (TaskState.RUNNING, True)
    assert executor.step(Tick(), 1_010) == [RunCheck(order, CHECK)]
    [status] = said(executor.step(Checked(KEY, CHECK, False, "refused"), 1_020))
    assert (status.healthy, status.message) == (False, "refused")
    executor.step(Tick(), 2_020)
    actions = executor.step(Checked(KEY, CHECK, False, "refused"), 2_030)
    [status] = said(actions)
    assert (status.state, status.reason) == (TaskState.KILLING, Reason.KILLED_BY_HEALTH_CHECK)
    [status] = said(executor.step(Ended(KEY, 143, "SIGTERM"), 2_040))
    assert (status.state, status.reason, status.healthy) == (TaskState.KILLED, Reason.KILLED_BY_HEALTH_CHECK, False)


READY = ReadinessCheck(CheckKind.TCP, port=80, delay_ms=500, interval_ms=1_000, timeout_ms=500)


def test_readiness_is_told_apart_from_health_and_never_kills() -> None:
    order = replace(ORDER, task=replace(TASK, health_checks=(CHECK,), readiness_check=READY))
    executor = connected()
    executor.step(Launch((order,)), 0)
    [status] = said(executor.step(Started(KEY, "10.1.2.3"), 0))
    assert (status.ready, status.healthy, status.address) == (False, None, "10.1.2.3")
    assert executor.step(Tick(), 0) == [RunCheck(order, CHECK, "10.1.2.3")]
    [status] = said(executor.step(Checked(KEY, CHECK, True, "ok"), 10))
    assert (status.ready, status.healthy) == (False, True)
    assert executor.step(Tick(), 500) == [RunCheck(order, READY, "10.1.2.3")]
    assert executor.step(Checked(KEY, READY, False, "503"), 510) == []
    assert executor.step(Tick(), 610) == [RunCheck(order, READY, "10.1.2.3")]
    [status] = said(executor.step(Checked(KEY, READY, True, "200"), 620))
    assert (status.state, status.reason, status.message) == (TaskState.RUNNING, Reason.READINESS_CHECK, "200")
    assert (status.ready, status.healthy) == (True, True)
    for now in range(700, 20_000, 100):
        for action in executor.step(Tick(), now):
            assert action == RunCheck(order, CHECK, "10.1.2.3")
            executor.step(Checked(KEY, CHECK, True, "ok"), now)


def test_it_is_healthy_when_all_its_checks_say_so() -> None:
    other = replace(CHECK, port=81)
    order = replace(ORDER, task=replace(TASK, health_checks=(CHECK, other)))
    executor = running(order)
    assert executor.step(Tick(), 0) == [RunCheck(order, CHECK), RunCheck(order, other)]
    assert said(executor.step(Checked(KEY, CHECK, True, "ok"), 10)) == []
    [status] = said(executor.step(Checked(KEY, other, True, "ok"), 10))
    assert status.healthy is True
    executor.step(Tick(), 1_010)
    [status] = said(executor.step(Checked(KEY, other, False, "refused"), 1_020))
    assert (status.healthy, status.message) == (False, "refused")
    assert said(executor.step(Checked(KEY, CHECK, True, "ok"), 1_020)) == []
    executor.step(Tick(), 2_020)
    [status] = said(executor.step(Checked(KEY, other, False, "refused"), 2_030))
    assert (status.state, status.reason) == (TaskState.KILLING, Reason.KILLED_BY_HEALTH_CHECK)


def test_a_status_check_tells_what_it_finds_and_nothing_follows() -> None:
    check = StatusCheck(CheckKind.HTTP, 80, delay_ms=50, interval_ms=1_000)
    order = replace(ORDER, task=replace(TASK, status_check=check))
    executor = running(order)
    assert executor.step(Tick(), 0) == []
    assert executor.step(Tick(), 50) == [RunCheck(order, check)]
    [status] = said(executor.step(Checked(KEY, check, False, "answered HTTP 503", 503), 60))
    assert (status.check, status.healthy) == (CheckResult(CheckKind.HTTP, 503), None)
    assert (status.state, status.reason) == (TaskState.RUNNING, Reason.STATUS_CHECK)
    for now, ok, found, told in ((1_060, False, 503, 0), (2_060, None, None, 0), (3_060, False, None, 1)):
        assert executor.step(Tick(), now) == [RunCheck(order, check)]
        assert len(said(executor.step(Checked(KEY, check, ok, "", found), now))) == told
    [status] = said(executor.step(Ended(KEY, 0), 4_000))
    assert status.check == CheckResult(CheckKind.HTTP, None)


def test_a_check_under_way_is_dropped_when_its_task_ends_or_is_killed() -> None:
    order = replace(ORDER, task=replace(TASK, health_checks=(CHECK,), readiness_check=READY))
    for event in (Ended(KEY, 0), Kill(KEY)):
        executor = running(order)
        executor.step(Tick(), 0)
        assert [each.key for each in executor.step(event, 5) if isinstance(each, StopChecks)] == [KEY]
        assert executor.step(Checked(KEY, CHECK, True, "late"), 6) == []
    idle = running(order)
    assert not [each for each in idle.step(Kill(KEY), 5) if isinstance(each, StopChecks)]


def test_a_found_task_says_nothing_of_readiness_until_it_is_checked() -> None:
    executor = connected()
    executor.step(Held(replace(ORDER, task=replace(TASK, readiness_check=READY)), address="10.1.2.3"), 100)
    [check] = executor.step(Tick(), 100)
    assert isinstance(check, RunCheck)
    [status] = said(executor.step(Checked(KEY, READY, True, "ok"), 110))
    assert (status.ready, status.address) == (True, "10.1.2.3")


def test_hello_tells_every_task_and_what_was_not_recorded() -> None:
    executor = running()
    executor.step(Disconnected(), 1)
    assert executor.step(Ended(KEY, 0), 2) == []
    assert executor.step(Tick(), 101) == [Connect()]
    [hello] = executor.step(Connected(), 102)
    assert isinstance(hello, SendHello)
    assert [(each.status.state, each.sequence) for each in hello.tasks] == [(TaskState.FINISHED, 2)]
    assert [each.sequence for each in hello.statuses] == [1, 2]


def test_tasks_of_an_earlier_executor_are_told_but_not_as_news() -> None:
    executor = Executor()
    other = replace(ORDER, task=replace(TASK, task_id=TaskId("t2")))
    assert executor.step(Held(ORDER), 0) == []
    assert executor.step(Held(other, killing=True), 0) == [
        EndTask(other.key, force=False, reason=KILLED_UNNOTED, why=Reason.EXECUTOR_LOST)
    ]
    assert executor.step(Tick(), 1) == [Connect()]
    [hello] = executor.step(Connected(), 1)
    assert isinstance(hello, SendHello)
    assert [(each.status.state, each.sequence) for each in hello.tasks] == [
        (TaskState.RUNNING, 0),
        (TaskState.KILLING, 1),
    ]


def test_stop_ends_all_then_exits_once_all_is_recorded() -> None:
    executor = running()
    actions = executor.step(Stop(kill=True), 0)
    assert states(actions) == [TaskState.KILLING]
    refused = replace(ORDER, task=replace(TASK, task_id=TaskId("t2")))
    assert states(executor.step(Launch((refused,)), 1)) == [TaskState.DROPPED]
    executor.step(Ended(KEY, 0), 2)
    executor.step(Recorded(4), 3)
    assert [type(action) for action in executor.step(Tick(), 3)] == [Exit]


def test_stop_does_not_wait_for_ever_for_an_agent_that_records_nothing() -> None:
    executor = running()
    executor.step(Stop(kill=True), 0)
    executor.step(Ended(KEY, 0), 5)
    assert executor.step(Tick(), 4 + LAST_WORDS_MS) == []
    assert [type(action) for action in executor.step(Tick(), 5 + LAST_WORDS_MS)] == [Release, Exit]


def test_without_agent_and_tasks_it_ends_by_itself_but_never_with_tasks() -> None:
    executor = running()
    executor.step(Disconnected(), 0)
    assert executor.step(Tick(), 10 * IDLE_MS) == [Connect()]
    executor.step(Ended(KEY, 0), 10 * IDLE_MS)
    assert executor.next_wakeup() == 11 * IDLE_MS
    [end] = executor.step(Tick(), 11 * IDLE_MS)
    assert isinstance(end, Exit)


KEYS = [TaskKey(FrameworkId("f"), TaskId(f"t{number}")) for number in range(3)]


def order_of(key: TaskKey) -> Order:
    return Order(
        key.framework_id, replace(TASK, task_id=key.task_id, health_checks=(CHECK,), readiness_check=READY), "/s", "c"
    )


keys = st.sampled_from(KEYS)
events: st.SearchStrategy[Event | Tick] = st.one_of(
    keys.map(lambda key: Launch((order_of(key),))),
    st.builds(Kill, keys, st.sampled_from([None, 0, 500])),
    keys.map(Started),
    keys.map(lambda key: NotStarted(key, Reason.LAUNCH_FAILED, "no")),
    st.builds(Ended, keys, st.sampled_from([0, 1, None])),
    st.builds(Checked, keys, st.booleans(), st.just(""), st.booleans()),
    keys.map(lambda key: Pulling(key, "i")),
    st.integers(0, 20).map(Recorded),
    st.sampled_from([Connected(), Disconnected(), Stop(False), Stop(True), Tick()]),
)


@given(st.lists(st.tuples(events, st.integers(0, 2_000)), max_size=60))
def test_whatever_comes_every_story_is_legal(script: list[tuple[Event | Tick, int]]) -> None:
    """Sequences count up without a gap, states follow the table, a task starts at most once, one session at a time."""
    executor, now = connected(), 0
    last: dict[str, TaskState] = {}
    told: list[int] = []
    started: list[TaskKey] = []
    under_way = True
    for event, later in script:
        now += later
        if isinstance(event, Recorded) and event.sequence > len(told):
            continue  # an agent records only what it was told
        under_way = under_way and not isinstance(event, Disconnected)
        for action in executor.step(event, now):
            if isinstance(action, Connect):
                assert not under_way
                under_way = True
            if isinstance(action, StartTask):
                started.append(action.order.key)
            if isinstance(action, Release):
                # The agent never launches an id again; the core forgets it, and so do we.
                started = [key for key in started if key != action.key]
                last.pop(action.key.task_id, None)
            fresh = [action.status] if isinstance(action, SendStatus) else []
            if isinstance(action, SendHello):
                fresh = [each for each in action.statuses if each.sequence > (told[-1] if told else 0)]
            for each in fresh:
                told.append(each.sequence)
                before = last.get(each.status.task_id, TaskState.STAGING)
                last[each.status.task_id] = advance(before, each.status.state)
    assert len(started) == len(set(started))
    assert told == list(range(1, len(told) + 1))


def test_an_end_is_told_with_the_time_it_had_but_never_with_one_to_come() -> None:
    for ended_ms, told_ms in ((None, 9_000), (4_000, 4_000), (99_000, 9_000)):
        executor = running()
        [status] = said(executor.step(Ended(KEY, 0, ended_ms=ended_ms), 9_000))
        assert status.timestamp_ms == told_ms
