"""Agents that are to be given up: replacements first, then the master may end the instances there."""

from dataclasses import replace

import pytest

from barter.core.tasks import CheckKind
from barter.core.units import MIB
from barter.frameworks.service.actions import Kill, Release
from barter.frameworks.service.app import MILLION, App, Check, Upgrade
from barter.frameworks.service.events import Offered
from barter.frameworks.service.going import DOUBT_MS
from barter.sdk import TaskState
from tests.service.simulated import Task, World

WEB = App("/web", cmd="serve", cpus=100, mem=32 * MIB, instances=2)
CHECKED = replace(WEB, checks=(Check(CheckKind.HTTP, "HTTP"),))
STRICT = replace(WEB, upgrade=Upgrade(MILLION // 2, 0))
ONE_MORE = replace(WEB, upgrade=Upgrade(MILLION, 0))


def running(app: App = WEB) -> World:
    """Its instances run, all on the first agent."""
    world = World(agents=2)
    world.agents = ["a0"]
    world.step()
    world.put(app)
    world.settle()
    world.agents = ["a0", "a1"]
    return world


def released(world: World) -> list[str]:
    return [action.task_id for action in world.log if isinstance(action, Release)]


def on(world: World, agent_id: str) -> list[Task]:
    return [task for task in world.living() if task.agent_id == agent_id]


def start(world: World, task: Task, healthy: bool | None = None) -> None:
    world.become(task, TaskState.RUNNING, healthy)


def test_each_is_released_when_its_replacement_runs() -> None:
    world = running()
    world.drain("a0")
    assert [demand.count for demand in world.demands] == [2]
    world.offer()
    first, second = on(world, "a1")
    assert released(world) == []
    start(world, first)
    assert len(released(world)) == 1
    start(world, second)
    assert set(released(world)) == {task.info.task_id for task in on(world, "a0")}
    world.settle()
    assert [task.agent_id for task in world.living()] == ["a1", "a1"]
    assert not [action for action in world.log if isinstance(action, Kill)]


def test_where_health_is_checked_the_replacement_is_healthy_first() -> None:
    world = running(CHECKED)
    world.drain("a0")
    world.offer()
    [first, _] = on(world, "a1")
    start(world, first)
    assert released(world) == []
    start(world, first, healthy=False)
    assert released(world) == []
    start(world, first, healthy=True)
    assert len(released(world)) == 1


def test_without_a_replacement_it_waits() -> None:
    world = running()
    world.agents = ["a0"]
    world.drain("a0")
    world.pass_time(600_000)
    assert released(world) == []
    state = world.machine.apps["/web"]
    assert (state.ready, state.waiting) == (2, "waiting for an offer: 2 of 2")
    assert world.machine.deployment_of(state.stored.app_id) is None


def test_where_no_instance_more_may_run_some_end_first() -> None:
    world = running(STRICT)
    world.drain("a0")
    assert len(released(world)) == 1
    assert not world.demands
    world.obey()
    assert [demand.count for demand in world.demands] == [1]
    world.settle()
    assert [task.agent_id for task in world.living()] == ["a1", "a1"]


def test_a_lower_minimum_does_not_end_them_sooner() -> None:
    world = running(replace(WEB, upgrade=Upgrade(0, MILLION)))
    world.drain("a0")
    world.offer()
    assert released(world) == []
    start(world, on(world, "a1")[0])
    assert len(released(world)) == 1


def test_where_both_bounds_are_one_they_move_one_by_one() -> None:
    world = running(ONE_MORE)
    world.drain("a0")
    assert [demand.count for demand in world.demands] == [1]
    assert released(world) == []
    world.settle()
    assert [task.agent_id for task in world.living()] == ["a1", "a1"]


def test_an_agent_that_stays_after_all_keeps_what_serves() -> None:
    world = running()
    world.drain("a0")
    world.offer()
    start(world, on(world, "a1")[0])
    world.obey()
    world.activate("a0")
    assert world.demands == ()
    [young] = [task for task in on(world, "a1") if task.state is TaskState.STAGING]
    assert young.asked_to_end
    world.settle()
    assert sorted(task.agent_id for task in world.living()) == ["a0", "a1"]


def test_a_later_process_goes_on() -> None:
    world = running()
    world.drain("a0")
    world.offer()
    world.restart()
    for task in on(world, "a1"):
        start(world, task)
    assert len(released(world)) == 2
    world.settle()
    assert [task.agent_id for task in world.living()] == ["a1", "a1"]


def test_a_later_process_does_not_end_the_replacements_before_it_is_told_again() -> None:
    world = running()
    world.drain("a0")
    world.offer()
    replacements = on(world, "a1")
    told, world.drained = world.drained, {}
    world.restart()
    for task in world.living():
        start(world, task)
    assert not any(task.asked_to_end for task in world.living())
    world.drained = told
    world.register()
    world.settle()
    assert world.living() == replacements


def test_what_was_taken_back_without_a_session_counts_for_a_while() -> None:
    world = running()
    world.drain("a0")
    world.offer()
    for task in on(world, "a1"):
        world.become(task, TaskState.FAILED)
    world.activate("a0", heard=False)
    world.register()
    assert world.demands or world.machine.apps["/web"].backoff.until > world.now
    world.pass_time(61_000)
    assert world.demands == ()
    assert [task.agent_id for task in world.living()] == ["a0", "a0"]
    assert released(world) == []


def test_a_release_that_was_not_heard_is_made_again() -> None:
    world = running()
    world.drain("a0")
    world.offer()
    start(world, on(world, "a1")[0])
    [name] = released(world)
    world.tasks[name].released = world.tasks[name].asked_to_end = False
    world.register()
    assert released(world) == [name, name]


def test_a_released_one_whose_agent_stays_after_all_is_killed() -> None:
    world = running()
    world.drain("a0")
    world.offer()
    start(world, on(world, "a1")[0])
    [name] = released(world)
    world.activate("a0")
    world.pass_time(0)
    assert name in [action.task_id for action in world.log if isinstance(action, Kill)]


def test_who_stays_without_a_word_is_killed_as_soon_as_that_is_clear() -> None:
    world = running()
    world.drain("a0")
    world.offer()
    start(world, on(world, "a1")[0])
    [name] = released(world)
    world.activate("a0", heard=False)
    world.register()
    world.pass_time(DOUBT_MS)
    assert name in [action.task_id for action in world.log if isinstance(action, Kill)]


def test_no_replacement_runs_where_its_agent_goes_too() -> None:
    world = running()
    world.drain("a0")
    world.step(Offered(tuple(replace(offer, unavailable_from_ms=world.now + 1) for offer in world.offers())))
    assert on(world, "a1") == []
    assert "is to be given up" in world.declined()[-1].reason


def test_an_upgrade_meanwhile_begins_with_those_that_have_to_go() -> None:
    world = running(ONE_MORE)
    world.agents = ["a1"]
    world.put(replace(ONE_MORE, instances=3))
    world.settle()
    world.agents = ["a0", "a1"]
    [staying] = on(world, "a1")
    world.drain("a0")
    world.put(replace(ONE_MORE, instances=3, cmd="serve 2"), force=True)
    world.offer()
    new = [task for task in on(world, "a1") if task is not staying]
    start(world, new[0])
    assert [task.agent_id for task in world.living() if task.asked_to_end] == ["a0"]
    world.settle()
    assert [task.agent_id for task in world.living()] == ["a1"] * 3


@pytest.mark.parametrize("instances", [0, 1])
def test_what_is_scaled_in_goes_from_there_first(instances: int) -> None:
    world = running(replace(WEB, instances=3))
    world.drain("a0")
    world.put(replace(WEB, instances=instances), force=True)
    world.settle()
    assert [task.agent_id for task in world.living()] == ["a1"] * instances


def test_a_deleted_app_goes_at_once() -> None:
    world = running()
    world.drain("a0")
    world.delete("/web")
    assert all(task.asked_to_end for task in world.living())
    world.settle()
    assert world.machine.apps == {}


def test_who_had_to_end_first_does_not_come_back_to_where_it_was() -> None:
    """It was launched there again at once, moved again, and so on for ever."""
    world = World(agents=1)
    world.step()
    world.put(replace(WEB, instances=1, upgrade=Upgrade(0, 0)))
    world.settle()
    world.drain("a0")
    assert len(released(world)) == 1
    world.obey()
    given_up, world.drained = world.drained, {}
    announced = tuple(replace(offer, unavailable_from_ms=world.now + 1) for offer in world.offers())
    world.drained = given_up
    assert announced
    world.step(Offered(announced))
    assert world.living() == []
    world.activate("a0")
    world.offer()
    assert len(world.living()) == 1
