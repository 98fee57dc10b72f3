"""A kill from the master's order to the executor's signals: whose grace counts, and when."""

from barter.agent import actions as act
from barter.agent import events as ev
from barter.agent.executor import actions as done
from barter.agent.executor import events as happened
from barter.agent.executor.machine import Executor
from barter.agent.machine import Agent
from barter.core.machine import Tick
from barter.core.task_state import TaskState as S
from barter.core.tasks import Artifact, Reason, TaskInfo
from tests.agent import agent_kit as kit


def kills(actions: list[act.Action]) -> list[int]:
    return [each.grace_ms for each in actions if isinstance(each, act.KillAtExecutor)]


def order(info: TaskInfo) -> happened.Order:
    return happened.Order(kit.F, info, "/sandbox", "barter.a.f.t1")


def killed(grace_ms: int = 600_000) -> tuple[Agent, list[act.Action]]:
    machine = kit.ready(kit.agent())
    machine.step(kit.run(kit.task("t1")), 1)
    machine.step(kit.reports(kit.report("t1", S.RUNNING, 1)), 2)
    return machine, machine.step(ev.KillTask(1, kit.F, kit.task("t1").task_id, grace_ms), 3)


def test_it_is_told_at_once_and_each_kill_reaches_the_executor_with_its_grace() -> None:
    machine, actions = killed()
    [update] = [each for each in actions if isinstance(each, act.SendUpdates)]
    assert [status.state for _, status in update.updates] == [S.KILLING]
    assert kills(actions) == [600_000]
    again = machine.step(ev.KillTask(1, kit.F, kit.task("t1").task_id, 0), 4)
    assert kills(again) == [0]
    assert not [each for each in again if isinstance(each, act.SendUpdates)]


def test_an_agent_that_starts_again_leaves_the_grace_of_a_kill_under_way_alone() -> None:
    """The task's own grace, much shorter, took its place."""
    machine, _ = killed()
    for knows, expected in ((S.KILLING, []), (S.RUNNING, [-1])):
        again = kit.agent(machine.book)
        assert kills(again.step(ev.ExecutorHello("e1", (kit.report("t1", knows, 2),)), 10)) == expected


def test_a_kill_while_its_artifacts_are_fetched_ends_the_fetch_and_the_task() -> None:
    executor = Executor()
    executor.step(happened.Connected(), 0)
    info = kit.task("t1")
    artifacts = (Artifact("http://127.0.0.1/x"),)
    fetching = TaskInfo(info.task_id, "t1", info.resources, info.command, artifacts=artifacts)
    key = order(fetching).key
    assert [type(each) for each in executor.step(happened.Launch((order(fetching),)), 1)] == [done.FetchArtifacts]
    actions = executor.step(happened.Kill(key), 2)
    assert any(isinstance(each, done.CancelFetch) for each in actions)
    actions += executor.step(happened.NotStarted(key, Reason.FETCH_FAILED, "cancelled"), 3)
    executor.step(Tick(), 4)
    [hello] = [each for each in executor.step(happened.Connected(), 5) if isinstance(each, done.SendHello)]
    assert [(each.status.state, each.status.reason) for each in hello.tasks] == [(S.KILLED, "KILLED_BY_FRAMEWORK")]
