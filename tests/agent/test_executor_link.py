"""The executor's sessions with its agent: when the next is tried."""

from barter.agent.executor.actions import Connect
from barter.agent.executor.events import Connected, Disconnected
from barter.agent.executor.link import FIRST_PAUSE_MS, LONGEST_PAUSE_MS
from barter.agent.executor.machine import Executor
from barter.core.machine import Tick


def dialled(executor: Executor) -> int:
    """When it asked for a session, after what it last was told."""
    now = executor.next_wakeup()
    assert now is not None
    assert executor.step(Tick(), now) == [Connect()]
    return now


def test_the_first_session_is_asked_for_at_once() -> None:
    executor = Executor()
    assert executor.next_wakeup() == 0
    assert dialled(executor) == 0


def test_one_attempt_at_a_time() -> None:
    executor = Executor()
    dialled(executor)
    assert executor.step(Tick(), 10_000) == []
    executor.step(Connected(), 10_000)
    assert executor.step(Tick(), 20_000) == []


def test_pauses_double_while_nobody_answers() -> None:
    executor = Executor()
    pauses = []
    for _ in range(7):
        now = dialled(executor)
        executor.step(Disconnected(), now)
        at = executor.next_wakeup()
        assert at is not None
        pauses.append(at - now)
    assert pauses == [FIRST_PAUSE_MS, 200, 400, 800, 1_600, LONGEST_PAUSE_MS, LONGEST_PAUSE_MS]


def test_only_a_session_that_lasted_makes_the_next_pause_short() -> None:
    executor = Executor()
    at = dialled(executor)
    executor.step(Connected(), at)
    executor.step(Disconnected(), at + LONGEST_PAUSE_MS)
    at = dialled(executor)
    executor.step(Connected(), at)
    executor.step(Disconnected(), at + LONGEST_PAUSE_MS)
    assert executor.next_wakeup() == at + LONGEST_PAUSE_MS + 2 * FIRST_PAUSE_MS
    at = dialled(executor)
    executor.step(Connected(), at)
    executor.step(Disconnected(), at + LONGEST_PAUSE_MS + 1)
    assert executor.next_wakeup() == at + LONGEST_PAUSE_MS + 1 + FIRST_PAUSE_MS


def test_what_was_not_asked_for_changes_nothing() -> None:
    executor = Executor()
    assert executor.step(Connected(), 0) == []
    assert executor.step(Disconnected(), 0) == []
    assert dialled(executor) == 0
    assert len(executor.step(Connected(), 5)) == 1
    assert executor.step(Connected(), 6) == []
    executor.step(Disconnected(), 7)
    at = executor.next_wakeup()
    assert executor.step(Disconnected(), 50) == []
    assert executor.next_wakeup() == at
