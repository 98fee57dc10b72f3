"""What is lent of what tasks do not use: the arithmetic alone, then in the agent's core."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.admission import judge
from barter.agent.book import Book, Entry
from barter.agent.machine import Agent
from barter.agent.measured import MEASURE_MS
from barter.agent.slack import GROWTH, LEAST_SAMPLES, LENDER_MEASURES_MS, LENT_PERCENT, SILENT_MS, STEP, WINDOW, Slack
from barter.core.cluster import AgentInfo
from barter.core.ids import AgentId, TaskId
from barter.core.machine import Tick
from barter.core.resources import NOTHING, resources
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskInfo, TaskStatus
from tests.agent import agent_kit as kit

MACHINE = 4_000


def entry(name: str, cpus: int, state: TaskState = TaskState.RUNNING, revocable: int = 0) -> Entry:
    task = TaskInfo(TaskId(name), name, resources(cpus=cpus), revocable=resources(cpus=revocable))
    return Entry(kit.F, task, TaskStatus(task.task_id, state, Source.EXECUTOR, 0))


def book_of(*entries: Entry) -> Book:
    book = Book()
    for each in entries:
        book.restore(each)
    return book


def used(**cpus: int) -> list[ev.TaskUsage]:
    return [ev.TaskUsage(kit.F, TaskId(name), each, 0) for name, each in cpus.items()]


def after(book: Book, *samples: list[ev.TaskUsage], slack: Slack | None = None) -> Slack:
    slack = slack or Slack(0, lends=True)
    for number, sample in enumerate(samples):
        slack.measured(sample, number * MEASURE_MS)
        slack.reckon(book, MACHINE, number * MEASURE_MS)
    return slack


def test_a_share_of_what_is_not_used_is_lent_after_enough_samples() -> None:
    book = book_of(entry("t", 2_000))
    idle = used(t=500)
    assert after(book, *[idle] * (LEAST_SAMPLES - 1)).told == 0
    assert after(book, *[idle] * LEAST_SAMPLES).told == 1_500 * LENT_PERCENT // 100


def test_the_most_that_was_used_lately_counts() -> None:
    book = book_of(entry("t", 2_000))
    peak = [used(t=1_000), *[used(t=0)] * (WINDOW - 1)]
    assert after(book, *peak).told == 1_000 * LENT_PERCENT // 100
    assert after(book, *peak, used(t=0)).told == 2_000 * LENT_PERCENT // 100


def test_revocable_tasks_and_those_that_do_not_run_lend_nothing() -> None:
    book = book_of(entry("r", 1_000, revocable=1_000), entry("k", 1_000, TaskState.KILLING))
    assert after(book, *[used(r=0, k=0, unknown=0)] * LEAST_SAMPLES).told == 0


def test_never_more_than_the_machine_has() -> None:
    book = book_of(*[entry(name, 4_000) for name in "abc"])
    assert after(book, *[used(a=0, b=0, c=0)] * LEAST_SAMPLES).told == MACHINE


def test_less_is_told_at_once_and_a_little_more_is_not() -> None:
    book = book_of(entry("a", 1_000), entry("b", 1_000))
    slack = after(book, *[used(a=0, b=0)] * LEAST_SAMPLES)
    assert slack.told == 1_600
    slack.measured(used(a=1_000), 10_000)
    assert slack.reckon(book, MACHINE, 10_000)
    assert slack.told == 800
    book.restore(entry("c", 200))
    for number in range(LEAST_SAMPLES):
        slack.measured(used(c=0), 11_000 + number)
    assert not slack.reckon(book, MACHINE, 12_000)
    assert slack.told == 800


def test_who_is_silent_lends_nothing() -> None:
    book = book_of(entry("t", 2_000))
    slack = after(book, *[used(t=0)] * LEAST_SAMPLES)
    last = (LEAST_SAMPLES - 1) * MEASURE_MS
    assert slack.wakeup() == last + SILENT_MS
    assert not slack.reckon(book, MACHINE, last + SILENT_MS - 1)
    assert slack.reckon(book, MACHINE, last + SILENT_MS)
    assert slack.told == 0
    assert slack.wakeup() is None


def test_what_revocable_tasks_of_an_earlier_start_hold_counts_as_lent_until_there_was_time_to_measure() -> None:
    slack = Slack(1_000, lends=True)
    assert slack.told == 1_000
    assert not slack.reckon(Book(), MACHINE, 5)
    assert slack.wakeup() == 5 + SILENT_MS
    assert slack.reckon(Book(), MACHINE, 5 + SILENT_MS)
    assert slack.told == 0
    assert Slack(1_000, lends=False).told == 0


@given(
    holds=st.lists(st.integers(1, 3_000), min_size=1, max_size=4),
    rounds=st.lists(
        st.tuples(st.integers(1, 40_000), st.lists(st.integers(-10, 4_000) | st.none(), min_size=4, max_size=4)),
        max_size=40,
    ),
)
def test_never_more_is_told_than_is_idle_and_never_less_than_a_step_too_late(
    holds: list[int], rounds: list[tuple[int, list[int | None]]]
) -> None:
    """Against the same sum made slowly from all samples ever."""
    book = book_of(*[entry(str(number), cpus) for number, cpus in enumerate(holds)])
    slack, now, told = Slack(0, lends=True), 0, 0
    heard: list[list[tuple[int, int]]] = [[] for _ in holds]
    for passed, sample in rounds:
        now += passed
        usage = {str(number): cpus for number, cpus in enumerate(sample[: len(holds)]) if cpus is not None}
        slack.reckon(book, MACHINE, now)
        slack.measured(used(**usage), now)
        for name, cpus in usage.items():
            if heard[int(name)] and now - heard[int(name)][-1][0] >= SILENT_MS:
                heard[int(name)] = []
            heard[int(name)].append((now, max(cpus, 0)))
        news = slack.reckon(book, MACHINE, now)
        lent = 0
        for cpus, samples in zip(holds, heard, strict=True):
            if len(samples) >= LEAST_SAMPLES and now - samples[-1][0] < SILENT_MS:
                lent += max(cpus - max(each for _, each in samples[-WINDOW:]), 0) * LENT_PERCENT // 100
        lent = min(lent, MACHINE) // STEP * STEP
        assert slack.told <= lent
        assert lent - slack.told < GROWTH
        assert news == (slack.told != told) or slack.told < told
        told = slack.told


def lender(book: Book | None = None) -> Agent:
    info = AgentInfo(AgentId("a1"), "host-1", "127.0.0.1", kit.HAS)
    return Agent(info, book or Book(), ("m1:5050",), oversubscribe=True)


def lending() -> tuple[Agent, int]:
    """An agent whose task of two cpus does nothing, and has lent 1.6 of them."""
    machine = kit.ready(lender())
    machine.step(kit.run(kit.task("idle", cpus=2_000)), 0)
    machine.step(kit.reports(kit.report("idle", TaskState.RUNNING, 1)), 0)
    said: list[act.Action] = []
    for now in range(0, LEAST_SAMPLES * 100, 100):
        machine.step(ev.ExecutorUsage("e1", tuple(used(idle=0))), now)
        said += machine.step(Tick(), now)
    assert [each for each in said if isinstance(each, act.SendSlack)] == [act.SendSlack(resources(cpus=1_600))]
    return machine, LEAST_SAMPLES * 100


def test_an_agent_has_its_executor_measure_and_more_often_when_it_lends() -> None:
    assert act.MeasureTasks(LENDER_MEASURES_MS) in lender().step(ev.ExecutorHello("e1"), 0)
    assert act.MeasureTasks(MEASURE_MS) in kit.agent().step(ev.ExecutorHello("e1"), 0)


def test_one_that_does_not_lend_says_nothing_whatever_it_hears() -> None:
    machine = kit.ready(kit.agent())
    machine.step(kit.run(kit.task("idle", cpus=2_000)), 0)
    machine.step(kit.reports(kit.report("idle", TaskState.RUNNING, 1)), 0)
    for now in range(LEAST_SAMPLES):
        machine.step(ev.ExecutorUsage("e1", tuple(used(idle=0))), now)
        assert not [each for each in machine.step(Tick(), now) if isinstance(each, act.SendSlack)]


def test_revocable_cpus_are_not_counted_against_the_machine_but_against_what_is_lent() -> None:
    machine, now = lending()
    guest = replace(kit.task("guest", cpus=1_600), revocable=resources(cpus=1_600))
    machine.step(kit.run(guest, kit.task("rest", cpus=2_000)), now)
    assert machine.book.usage.scalars["cpus"] == 4_000
    assert machine.book.revocable.scalars["cpus"] == 1_600
    more = replace(kit.task("more", cpus=100), revocable=resources(cpus=100))
    refused = judge(more, machine.info, machine.book, machine.slack.resources)
    assert refused is not None
    assert refused.reason is Reason.INSUFFICIENT_RESOURCES
    assert "lent: cpus: 0.1 needed, 0 free" in refused.message


def test_a_task_whose_revocable_part_is_not_its_own_is_refused() -> None:
    odd = replace(kit.task("odd", cpus=100), revocable=resources(cpus=200))
    refused = judge(odd, lender().info, Book(), NOTHING)
    assert refused is not None
    assert refused.reason is Reason.INVALID_TASK


def test_the_end_of_who_lends_is_the_end_of_what_is_lent() -> None:
    machine, now = lending()
    machine.step(kit.reports(kit.report("idle", TaskState.FINISHED, 2)), now)
    assert act.SendSlack(NOTHING) in machine.step(Tick(), now)


def test_a_master_is_told_at_registration_and_strangers_are_not_heard() -> None:
    machine, now = lending()
    machine.step(ev.ExecutorUsage("stranger", tuple(used(idle=2_000))), now)
    machine.step(Tick(), now)
    machine.step(ev.MasterGone(1, "gone"), now)
    wakeup = machine.link.wakeup()
    assert wakeup is not None
    [register] = [each for each in kit.opened(machine, wakeup) if isinstance(each, act.SendRegister)]
    assert register.slack == resources(cpus=1_600)


def test_an_agent_that_comes_back_counts_what_its_revocable_tasks_hold_as_lent() -> None:
    book = book_of(entry("guest", 1_000, revocable=1_000))
    assert lender(book).slack.told == 1_000
    machine = lender(book)
    machine.step(Tick(), 7)
    assert machine.next_wakeup() is not None
    machine.step(Tick(), 7 + SILENT_MS)
    assert machine.slack.told == 0
