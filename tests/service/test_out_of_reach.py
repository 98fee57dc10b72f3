"""Who is out of reach is not chosen to end: back in time, it may be needed."""

from dataclasses import replace

import pytest

from barter.core.ids import TaskId
from barter.core.tasks import Source
from barter.core.units import MIB
from barter.frameworks.service.app import App, KillSelection, Unreachable
from barter.frameworks.service.events import StatusCame
from barter.sdk import Reason, TaskState, TaskStatus
from tests.service.simulated import Task, World

PATIENT = App("/web", cmd="serve", cpus=100, mem=32 * MIB, instances=3, unreachable=Unreachable(30_000, 90_000))


@pytest.fixture
def world() -> World:
    """Three instances run, and the youngest is out of reach."""
    made = World()
    made.step()
    made.put(PATIENT)
    made.settle()
    made.become(made.living()[-1], TaskState.UNREACHABLE)
    return made


def lost(world: World) -> Task:
    return next(task for task in world.living() if task.state is TaskState.UNREACHABLE)


def test_it_counts_again_while_its_successor_is_not_ready(world: World) -> None:
    """It was marked as replaced while it was away, and killed on its return: two of three were left ready."""
    away = lost(world)
    world.put(replace(PATIENT, cmd="serve 2"), force=True)
    world.offer()
    world.become(away, TaskState.RUNNING)
    assert not away.asked_to_end
    assert world.ready("/web") == 3
    world.settle()
    assert [task.info.command.shell for task in world.living()] == ["serve 2"] * 3


def test_so_it_does_when_fewer_are_wanted_and_another_has_failed(world: World) -> None:
    away = lost(world)
    world.put(replace(PATIENT, instances=2), force=True)
    assert "out of reach: 1" in world.machine.apps["/web"].waiting
    world.become(world.living()[0], TaskState.FAILED)
    world.become(away, TaskState.RUNNING)
    assert world.ready("/web") == 2
    assert not away.asked_to_end


def test_back_when_others_serve_in_its_place_it_ends(world: World) -> None:
    away = lost(world)
    world.put(replace(PATIENT, cmd="serve 2"), force=True)
    world.pass_time(30_000)
    while world.demands or any(task.asked_to_end for task in world.living()):
        world.offer()
        for task in world.living():
            if task.state is TaskState.STAGING:
                world.become(task, TaskState.RUNNING)
        world.obey()
    assert world.ready("/web") == 3
    world.become(away, TaskState.RUNNING)
    assert away.asked_to_end


def test_how_long_to_wait_for_it_can_be_changed_meanwhile(world: World) -> None:
    """Nobody looked at the new time: what was missing stayed missing until something else happened."""
    world.put(replace(PATIENT, unreachable=Unreachable(60_000, 90_000)), force=True)
    world.pass_time(59_000)
    assert not world.demands
    world.pass_time(1_000)
    assert [demand.count for demand in world.demands] == [1]


@pytest.mark.parametrize("selection", KillSelection)
def test_who_ends_when_it_is_back_beside_its_replacement_is_the_apps_to_say(
    world: World, selection: KillSelection
) -> None:
    """By default the youngest: that is the replacement, as in Marathon."""
    away = lost(world)
    world.put(replace(PATIENT, kill_selection=selection), force=True)
    world.pass_time(30_000)
    world.offer()
    replacement = world.living()[-1]
    world.become(replacement, TaskState.RUNNING)
    world.become(away, TaskState.RUNNING)
    ending = [task for task in world.living() if task.asked_to_end]
    assert ending == ([replacement] if selection is KillSelection.YOUNGEST_FIRST else [world.living()[0]])
    world.obey()
    assert world.ready("/web") == 3


def test_one_whose_agent_was_removed_is_out_of_reach_for_as_long_as_the_app_says(world: World) -> None:
    """For a day, where an app is that patient: the agent may return."""
    world.put(replace(PATIENT, unreachable=None), force=True)
    away = lost(world)
    removed = TaskStatus(
        TaskId(away.info.task_id), TaskState.GONE, Source.MASTER, world.now, reason=Reason.AGENT_REMOVED
    )
    world.step(StatusCame(removed))
    world.pass_time(24 * 3_600_000)
    assert not world.demands
    assert "out of reach: 1" in world.machine.apps["/web"].waiting
    world.become(away, TaskState.RUNNING)
    assert world.ready("/web") == 3
    world.become(away, TaskState.UNREACHABLE)
    world.become(away, TaskState.GONE_BY_OPERATOR)
    assert [demand.count for demand in world.demands] == [1]


def test_a_later_process_ends_no_successor_for_one_that_is_still_out_of_reach(world: World) -> None:
    """It does not know for how long that one is away, and took the successor for one too many."""
    away = lost(world)
    world.pass_time(40_000)
    world.offer()
    [successor] = [task for task in world.living() if task.state is TaskState.STAGING]
    world.restart()
    for task in world.living():
        world.tell(task.info.task_id)
    world.become(successor, TaskState.STARTING)
    assert away.state is TaskState.UNREACHABLE
    assert not successor.asked_to_end
