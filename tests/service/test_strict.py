"""An app that replaces nothing it cannot see: never one instance more than wanted."""

from dataclasses import replace

import pytest

from barter.core.units import MIB
from barter.frameworks.service.app import App, Upgrade
from barter.frameworks.service.events import KillInstances
from barter.sdk import TaskState
from tests.service.simulated import World

STRICT = App("/db", cmd="serve", cpus=100, mem=32 * MIB, upgrade=Upgrade(0, 0, progress_ms=0), unreachable=None)


@pytest.fixture
def world() -> World:
    """Its one instance runs, and is out of reach."""
    made = World()
    made.step()
    made.put(STRICT)
    made.settle()
    made.become(made.living()[0], TaskState.UNREACHABLE)
    return made


def waits(world: World) -> None:
    world.pass_time(600_000)
    assert world.demands == ()
    assert len(world.living()) == 1


def test_an_upgrade_waits_for_the_one_out_of_reach(world: World) -> None:
    """It was replaced as soon as it was to end: two ran until it was back."""
    world.put(replace(STRICT, cmd="serve 2"), force=True)
    waits(world)
    world.become(world.living()[0], TaskState.RUNNING)
    world.settle()
    assert [task.info.command.shell for task in world.living()] == ["serve 2"]


def test_so_does_what_an_operator_wants_killed(world: World) -> None:
    world.ask(KillInstances, task_ids=(world.living()[0].info.task_id,))
    waits(world)
    world.become(world.living()[0], TaskState.LOST)
    world.settle()
    assert len(world.living()) == 1


def test_deleting_the_app_gives_it_up(world: World) -> None:
    world.delete("/db")
    assert world.machine.apps == {}
    world.become(world.living()[0], TaskState.RUNNING)
    assert world.obey()
    assert world.living() == []
