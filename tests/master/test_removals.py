"""Agents that stay out of reach: removed one by one, frozen where many are lost at once, steered by operators."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.cluster import FrameworkInfo
from barter.core.ids import AgentId
from barter.core.operations import Reserve
from barter.core.removals import RemovalMode, Removals
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, TaskStatus
from barter.master import events as ev
from barter.master.actions import Answer, Persist
from barter.master.cluster import Timing
from barter.master.facts import AgentRemoved, Recovered, RemovalsSet, RemovedForgotten
from barter.master.registry import MemoryFacts
from barter.master.removals import most_together
from barter.master.removals_view import removals
from tests.master.world import A1, AGENT_TIMEOUT, FIRST_START, FRAMEWORK, OFFER_TIMEOUT, World, agent, status, task

EVERY, WINDOW, REMOVAL = 20_000, 100_000, 120_000
TIMING = Timing(
    AGENT_TIMEOUT, OFFER_TIMEOUT, removal_ms=REMOVAL, removal_every_ms=EVERY, loss_window_ms=WINDOW, loss_least=3
)
COUNT = 10


def name(number: int) -> AgentId:
    return AgentId(f"a{number}")


def session(number: int) -> int:
    return 100 + number


def world(recovered: Recovered = FIRST_START) -> World:
    made = World(recovered)
    made.cluster.timing = TIMING
    return made


class Fleet:
    """Ten agents; each beats as long as it is not `away`."""

    def __init__(self, recovered: Recovered = FIRST_START, count: int = COUNT) -> None:
        self.world = world(recovered)
        self.away: set[int] = set()
        self.count = count
        self.told: list[TaskStatus] = []

    def register(self, *numbers: int) -> None:
        for number in numbers or range(self.count):
            self.away.discard(number)
            self.world.register(agent(name(number)), session(number))

    def lose(self, *numbers: int) -> None:
        self.away |= set(numbers)

    def wait(self, ms: int) -> None:
        until = self.world.now + ms
        while self.world.now < until:
            here = (each for each in range(self.count) if each not in self.away)
            self.world.do(*(ev.AgentHeartbeat(session(each), name(each)) for each in here))
            self.told += self.world.statuses()
            done = self.world.wait(min(5_000, max(until - self.world.now, 1)))
            self.world.facts += [action.fact for action in done if isinstance(action, Persist)]
            self.told += self.world.statuses()

    @property
    def removed(self) -> list[tuple[int, AgentId]]:
        facts = [fact.removed for fact in self.world.facts if isinstance(fact, AgentRemoved)]
        return [(removed.removed_ms, removed.agent_id) for removed in facts if not removed.returned]

    def mode(self) -> RemovalMode:
        return self.world.cluster.reach.removals.mode

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.world.cluster.history.last(0)]

    def ask(self, call: ev.OperatorCall) -> str:
        self.world.do(call)
        return next(action.refusal for action in self.world.last if isinstance(action, Answer))


def test_one_out_of_reach_is_removed_after_its_time_with_a_reason() -> None:
    fleet = Fleet()
    fleet.register()
    fleet.lose(3)
    fleet.wait(AGENT_TIMEOUT + REMOVAL - 10_000)
    assert fleet.world.cluster.agents[name(3)].unreachable
    [out] = removals(fleet.world.cluster).out
    assert out.agent_id == name(3)
    assert out.removal_ms
    fleet.wait(20_000)
    assert [each for _, each in fleet.removed] == [name(3)]
    assert name(3) not in fleet.world.cluster.agents
    [entry] = [each for each in fleet.world.cluster.history.last(0) if each.kind == "agent_removed"]
    assert "out of reach for 2m; it was removed, and may return; 0 tasks gone" in entry.reason
    assert [each.agent_id for each in removals(fleet.world.cluster).removed] == [name(3)]


def test_nobody_is_removed_where_that_is_switched_off() -> None:
    fleet = Fleet()
    fleet.world.cluster.timing = replace(TIMING, removal_ms=0)
    fleet.register()
    fleet.lose(3)
    fleet.wait(10 * REMOVAL)
    assert fleet.removed == []


def test_two_lost_together_go_one_after_the_other() -> None:
    fleet = Fleet()
    fleet.register()
    fleet.lose(4, 7)
    fleet.wait(AGENT_TIMEOUT + REMOVAL + EVERY + 15_000)
    (first_ms, _), (second_ms, _) = fleet.removed
    assert second_ms - first_ms >= EVERY


def test_many_lost_at_once_freeze_removals_until_they_are_back() -> None:
    fleet = Fleet()
    fleet.register()
    fleet.lose(1, 2, 3)
    fleet.wait(AGENT_TIMEOUT + 10_000)
    assert fleet.mode() is RemovalMode.FROZEN
    assert "3 of 10 agents were lost within 1m 40s, more than 25 %" in fleet.world.cluster.reach.removals.reason
    fleet.wait(5 * REMOVAL)
    assert fleet.removed == []
    fleet.register(2)
    assert fleet.mode() is RemovalMode.RUNNING
    assert "2 of 10 agents are out of reach now" in fleet.world.cluster.reach.removals.reason
    fleet.wait(REMOVAL - 10_000)
    assert fleet.removed == []
    fleet.wait(EVERY + 20_000)
    assert [each for _, each in fleet.removed] == [name(1), name(3)]


def test_tasks_on_them_say_that_they_are_some_of_many() -> None:
    fleet = Fleet()
    fleet.register()
    fleet.world.subscribe()
    offer = next(each for each in fleet.world.offers() if each.agent_id == name(3))
    fleet.world.accept(offer.offer_id, task("t1"))
    fleet.lose(1, 2, 3)
    fleet.wait(AGENT_TIMEOUT + 10_000)
    told = [each.message for each in fleet.told if each.state is TaskState.UNREACHABLE]
    assert ["3 of 10 agents were lost" in each for each in told] == [True]


def test_what_was_lost_one_by_one_is_no_correlated_loss() -> None:
    fleet = Fleet()
    fleet.register()
    for number in (1, 2, 3):
        fleet.lose(number)
        fleet.wait(WINDOW + 10_000)
    assert fleet.mode() is RemovalMode.RUNNING
    fleet.wait(REMOVAL)
    assert len(fleet.removed) == 3


def test_an_operator_says_that_they_are_lost_indeed() -> None:
    fleet = Fleet()
    fleet.register()
    fleet.lose(1, 2, 3, 4)
    fleet.wait(AGENT_TIMEOUT + REMOVAL + 10_000)
    assert fleet.ask(ev.ResumeRemovals(1, "rack 4 burnt")) == ""
    assert fleet.mode() is RemovalMode.RUNNING
    fleet.wait(4 * EVERY)
    assert len(fleet.removed) == 4
    assert fleet.mode() is RemovalMode.RUNNING
    assert "neither frozen nor held" in fleet.ask(ev.ResumeRemovals(2))
    fleet.lose(5, 6, 7)
    fleet.wait(AGENT_TIMEOUT + 10_000)
    assert fleet.mode() is RemovalMode.FROZEN


def test_who_was_noted_as_lost_and_came_back_counts_when_lost_again() -> None:
    fleet = Fleet()
    fleet.register()
    fleet.lose(1, 2, 3, 4)
    fleet.wait(AGENT_TIMEOUT + 10_000)
    assert fleet.ask(ev.ResumeRemovals(1, "rack 4 burnt")) == ""
    fleet.register(1, 2, 3, 4)
    fleet.lose(1, 2, 3, 4)
    fleet.wait(AGENT_TIMEOUT + REMOVAL + 10_000)
    assert fleet.mode() is RemovalMode.FROZEN
    assert not fleet.removed


def test_an_operator_holds_them() -> None:
    fleet = Fleet()
    fleet.register()
    assert fleet.ask(ev.HoldRemovals(1, "the switch is replaced")) == ""
    assert "held already" in fleet.ask(ev.HoldRemovals(2))
    fleet.lose(1)
    fleet.wait(10 * REMOVAL)
    assert fleet.removed == []
    assert fleet.ask(ev.ResumeRemovals(3)) == ""
    fleet.wait(10_000)
    assert [each for _, each in fleet.removed] == [name(1)]
    assert [kind for kind in fleet.kinds() if kind.startswith("removals_")] == ["removals_held", "removals_resumed"]


def test_who_is_under_maintenance_or_has_something_kept_is_neither_removed_nor_counted() -> None:
    fleet = Fleet()
    fleet.register()
    assert fleet.ask(ev.Deactivate(1, name(1))) == ""
    reserve = Reserve("kept", resources(cpus=500), "eng", {})  # type: ignore[arg-type]
    assert fleet.ask(ev.Operate(2, name(2), "me", reserve)) == ""
    fleet.lose(1, 2)
    fleet.wait(5 * REMOVAL)
    assert fleet.removed == []
    assert [each.kept for each in removals(fleet.world.cluster).out] == [
        "an operator has it under maintenance",
        "parts of it are reserved",
    ]
    assert fleet.ask(ev.Activate(3, name(1))) == ""
    fleet.wait(EVERY)
    assert [each for _, each in fleet.removed] == [name(1)]


def test_who_ends_their_maintenance_while_they_are_away_has_them_judged() -> None:
    fleet = Fleet()
    fleet.register()
    for number in (1, 2, 3):
        assert fleet.ask(ev.Deactivate(number, name(number))) == ""
    fleet.lose(1, 2, 3)
    fleet.wait(3 * REMOVAL)
    assert fleet.mode() is RemovalMode.RUNNING
    for number in (1, 2, 3):
        assert fleet.ask(ev.Activate(number, name(number))) == ""
    fleet.wait(10_000)
    assert fleet.mode() is RemovalMode.FROZEN or len(fleet.removed) <= 1


def test_a_new_master_that_sees_few_back_may_be_the_one_that_was_away() -> None:
    known = Recovered("abc123", 2, tuple(agent(name(each)) for each in range(COUNT)))
    fleet = Fleet(known)
    fleet.lose(*range(3, COUNT))
    fleet.register(0, 1, 2)
    fleet.away = set(range(3, COUNT))
    fleet.wait(AGENT_TIMEOUT + 10_000)
    assert fleet.mode() is RemovalMode.FROZEN
    fleet.wait(3 * REMOVAL)
    assert fleet.removed == []
    fleet.register(*range(3, 8))
    assert fleet.mode() is RemovalMode.RUNNING


def test_what_was_frozen_or_held_stays_so_over_a_new_master() -> None:
    for mode in (RemovalMode.FROZEN, RemovalMode.HELD):
        infos = tuple(agent(name(each)) for each in range(COUNT))
        fleet = Fleet(Recovered("abc123", 2, infos, removals=Removals(mode, 5, "as before")))
        fleet.register(0, 1, 2, 3)
        fleet.away = set(range(4, COUNT))
        fleet.wait(3 * REMOVAL)
        assert fleet.removed == []
        assert fleet.mode() is mode
        fleet.register()
        assert fleet.mode() is (RemovalMode.RUNNING if mode is RemovalMode.FROZEN else mode)


def test_facts_of_removals_are_kept_and_forgotten() -> None:
    fleet, registry = Fleet(), MemoryFacts()
    registry.start("abc123")
    fleet.register()
    fleet.lose(3)
    fleet.wait(AGENT_TIMEOUT + REMOVAL + 10_000)
    fleet.ask(ev.HoldRemovals(1, "wait"))
    registry.commit(fleet.world.facts)  # type: ignore[arg-type]
    again = registry.start("abc123")
    assert [each.agent_id for each in again.removed] == [name(3)]
    assert again.removals.mode is RemovalMode.HELD
    assert name(3) not in {info.agent_id for info in again.agents}
    fleet.register(3)
    assert any(isinstance(fact, RemovedForgotten) for fact in fleet.world.facts)
    registry.commit(fleet.world.facts)  # type: ignore[arg-type]
    assert registry.start("abc123").removed == ()


def test_a_window_longer_than_the_time_until_removal_is_refused() -> None:
    Timing().check()
    Timing(removal_ms=0).check()
    with pytest.raises(ValueError, match="--correlated-loss-window"):
        Timing(removal_ms=1_000).check()


@given(st.lists(st.integers(0, 100), max_size=12), st.integers(1, 50))
def test_the_fullest_window_is_found(moments: list[int], window: int) -> None:
    moments.sort()
    slow = max((sum(first <= each < first + window for each in moments) for first in moments), default=0)
    assert most_together(moments, window) == slow


DEEDS = st.lists(
    st.tuples(st.sampled_from(("lose", "back", "hold", "resume", "wait")), st.integers(0, COUNT - 1)), max_size=25
)


@given(DEEDS)
def test_the_rate_is_kept_and_nothing_is_removed_while_frozen_or_held(deeds: list[tuple[str, int]]) -> None:
    fleet = Fleet()
    fleet.register()
    for what, number in deeds:
        match what:
            case "lose":
                fleet.lose(number)
            case "back":
                fleet.register(number)
            case "hold":
                fleet.ask(ev.HoldRemovals(1))
            case "resume":
                fleet.ask(ev.ResumeRemovals(1))
            case _:
                stopped, before = fleet.mode() is not RemovalMode.RUNNING, len(fleet.removed)
                fleet.wait((number + 1) * 20_000)
                thawed = any(kind == "removals_resumed" for kind in fleet.kinds())
                assert not stopped or len(fleet.removed) == before or thawed
    times = [when for when, _ in fleet.removed]
    assert all(after - before >= EVERY for before, after in pairwise(times))


def test_statuses_of_the_removed_say_so() -> None:
    made = world()
    framework_id = made.running(task("t1"))
    made.wait(AGENT_TIMEOUT)
    gone = [
        each
        for _ in range(REMOVAL // 1_000 + 5)
        if made.wait(1_000) is not None
        for each in made.statuses()
        if each.state is TaskState.GONE
    ]
    assert [(each.task_id, each.reason) for each in gone] == [("t1", Reason.AGENT_REMOVED)]
    made.do(ev.Reconcile(FRAMEWORK, (task("t1").task_id,)))
    assert made.statuses()[0].reason is Reason.AGENT_REMOVED
    assert made.cluster.agents == {}
    assert framework_id in made.cluster.frameworks
    assert A1 in made.cluster.reach.removed


def test_a_new_master_answers_as_the_old_one_did() -> None:
    made = world()
    framework_id = made.running(task("t1"))
    made.wait(AGENT_TIMEOUT + REMOVAL + EVERY)
    [removed] = made.cluster.reach.removed.values()
    info = FrameworkInfo("f", framework_id, failover_timeout_ms=100_000)
    again = world(Recovered("abc123", 2, (), (info,), removed=(removed,)))
    again.subscribe(framework_id=framework_id)
    again.do(ev.Reconcile(FRAMEWORK, (task("t1").task_id, task("t2").task_id)))
    assert {each.task_id: each.state for each in again.statuses()} == {"t1": TaskState.GONE, "t2": TaskState.LOST}
    again.register(tasks=[(framework_id, task("t1"), status("t1", TaskState.RUNNING))])
    assert again.cluster.frameworks[framework_id].tasks == {}


def test_set_removals_are_facts() -> None:
    fleet = Fleet()
    fleet.register()
    fleet.lose(1, 2, 3)
    fleet.wait(AGENT_TIMEOUT + 10_000)
    assert [fact.removals.mode for fact in fleet.world.facts if isinstance(fact, RemovalsSet)] == [RemovalMode.FROZEN]
