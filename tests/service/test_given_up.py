"""An instance that was given up is nobody's, for every later process too."""

from dataclasses import replace

from barter.core.units import MIB
from barter.frameworks.service.app import App, Unreachable
from barter.sdk import TaskState
from tests.service.simulated import World

APP = App("/web", cmd="serve", cpus=100, mem=32 * MIB, instances=2)


def test_back_after_a_restart_it_is_killed() -> None:
    world = World()
    world.put(replace(APP, unreachable=Unreachable(0, 60_000)))
    world.settle()
    away, stays = world.living("/web")
    world.become(away, TaskState.UNREACHABLE)
    world.pass_time(1_000)
    assert world.offer()
    world.become(world.living("/web")[-1], TaskState.RUNNING)
    world.pass_time(60_000)
    world.restart()
    assert away.info.task_id not in world.machine.apps["/web"].instances
    assert stays.info.task_id in world.machine.apps["/web"].instances
    world.become(away, TaskState.RUNNING)
    assert away.asked_to_end
