"""Tasks that come back with an agent that was out of reach, or was removed for that."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from barter.core.cluster import ReturningTasks
from barter.core.ids import FrameworkId
from barter.core.task_state import TaskState
from barter.core.tasks import Reason, TaskStatus
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.actions import Answer
from barter.master.cluster import Timing
from barter.master.facts import Recovered
from tests.master.world import A1, AGENT, AGENT_TIMEOUT, FRAMEWORK, OFFER_TIMEOUT, World, status, task

REMOVAL = 60_000
R, S = ReturningTasks, TaskState
TIMING = Timing(AGENT_TIMEOUT, OFFER_TIMEOUT, removal_ms=REMOVAL, loss_window_ms=REMOVAL)


class Story:
    """One agent with task t1 of a framework with this policy; the agent fell silent, and may have been removed."""

    def __init__(self, policy: ReturningTasks, *, removed: bool) -> None:
        self.world = World()
        self.world.cluster.timing = TIMING
        self.framework_id = self.world.running(task("t1"))
        framework = self.world.cluster.frameworks[self.framework_id]
        framework.info = replace(framework.info, returning_tasks=policy)
        self.world.wait(AGENT_TIMEOUT + (REMOVAL if removed else 0) + 1_000)

    @property
    def task_lives(self) -> bool:
        return task("t1").task_id in self.world.cluster.frameworks[self.framework_id].tasks

    def back(self, state: TaskState = S.RUNNING, updates: Sequence[TaskStatus] = (), session: int = AGENT) -> None:
        tasks = [(self.framework_id, task("t1"), status("t1", state))]
        self.world.register(session=session, tasks=tasks, updates=[(self.framework_id, each) for each in updates])

    def kills(self) -> list[tuple[str, Reason]]:
        return [(kill.task_id, kill.cause) for kill in self.world.sent(msg.Kill, AGENT)]

    def fails_over(self) -> None:
        """The master dies; the next one has what was durable."""
        cluster = self.world.cluster
        infos = tuple(agent.info for agent in cluster.agents.values())
        frameworks = tuple(framework.info for framework in cluster.frameworks.values())
        removed = tuple(cluster.reach.removed.values())
        self.world = World(Recovered("abc123", 2, infos, frameworks, removed=removed))
        self.world.cluster.timing = TIMING
        self.world.do(ev.Subscribe(FRAMEWORK, frameworks[0]))


@pytest.mark.parametrize("policy", [R.KEEP_UNLESS_GONE, R.KEEP])
def test_who_was_only_out_of_reach_is_kept(policy: ReturningTasks) -> None:
    story = Story(policy, removed=False)
    story.back()
    assert story.kills() == []
    assert [(each.state, each.reason) for each in story.world.statuses()] == [(S.RUNNING, Reason.RECONCILIATION)]


@pytest.mark.parametrize("removed", [False, True])
def test_a_framework_that_wants_no_returning_tasks_has_them_killed(removed: bool) -> None:
    story = Story(R.KILL, removed=removed)
    story.back()
    assert story.kills() == [("t1", Reason.RETURNED_LATE)]
    assert story.task_lives is not removed
    story.world.update(story.framework_id, replace(status("t1", S.KILLED, 5), reason=Reason.RETURNED_LATE))
    told = [each.state for each in story.world.statuses()]
    assert told == ([] if removed else [S.KILLED])


def test_what_was_told_as_gone_is_usually_killed() -> None:
    story = Story(R.KEEP_UNLESS_GONE, removed=True)
    story.back(updates=[status("t1", S.RUNNING, 4)])
    assert story.kills() == [("t1", Reason.RETURNED_LATE)]
    assert story.world.statuses() == []
    assert [ack[2] for each in story.world.sent(msg.Acknowledge, AGENT) for ack in each.acks] == ["t1:4"]
    assert not story.task_lives


def test_a_kill_of_what_was_told_as_gone_is_not_lost_with_the_master() -> None:
    story = Story(R.KEEP_UNLESS_GONE, removed=True)
    story.back()
    story.fails_over()
    story.back()
    assert story.kills() == [("t1", Reason.RETURNED_LATE)]
    assert [each for each in story.world.statuses() if not each.terminal] == []
    story.world.update(story.framework_id, status("t1", S.KILLED, 5))
    assert story.world.statuses() == []
    assert story.world.cluster.reach.removed == {}


@pytest.mark.parametrize("failover", [False, True])
def test_what_was_told_as_gone_lives_on_for_who_keeps_all(failover: bool) -> None:
    story = Story(R.KEEP, removed=True)
    if failover:
        story.fails_over()
    story.back()
    assert story.kills() == []
    assert story.task_lives
    assert [each.state for each in story.world.statuses()] == [S.RUNNING]
    assert story.world.cluster.agents[A1].used.value == task("t1").resources
    assert story.world.cluster.reach.removed == {}


def test_an_end_that_happened_meanwhile_is_told_to_who_keeps_all_and_to_nobody_else() -> None:
    for policy in R:
        story = Story(policy, removed=True)
        end = replace(status("t1", S.FINISHED, 7), exit_code=0)
        story.back(S.FINISHED, [end])
        told = [(each.state, each.exit_code) for each in story.world.statuses()]
        assert told == ([(S.FINISHED, 0)] if policy in (R.KEEP, R.DECIDE) else [])
        assert story.kills() == []
        assert not story.task_lives


@pytest.mark.parametrize("removed", [False, True])
def test_who_decides_is_told_and_nothing_is_done_until_then(removed: bool) -> None:
    story = Story(R.DECIDE, removed=removed)
    story.back()
    assert [(each.state, each.reason) for each in story.world.statuses()] == [(S.RUNNING, Reason.RETURNED_LATE)]
    assert story.kills() == []
    story.world.do(ev.Reconcile(FRAMEWORK))
    assert [each.reason for each in story.world.statuses()] == [Reason.RETURNED_LATE]
    story.world.do(ev.Keep(FRAMEWORK, (task("t1").task_id, task("t9").task_id)))
    story.world.do(ev.Reconcile(FRAMEWORK))
    assert [each.reason for each in story.world.statuses()] == [Reason.RECONCILIATION]


def test_a_decision_to_kill_is_a_kill() -> None:
    story = Story(R.DECIDE, removed=True)
    story.back()
    story.world.do(ev.KillTask(FRAMEWORK, task("t1").task_id))
    assert story.kills() == [("t1", Reason.KILLED_BY_FRAMEWORK)]
    assert not story.world.cluster.frameworks[story.framework_id].tasks[task("t1").task_id].undecided


def test_a_kill_asked_for_while_it_was_gone_is_carried_out_on_return() -> None:
    story = Story(R.KEEP, removed=True)
    story.world.do(ev.KillTask(FRAMEWORK, task("t1").task_id))
    assert [each.reason for each in story.world.statuses()] == [Reason.AGENT_REMOVED]
    story.back()
    assert story.kills() == [("t1", Reason.KILLED_BY_FRAMEWORK)]


def test_a_removed_agent_can_be_marked_gone_for_good() -> None:
    for policy in R:
        story = Story(policy, removed=True)
        story.world.do(ev.MarkGone(1, A1, "it burnt"))
        assert [action.refusal for action in story.world.last if isinstance(action, Answer)] == [""]
        told = [(each.state, each.reason) for each in story.world.statuses()]
        waits = policy in (R.KEEP, R.DECIDE)
        assert told == ([(S.GONE_BY_OPERATOR, Reason.AGENT_GONE)] if waits else [])
        story.back()
        assert story.world.sent(msg.Shutdown, AGENT)
        assert story.world.cluster.agents == {}


def test_other_wishes_about_a_removed_agent_are_refused() -> None:
    story = Story(R.KEEP, removed=True)
    story.world.do(ev.Drain(1, A1, 0, 1_000))
    assert ["was removed, as it was out of reach" in a.refusal for a in story.world.last if isinstance(a, Answer)] == [
        True
    ]


def test_an_agent_never_heard_of_by_this_master_may_have_anything_also_after_its_removal() -> None:
    story = Story(R.KEEP_UNLESS_GONE, removed=False)
    story.fails_over()
    story.world.wait(AGENT_TIMEOUT + REMOVAL + 1_000)
    assert story.world.cluster.agents == {}
    story.world.do(ev.Reconcile(FRAMEWORK, (task("t1").task_id,)))
    assert [each.state for each in story.world.statuses()] == [S.UNREACHABLE]
    story.back()
    assert story.kills() == []
    assert S.RUNNING in [each.state for each in story.world.statuses()]


def test_a_removed_framework_s_tasks_are_killed_whatever_it_wanted() -> None:
    story = Story(R.KEEP, removed=True)
    story.world.do(ev.TeardownByOperator(FrameworkId(story.framework_id)))
    story.back()
    assert [each.framework_id for each in story.world.sent(msg.KillFramework, AGENT)] == [story.framework_id]


def test_what_was_told_as_gone_beyond_what_is_kept_is_killed_all_the_same() -> None:
    """The names of some of the tasks were not kept, as they were too many: the next master has not heard of t1."""
    story = Story(R.KEEP_UNLESS_GONE, removed=True)
    [removed] = story.world.cluster.reach.removed.values()
    story.world.cluster.reach.keep(replace(removed, tasks=(), tasks_known=False, more=True))
    story.fails_over()
    story.world.do(ev.Reconcile(FRAMEWORK, (task("t1").task_id,)))
    assert [each.state for each in story.world.statuses()] == [S.UNREACHABLE]
    story.back()
    assert story.kills() == [("t1", Reason.RETURNED_LATE)]
    assert not story.task_lives
    [returned] = story.world.cluster.reach.removed.values()
    assert (len(returned.tasks), returned.tasks_known, returned.more) == (1, True, False)
    story.world.register(session=7, tasks=[(story.framework_id, task("t2"), status("t2", S.RUNNING))])
    assert story.kills() == []
