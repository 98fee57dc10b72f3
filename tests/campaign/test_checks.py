"""Each check of the campaign says no to what it is there for, and to nothing else."""

from dataclasses import replace

import pytest

from barter.core.task_state import TaskState
from tests.campaign.checks import LATE_MS, judge
from tests.campaign.record import Heard, Marks, Record, Told, Window
from tests.campaign.tasks import Spec

ORDERED, STARTED, ENDED = 1_000, 1_100, 2_000
RUNNING = Heard(1_110, "t:1", TaskState.RUNNING, "", None, 1_100, "")
FAILED = Heard(2_010, "t:2", TaskState.FAILED, "COMMAND_EXITED", 3, ENDED, "exited with status 3")
KILLED = replace(FAILED, state=TaskState.KILLED, reason="KILLED_BY_FRAMEWORK", exit_code=143)
UNLAUNCHED = replace(FAILED, reason="LAUNCH_FAILED", exit_code=None)
LOST = replace(FAILED, state=TaskState.LOST, reason="EXECUTOR_LOST", exit_code=None)
RAN = Marks(1, STARTED, 3, ENDED)


def told(*heard: Heard, kind: str = "exits", kills: tuple[int, ...] = (), docker: bool = False) -> Told:
    return Told(Spec("t", kind, docker), [ORDERED], list(kills), list(heard), listed=True)


def problems(task: Told, marks: Marks | None, *windows: Window, offsets: tuple[int, ...] = (0,)) -> list[str]:
    record = Record({"t": task}, list(windows), list(offsets))
    return list(judge(record, {} if marks is None else {"t": marks}))


@pytest.mark.parametrize(
    ("task", "marks"),
    [
        (told(RUNNING, FAILED), RAN),
        (told(RUNNING, replace(FAILED, state=TaskState.FINISHED, exit_code=0)), replace(RAN, code=0)),
        (told(RUNNING, KILLED, kills=(1_500,)), Marks(1, STARTED, None, 0)),
        (told(KILLED, kills=(1_500,)), None),
        (told(UNLAUNCHED, kind="missing"), None),
        (told(RUNNING, replace(FAILED, exit_code=137), kind="kills itself"), Marks(1, STARTED, None, 0)),
    ],
)
def test_what_is_true_passes(task: Told, marks: Marks | None) -> None:
    assert problems(task, marks) == []


@pytest.mark.parametrize(
    ("task", "marks", "says"),
    [
        (told(RUNNING, FAILED), replace(RAN, starts=2), "started 2 times"),
        (told(RUNNING), RAN, "lost: no terminal status"),
        (told(RUNNING, FAILED, replace(FAILED, uuid="t:3")), RAN, "2 terminal statuses"),
        (told(RUNNING, replace(FAILED, exit_code=1)), RAN, "it ended with 3"),
        (told(RUNNING, replace(FAILED, exit_code=None)), RAN, "it ended with 3"),
        (told(RUNNING, replace(FAILED, state=TaskState.FINISHED)), RAN, "it ended with 3"),
        (told(RUNNING, LOST), RAN, "it ran, and was told as LOST"),
        (told(LOST), None, "no executor had died"),
        (told(UNLAUNCHED), None, "it never ran"),
        (told(UNLAUNCHED, kind="missing"), RAN, "started although it cannot"),
        (told(RUNNING, KILLED), RAN, "nobody had it killed"),
        (told(RUNNING, FAILED), replace(RAN, code=None), "it did not end by itself"),
        (told(RUNNING, replace(FAILED, timestamp_ms=ENDED + LATE_MS + 1)), RAN, "before the time that was told"),
        (told(RUNNING, replace(FAILED, timestamp_ms=ENDED - LATE_MS - 1)), RAN, "told 2501 ms early"),
        (
            told(RUNNING, replace(FAILED, exit_code=137), kind="needs memory"),
            Marks(1, STARTED, None, 0),
            "it ended with 137 for MEMORY_LIMIT",
        ),
    ],
)
def test_what_is_not_true_is_said(task: Told, marks: Marks | None, says: str) -> None:
    assert any(says in problem for problem in problems(task, marks))


def test_what_a_fault_takes_away_by_nature_is_allowed_while_it_lasts_only() -> None:
    full = Window("full disk", 900, 1_500)
    assert problems(told(UNLAUNCHED), None, full) == []
    assert problems(told(UNLAUNCHED), None, replace(full, from_ms=100, to_ms=200))
    dead = Window("executor dead", 1_500, 0)
    assert problems(told(LOST), None, dead)
    assert problems(told(LOST, kills=(1_200,)), None, dead) == []
    assert problems(told(LOST, kills=(1_200,)), None)
    assert problems(told(LOST), RAN, dead)
    keeper = Window("keeper dead", 1_200, 1_300)
    unseen = told(RUNNING, replace(FAILED, exit_code=None))
    assert problems(unseen, None, keeper) == []
    assert problems(unseen, None)
    assert problems(told(RUNNING, FAILED), None, keeper)
    away = Window("engine away", 1_200, 1_900)
    blind = told(RUNNING, replace(FAILED, exit_code=137), kind="needs memory", docker=True)
    assert problems(blind, Marks(1, STARTED, None, 0), away) == []
    assert problems(told(UNLAUNCHED, docker=True), None, away) == []
    assert problems(told(UNLAUNCHED), None, away)


def test_what_a_clock_was_off_by_is_known_exactly() -> None:
    late = told(RUNNING, replace(FAILED, timestamp_ms=ENDED + 60_000))
    assert problems(late, RAN, offsets=(0, 60_000)) == []
    assert problems(late, RAN, offsets=(0, 50_000))


def test_an_order_repeated_after_the_end_may_be_refused_and_no_more() -> None:
    refusal = replace(FAILED, uuid="t:3", state=TaskState.DROPPED, reason="DUPLICATE_TASK_ID", exit_code=None)
    repeated = told(RUNNING, FAILED, refusal)
    assert problems(repeated, RAN)
    repeated.repeated_after_end = True
    assert problems(repeated, RAN) == []
    repeated.heard.append(replace(FAILED, uuid="t:4"))
    assert problems(repeated, RAN)
