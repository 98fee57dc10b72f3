"""When an executor measures, and what it says of it."""

from barter.agent.executor.actions import Measure, SendUsage, StartTask, TaskUsage
from barter.agent.executor.events import (
    Connected,
    Disconnected,
    Ended,
    Held,
    Launch,
    Measured,
    MeasureEvery,
    Order,
    Sample,
    Started,
)
from barter.agent.executor.machine import Executor
from barter.core.ids import FrameworkId, TaskId
from barter.core.machine import Tick
from barter.core.resources import resources
from barter.core.tasks import TaskInfo

ORDER = Order(FrameworkId("f"), TaskInfo(TaskId("t"), "t", resources(cpus=2_000)), "/sandbox", "barter.a.f.t")
KEY = ORDER.key


def asked() -> Executor:
    """Its agent wants to know every two seconds; a task runs."""
    executor = Executor()
    executor.step(Tick(), 0)
    executor.step(Connected(), 0)
    executor.step(Launch((ORDER,)), 0)
    executor.step(Started(KEY), 0)
    executor.step(MeasureEvery(2_000), 0)
    return executor


def test_nothing_is_measured_unless_asked_for() -> None:
    executor = Executor()
    executor.step(Tick(), 0)
    executor.step(Connected(), 0)
    assert executor.step(Launch((ORDER,)), 0) == [StartTask(ORDER)]
    executor.step(Started(KEY), 0)
    assert executor.next_wakeup() is None
    assert executor.step(Tick(), 60_000) == []


def test_usage_is_what_was_used_between_two_samples() -> None:
    executor = asked()
    assert executor.step(Tick(), 0) == [Measure((KEY,))]
    assert executor.step(Tick(), 5_000) == [], "one at a time"
    first = Sample(KEY, 7_000_000, 1)
    assert executor.step(Measured((first,)), 5_000) == [SendUsage((TaskUsage(1_400, first),))], "since its start"
    assert executor.next_wakeup() == 7_000
    assert executor.step(Tick(), 7_000) == [Measure((KEY,))]
    second = Sample(KEY, 10_000_000, 64, read=5, written=0)
    assert executor.step(Measured((second,)), 7_000) == [SendUsage((TaskUsage(1_500, second),))]


def test_the_first_sample_of_a_found_task_is_a_sum_and_tells_nothing() -> None:
    executor = Executor()
    executor.step(Held(ORDER), 0)
    executor.step(Tick(), 0)
    executor.step(Connected(), 0)
    executor.step(MeasureEvery(2_000), 0)
    executor.step(Tick(), 0)
    assert executor.step(Measured((Sample(KEY, 7_000_000, 1),)), 10) == []
    executor.step(Tick(), 2_010)
    second = Sample(KEY, 8_000_000, 1)
    assert executor.step(Measured((second,)), 2_010) == [SendUsage((TaskUsage(500, second),))]


def test_what_it_took_to_start_is_not_taken_for_use() -> None:
    executor = asked()
    executor.step(Tick(), 0)
    assert executor.step(Measured((Sample(KEY, 24_000, 1),)), 3) == []
    executor.step(Tick(), 2_003)
    second = Sample(KEY, 1_024_000, 1)
    assert executor.step(Measured((second,)), 2_003) == [SendUsage((TaskUsage(500, second),))]


def test_a_task_that_uses_nothing_is_told_however_often_it_is_measured() -> None:
    executor = asked()
    executor.step(MeasureEvery(200), 0)
    idle = Sample(KEY, 0, 1)
    executor.step(Tick(), 0)
    assert executor.step(Measured((idle,)), 10) == [], "it has just started"
    executor.step(Tick(), 210)
    assert executor.step(Measured((idle,)), 210) == [SendUsage((TaskUsage(0, idle),))]


def test_what_was_measured_of_a_task_that_has_ended_is_dropped() -> None:
    executor = asked()
    executor.step(Tick(), 0)
    executor.step(Ended(KEY, 0), 5)
    assert executor.step(Measured((Sample(KEY, 7_000_000, 1),)), 10) == []


def test_a_sample_left_out_once_is_no_first_one_again() -> None:
    """An engine of another machine is asked for some of its containers at a time."""
    executor = asked()
    executor.step(Tick(), 0)
    assert executor.step(Measured(()), 1_000) == []
    executor.step(Tick(), 3_000)
    sample = Sample(KEY, 3_000_000, 1)
    assert executor.step(Measured((sample,)), 3_000) == [SendUsage((TaskUsage(1_000, sample),))]


def test_a_sum_that_falls_is_no_use() -> None:
    executor = asked()
    executor.step(Tick(), 0)
    executor.step(Measured((Sample(KEY, 9, 1),)), 0)
    executor.step(Tick(), 2_000)
    assert executor.step(Measured((Sample(KEY, 5, 1),)), 2_000) == [SendUsage((TaskUsage(0, Sample(KEY, 5, 1)),))]


def test_it_stops_when_the_agent_is_gone_and_when_nothing_runs() -> None:
    executor = asked()
    executor.step(Ended(KEY, 0), 0)
    assert executor.next_wakeup() is None
    executor = asked()
    executor.step(Disconnected(), 0)
    assert not [each for each in executor.step(Tick(), 2_000) if isinstance(each, Measure)]


def test_without_a_session_nobody_asks() -> None:
    executor = Executor()
    executor.step(Launch((ORDER,)), 0)
    executor.step(Started(KEY), 0)
    executor.step(MeasureEvery(2_000), 0)
    assert not [each for each in executor.step(Tick(), 0) if isinstance(each, Measure)]
