"""An agent that said it leaves is offered to nobody: each launch there would be dropped and launched again at once."""

from dataclasses import replace

from barter.core.task_state import TaskState
from barter.core.tasks import Reason, Source, TaskStatus
from barter.master import messages as msg
from barter.master.views import agents
from tests.master.world import A1, World, status, task


def leaving(world: World, state: TaskState, number: int) -> TaskStatus:
    return replace(status("t1", state, number), reason=Reason.AGENT_STOPPED, source=Source.AGENT)


def test_its_offers_are_taken_back_and_no_more_are_made() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    world.wait(6_000)
    assert world.cluster.offers
    world.update(framework_id, leaving(world, TaskState.KILLING, 2))
    assert world.sent(msg.Rescind)
    world.update(framework_id, leaving(world, TaskState.KILLED, 3))
    assert world.offers() == []
    assert not world.cluster.offers
    assert [each.state for each in agents(world.cluster)] == ["leaving"]
    assert [entry.reason for entry in world.cluster.history.of(A1) if entry.kind == "agent_leaving"]


def test_a_launch_it_dropped_says_so_too() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    world.update(
        framework_id, replace(status("t2", TaskState.DROPPED, 1), reason=Reason.AGENT_STOPPED, source=Source.AGENT)
    )
    assert not world.cluster.offers


def test_who_registers_without_ending_tasks_is_offered_again() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    world.update(framework_id, leaving(world, TaskState.KILLED, 2))
    world.register(session=9)
    assert [offer.agent_id for offer in world.offers()] == [A1]


def test_what_its_executor_ends_late_does_not_make_an_agent_leave_that_was_started_again() -> None:
    world = World()
    framework_id = world.running(task("t1"))
    world.wait(6_000)
    world.update(framework_id, replace(leaving(world, TaskState.KILLED, 2), source=Source.EXECUTOR))
    assert [each.state for each in agents(world.cluster)] == ["active"]
