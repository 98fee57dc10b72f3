"""The transition table allows each life of a task and nothing after its end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.task_state import TERMINAL, TRANSITIONS, IllegalTransition, TaskState, advance

S = TaskState
STATES = st.sampled_from(TaskState)


def test_the_table_names_every_state_with_mesos_prefix() -> None:
    assert set(TRANSITIONS) == set(TaskState)
    assert all(state.value == f"TASK_{state.name}" for state in TaskState)


@pytest.mark.parametrize(
    "life",
    [
        (S.STAGING, S.STARTING, S.STARTING, S.RUNNING, S.FINISHED),
        (S.STAGING, S.RUNNING, S.RUNNING, S.KILLING, S.KILLED),
        (S.STAGING, S.ERROR),
        (S.STAGING, S.RUNNING, S.UNREACHABLE, S.RUNNING, S.FAILED),
        (S.RUNNING, S.UNREACHABLE, S.GONE_BY_OPERATOR),
        (S.UNKNOWN, S.RUNNING, S.LOST),
    ],
)
def test_lives_that_happen(life: tuple[TaskState, ...]) -> None:
    state = life[0]
    for following in life[1:]:
        state = advance(state, following)
    assert state is life[-1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (S.RUNNING, S.STARTING),
        (S.RUNNING, S.STAGING),
        (S.KILLING, S.RUNNING),
        (S.FINISHED, S.RUNNING),
        (S.LOST, S.LOST),
    ],
)
def test_steps_back_are_illegal_and_say_so(old: TaskState, new: TaskState) -> None:
    with pytest.raises(IllegalTransition, match=f"{old} cannot become {new}") as caught:
        advance(old, new)
    assert (caught.value.old, caught.value.new) == (old, new)


@given(STATES, st.sampled_from(sorted(TERMINAL)))
def test_nothing_follows_the_end(new: TaskState, end: TaskState) -> None:
    with pytest.raises(IllegalTransition):
        advance(end, new)


@given(STATES.filter(lambda state: state not in TERMINAL), st.sampled_from(sorted(TERMINAL)))
def test_every_live_task_can_end_in_every_way(state: TaskState, end: TaskState) -> None:
    assert advance(state, end) is end


@given(st.lists(STATES, max_size=20))
def test_a_task_ends_once_whatever_is_reported(reports: list[TaskState]) -> None:
    state, ends = S.STAGING, 0
    for report in reports:
        try:
            state = advance(state, report)
        except IllegalTransition:
            continue
        ends += state in TERMINAL
    assert ends <= 1
