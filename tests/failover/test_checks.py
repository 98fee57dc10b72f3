"""Each check of the campaign says no to what it is there for, and to nothing else."""

from dataclasses import replace

import pytest

from tests.failover.checks import (
    AGENT_TIMEOUT_MS,
    BOUND_MS,
    BUSY_MS,
    TASKS,
    alarms,
    exits,
    once,
    orders,
    reads,
    settled,
    tasks,
    told,
)
from tests.failover.checks import judge as judge_all
from tests.failover.checks import writes as judge_writes
from tests.failover.record import (
    Alarm,
    Exited,
    Obeyed,
    Outcome,
    Process,
    Read,
    Record,
    Settled,
    Silenced,
    Started,
    Told,
    Write,
)

ORDER = Obeyed(1_000, "a1", 3, "m1:1", "RunTasks")
NEXT = replace(ORDER, at_ms=2_000, epoch=4, master="m2:1")
STARTS = [Started(f"t{number}", number) for number in range(TASKS)]
LIVING = {number: Process(number, "17") for number in range(TASKS)}
UNREACHABLE = Told(20_000, "t1", "a1", "TASK_UNREACHABLE", "not heard of")
ALARM = Alarm(20_000, "m1", "a1", "agent_unreachable")
APART = Silenced("a1", 20_000 - AGENT_TIMEOUT_MS, 20_000)
DONE = Write("role one", "1", Outcome.ACKNOWLEDGED, 1_000, 1_100)
LATER = Write("role one", "2", Outcome.ACKNOWLEDGED, 2_000, 2_100)
LOST = Exited(5_000, "m1", 1, "", "barter master: ZooKeeper does not answer; ...")


def test_orders_of_one_master_after_the_other_pass() -> None:
    assert list(orders([ORDER, ORDER, NEXT, replace(ORDER, agent="a2"), replace(NEXT, agent="a2")])) == []


def test_two_masters_at_an_agent_are_seen() -> None:
    assert "after 4" in next(orders([ORDER, NEXT, ORDER]))


def test_two_masters_of_one_epoch_are_seen() -> None:
    assert "two masters" in next(orders([ORDER, replace(ORDER, agent="a2", master="m2:1")]))


def test_tasks_that_live_on_pass() -> None:
    assert list(tasks(STARTS, LIVING, LIVING)) == []


@pytest.mark.parametrize(
    ("started", "last", "says"),
    [
        ([*STARTS, STARTS[0]], LIVING, "started 2 times"),
        (STARTS[1:], LIVING, "49 tasks"),
        (STARTS, {**LIVING, 7: Process(7, "18")}, "another process"),
        (STARTS, {**LIVING, 7: Process(7, "")}, "is gone"),
        (STARTS, {number: each for number, each in LIVING.items() if number != 7}, "is gone"),
    ],
)
def test_a_task_that_was_lost_or_began_again_is_seen(
    started: list[Started], last: dict[int, Process], says: str
) -> None:
    assert any(says in problem for problem in tasks(started, LIVING, last))


def test_a_passing_task_that_starts_twice_is_seen() -> None:
    assert list(once(STARTS)) == []
    assert "t3 was started 2 times" in next(once([*STARTS, STARTS[3]]))


def test_what_the_framework_may_be_told() -> None:
    assert list(told([replace(UNREACHABLE, state="TASK_RUNNING")], [])) == []
    assert list(told([UNREACHABLE], [APART])) == []


def test_what_it_may_not() -> None:
    assert "which runs" in next(told([replace(UNREACHABLE, state="TASK_LOST")], [APART]))
    assert "false alarm" in next(told([UNREACHABLE], []))


@pytest.mark.parametrize(
    "silenced",
    [
        [],
        [replace(APART, agent="a2")],
        [replace(APART, to_ms=APART.from_ms + 2_000)],
        [Silenced("a1", 1_000, 9_000)],
        [Silenced("a1", 18_000, 20_000), Silenced("a1", 18_500, 20_000)],
    ],
)
def test_an_alarm_without_a_fault_that_lasts_is_false(silenced: list[Silenced]) -> None:
    assert "false alarm" in next(alarms([ALARM], silenced))


def test_an_alarm_while_a_fault_lasts_is_none() -> None:
    halves = [Silenced("", 15_000, 17_500), Silenced("a1", 18_000, 0)]
    assert list(alarms([ALARM], [APART])) == list(alarms([ALARM], halves)) == []


def test_no_agent_is_removed() -> None:
    assert "agent_removed" in next(alarms([replace(ALARM, kind="agent_removed")], [APART]))


def test_writes_that_are_there_pass() -> None:
    maybe = replace(LATER, outcome=Outcome.UNKNOWN)
    assert list(judge_writes([DONE, LATER], {"role one": "2"})) == []
    assert list(judge_writes([DONE, maybe], {"role one": "1"})) == []
    assert list(judge_writes([DONE, maybe], {"role one": "2"})) == []
    assert list(judge_writes([maybe], {})) == []


@pytest.mark.parametrize("final", [{}, {"role one": "1"}, {"role one": "3"}])
def test_a_write_that_is_lost_is_seen(final: dict[str, str]) -> None:
    assert "lost" in next(judge_writes([DONE, LATER], final))


def test_what_nobody_wrote_is_seen() -> None:
    maybe = replace(DONE, outcome=Outcome.UNKNOWN)
    assert "nobody ever wrote" in next(judge_writes([maybe], {"role one": "9"}))


def test_reads_of_what_was_written_pass() -> None:
    during = Read("role one", "1", 2_050, 2_080)
    assert list(reads([DONE, LATER], [during, replace(during, value="2")])) == []
    assert list(reads([DONE, LATER], [Read("role one", "2", 2_200, 2_210)])) == []
    unknown = [DONE, replace(LATER, outcome=Outcome.UNKNOWN)]
    assert list(reads(unknown, [Read("role one", each, 3_000, 3_010) for each in "121"])) == []


def test_a_stale_read_is_seen() -> None:
    assert "stale" in next(reads([DONE, LATER], [Read("role one", "1", 2_200, 2_210)]))


def test_a_round_that_settles_late_or_never_is_seen() -> None:
    assert list(settled([Settled(1, ("kill leader",), BOUND_MS)])) == []
    assert "at most" in next(settled([Settled(1, ("kill leader",), BOUND_MS + 1)]))
    assert "never" in next(settled([Settled(1, ("kill leader",), -1, "no leader")]))


def test_on_a_machine_that_is_too_busy_only_times_are_not_judged() -> None:
    record = Record(settled=[Settled(1, ("kill leader",), BOUND_MS + 1)], alarms=[ALARM], told=[UNREACHABLE])
    record.began_ms, record.over_ms, record.obeyed = 0, 90_000, [ORDER, NEXT, ORDER]
    assert any("at most" in problem for problem in judge_all(record))
    record.busy_ms = BUSY_MS + 1
    found = list(judge_all(record))
    assert not any("at most" in problem or "false alarm" in problem for problem in found)
    assert any("after 4" in problem for problem in found)
    record.settled = [Settled(1, ("kill leader",), -1)]
    assert any("never" in problem for problem in judge_all(record))


def test_who_ends_by_himself_says_why_and_was_elected() -> None:
    killed, ended = replace(LOST, code=-9, asked="SIGKILL"), replace(LOST, code=0, asked="SIGTERM")
    assert list(exits([LOST, killed, ended, replace(ended, code=-15)])) == []
    assert next(exits([replace(LOST, part="a1")]))
    assert next(exits([replace(LOST, last_line="Traceback")]))
    assert next(exits([replace(LOST, code=-6)]))
    assert next(exits([replace(ended, code=3)]))


def test_all_of_it_is_judged() -> None:
    record = Record(problems=["one"], obeyed=[ORDER, NEXT, ORDER], alarms=[ALARM], told=[UNREACHABLE])
    record.writes, record.reads = [DONE, LATER], [Read("role one", "1", 2_200, 2_210)]
    record.final = {"role one": "1"}
    record.settled, record.exits = [Settled(1, (), -1)], [replace(LOST, part="a1")]
    found = list(judge_all(record))
    for says in ("one", "after 4", "0 tasks", "lost", "stale", "never", "false alarm", "a1 ended"):
        assert any(says in problem for problem in found), says
