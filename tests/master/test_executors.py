"""Frameworks' executors and task groups in the master: what is launched, what is heard of them, and their messages."""

from dataclasses import replace

from barter.core.ids import AgentId, ExecutorId, FrameworkId, TaskId
from barter.core.resources import resources
from barter.core.task_state import TaskState
from barter.core.tasks import Command, ExecutorInfo, Reason, TaskInfo, TaskStatus
from barter.core.units import MIB
from barter.master import events as ev
from barter.master import messages as msg
from barter.master.facts import Recovered
from tests.master.world import A1, AGENT, FRAMEWORK, NEED, World, agent, status, task

S = TaskState
X = ExecutorId("x")
EXECUTOR = ExecutorInfo(X, Command("x"), resources(cpus=1_000, mem=64 * MIB))


def own(name: str, executor: ExecutorInfo = EXECUTOR) -> TaskInfo:
    return TaskInfo(TaskId(name), name, NEED, executor=executor)


def member(name: str, group: str = "g", cpus: int = 100) -> TaskInfo:
    return replace(task(name, resources(cpus=cpus, mem=MIB)), group_id=group)


def offered(world: World) -> tuple[FrameworkId, msg.Offers]:
    framework_id = world.subscribe()
    world.register()
    return framework_id, world.sent(msg.Offers, FRAMEWORK)[0]


def begun(world: World, *names: str) -> FrameworkId:
    framework_id, offers = offered(world)
    world.accept(offers.offers[0].offer_id, *(own(name) for name in names))
    return framework_id


def used(world: World) -> int:
    return world.cluster.agents[A1].used.value.scalars.get("cpus", 0)


def executor_ends(world: World, framework_id: FrameworkId, exit_code: int | None = 3) -> TaskStatus:
    ended = replace(status("x.t1", S.FAILED, 2), exit_code=exit_code, message="exited with status 3")
    world.update(framework_id, ended)
    return ended


def test_an_executor_is_launched_before_its_first_task_and_holds_what_it_uses() -> None:
    world = World()
    begun(world, "t1", "t2")
    [run] = world.sent(msg.Run, AGENT)
    assert [info.task_id for info in run.tasks] == ["x.t1", "t1", "t2"]
    assert [info.is_executor for info in run.tasks] == [True, False, False]
    assert {info.executor and info.executor.task_id for info in run.tasks} == {"x.t1"}
    assert used(world) == 1_000 + 2 * 100


def test_one_that_runs_is_used_again_and_must_be_the_same() -> None:
    world = World()
    begun(world, "t1")
    world.wait(10_000)
    other = replace(EXECUTOR, command=Command("y"))
    world.accept(world.offers()[0].offer_id, own("t2"), own("t3", other))
    [run] = world.sent(msg.Run, AGENT)
    assert [info.task_id for info in run.tasks] == ["t2"]
    [refused] = world.statuses()
    assert (refused.task_id, refused.reason) == ("t3", Reason.INVALID_TASK)
    assert "another command" in refused.message


def test_one_without_room_is_not_launched_for_nothing() -> None:
    world = World()
    _, offers = offered(world)
    big = replace(EXECUTOR, resources=resources(cpus=3_950))
    world.accept(offers.offers[0].offer_id, own("t1", big), task("t2"))
    [run] = world.sent(msg.Run, AGENT)
    assert [info.task_id for info in run.tasks] == ["t2"]
    assert [each.task_id for each in world.statuses()] == ["t1"]
    assert used(world) == 100


def test_its_framework_hears_of_its_end_alone() -> None:
    world = World()
    framework_id = begun(world, "t1")
    world.update(framework_id, status("x.t1", S.RUNNING, 1), status("t1", S.RUNNING, 1))
    assert [each.task_id for each in world.statuses()] == ["t1"]
    assert [ack.acks for ack in world.sent(msg.Acknowledge, AGENT)] == [((framework_id, "x.t1", "x.t1:1"),)]
    world.do(ev.Reconcile(FRAMEWORK))
    assert [each.task_id for each in world.statuses()] == ["t1"]
    executor_ends(world, framework_id)
    [failure] = world.sent(msg.Failure)
    assert (failure.agent_id, failure.executor_id, failure.exit_code) == (A1, X, 3)
    assert "exited with status 3" in failure.reason
    assert world.statuses() == []
    assert len(world.sent(msg.Acknowledge, AGENT)) == 1
    assert used(world) == 100


def test_an_end_that_an_agent_tells_again_is_acknowledged_again_and_told_once() -> None:
    world = World()
    framework_id = begun(world, "t1")
    [run] = world.sent(msg.Run, AGENT)
    ended = executor_ends(world, framework_id)
    info = run.tasks[0]
    world.register(session=7, tasks=[(framework_id, info, ended)], updates=[(framework_id, ended)])
    assert world.sent(msg.Failure) == []
    assert [ack.acks for ack in world.sent(msg.Acknowledge, 7)] == [((framework_id, "x.t1", "x.t1:2"),)]


def test_an_end_that_comes_with_a_registration_is_told() -> None:
    world = World()
    framework_id = begun(world, "t1")
    [run] = world.sent(msg.Run, AGENT)
    ended = replace(status("x.t1", S.FAILED, 2), exit_code=3)
    world.register(session=7, tasks=[(framework_id, run.tasks[0], ended)], updates=[(framework_id, ended)])
    assert [failure.exit_code for failure in world.sent(msg.Failure)] == [3]


def test_after_its_end_another_is_launched() -> None:
    world = World()
    framework_id = begun(world, "t1")
    world.update(framework_id, status("t1", S.FINISHED, 1))
    executor_ends(world, framework_id)
    world.wait(10_000)
    world.do(ev.Accept(FRAMEWORK, tuple(world.cluster.frameworks[framework_id].offers), (own("t9"),)))
    [run] = world.sent(msg.Run, AGENT)
    assert [info.task_id for info in run.tasks] == ["x.t9", "t9"]


def test_a_master_that_starts_anew_learns_of_it_from_the_agent() -> None:
    first = World()
    framework_id = begun(first, "t1")
    [run] = first.sent(msg.Run, AGENT)
    world = World(Recovered("another", 1))
    world.register(tasks=[(framework_id, info, status(info.task_id, S.RUNNING)) for info in run.tasks])
    world.subscribe(framework_id=framework_id)
    world.do(ev.FrameworkMessage(FRAMEWORK, A1, X, "aGk="))
    assert world.sent(msg.ToExecutor, AGENT) == [msg.ToExecutor(framework_id, X, "aGk=")]
    assert used(world) == 1_100


def test_messages_go_both_ways() -> None:
    world = World()
    framework_id = begun(world, "t1")
    world.do(ev.AgentMessage(AGENT, A1, framework_id, X, "aGk="))
    assert world.sent(msg.FromExecutor, FRAMEWORK) == [msg.FromExecutor(A1, X, "aGk=")]
    world.do(ev.AgentMessage(AGENT, A1, framework_id, ExecutorId("y"), "aGk="))
    assert world.sent(msg.FromExecutor) == []
    for agent_id, executor_id, said in ((A1, "y", "no executor y"), ("a7", X, "agent a7 is not connected")):
        world.do(ev.FrameworkMessage(FRAMEWORK, AgentId(agent_id), ExecutorId(executor_id), "aGk="))
        [error] = world.sent(msg.Error, FRAMEWORK)
        assert said in error.message
        assert not error.fatal


def test_all_of_a_group_are_launched_or_none() -> None:
    world = World()
    _, offers = offered(world)
    tasks = (member("a", cpus=2_000), member("b", cpus=2_001), task("alone"), member("c", "h"), member("d", "h"))
    world.accept(offers.offers[0].offer_id, *tasks)
    [run] = world.sent(msg.Run, AGENT)
    assert [info.task_id for info in run.tasks] == ["alone", "c", "d"]
    refused = {each.task_id: each for each in world.statuses()}
    assert refused.keys() == {"a", "b"}
    assert refused[TaskId("a")].message.startswith("task b of its group was refused: the offers do not hold")
    assert used(world) == 300


def test_a_group_is_launched_at_once_and_under_the_agents_executor() -> None:
    world = World()
    _, offers = offered(world)
    world.accept(offers.offers[0].offer_id, member("a"), replace(own("b"), group_id="x"))
    assert "under the agent's own executor" in world.statuses()[0].message
    world.wait(10_000)
    world.accept(world.offers()[0].offer_id, member("c"))
    assert "tasks of it run already" in world.statuses()[0].message


def test_an_executor_is_not_named_in_inverse_offers() -> None:
    world = World()
    begun(world, "t1")
    world.do(ev.Drain(1, A1, 0, 60_000))
    [inverse] = world.sent(msg.InverseOffers, FRAMEWORK)
    assert inverse.inverse_offers[0].tasks == ("t1",)


def test_an_agent_without_processes_runs_none() -> None:
    world = World()
    world.subscribe()
    world.register(agent(runtimes=("docker",)))
    world.accept(world.offers()[0].offer_id, own("t1"))
    assert world.statuses()[0].reason is Reason.RUNTIME_MISSING
