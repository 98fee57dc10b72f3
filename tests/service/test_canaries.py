"""Canaries: beside the earlier instances until they prove good, or their deployment fails."""

import pytest

from barter.frameworks.service.deployment.mix import fresh_share
from barter.frameworks.service.events import Promote
from barter.sdk import TaskState
from tests.service.deploying import app, counts, half_way, roll_back, start_all, steer, update
from tests.service.simulated import Task, World


@pytest.fixture
def world() -> World:
    made = World(agents=4)
    made.step()
    return made


def new_ones(world: World) -> list[Task]:
    return [task for task in world.living() if task.info.command.shell == "two"]


def test_canaries_come_beside_the_old_ones_and_are_promoted_when_they_prove_good(world: World) -> None:
    world.put(app("/a", 4, maximum_over=0))
    world.settle()
    update(world, app("/a", 4, "two", canary=2, maximum_over=0, min_healthy_ms=30_000))
    start_all(world)
    assert counts(world, "/a") == {"one": 4, "two": 2}
    world.pass_time(29_000)
    assert counts(world, "/a") == {"one": 4, "two": 2}
    world.become(new_ones(world)[0], TaskState.FAILED)
    world.pass_time(29_000)
    start_all(world)
    world.pass_time(29_000)
    assert counts(world, "/a") == {"one": 4, "two": 2}
    world.pass_time(2_000)
    assert counts(world, "/a")["one"] < 4
    world.settle()
    assert counts(world, "/a") == {"two": 4}


def test_the_rest_follows_canaries_that_are_good_at_once(world: World) -> None:
    world.put(app("/a", 4, minimum_health=750_000, maximum_over=0))
    world.settle()
    update(world, app("/a", 4, "two", canary=1, minimum_health=750_000, maximum_over=0, min_healthy_ms=0))
    start_all(world)
    assert world.machine.deployment_of("/a") is not None
    world.settle()
    assert counts(world, "/a") == {"two": 4}


def test_canaries_wait_to_be_promoted_and_a_rollback_ends_them(world: World) -> None:
    world.put(app("/a", 4))
    world.settle()
    answer = update(world, app("/a", 4, "two", canary=1, auto_promote=False))
    start_all(world)
    world.pass_time(3_600_000)
    assert counts(world, "/a") == {"one": 4, "two": 1}
    assert world.machine.apps["/a"].waiting == "the canaries are good, and wait to be promoted"
    roll_back(world, answer)
    world.settle()
    assert counts(world, "/a") == {"one": 4}
    answer = update(world, app("/a", 4, "two", canary=1, auto_promote=False))
    start_all(world)
    assert steer(world, Promote, answer).status == 200
    world.settle()
    assert counts(world, "/a") == {"two": 4}


def test_blue_and_green_by_weight(world: World) -> None:
    world.put(app("/a", 2))
    world.settle()
    update(world, app("/a", 2, "two", canary=2, canary_weights=(10, 50)))
    start_all(world)
    shares: list[int | None] = []
    for _ in range(4):
        shares.append(fresh_share(world.machine.apps["/a"].stored))
        world.pass_time(9_000)
    assert shares == [10, 10, 50, None]
    assert counts(world, "/a") == {"two": 2}


def test_without_canaries_there_is_nothing_to_promote(world: World) -> None:
    assert steer(world, Promote, half_way(world)).status == 409


def test_canaries_that_fail_before_they_prove_good_do_not_put_off_the_deadline(world: World) -> None:
    world.put(app("/a", 2))
    world.settle()
    answer = update(world, app("/a", 2, "two", canary=1, progress_ms=60_000, min_healthy_ms=30_000))
    for _ in range(12):
        start_all(world)
        world.pass_time(9_000)
        for canary in new_ones(world):
            world.become(canary, TaskState.FAILED)
        while world.offer():
            pass
    assert answer.deployment_id not in world.machine.deployments
    world.settle()
    assert counts(world, "/a") == {"one": 2}


def test_canaries_that_proved_good_and_fail_have_the_whole_deadline_again(world: World) -> None:
    world.put(app("/a", 2))
    world.settle()
    answer = update(world, app("/a", 2, "two", canary=1, auto_promote=False, progress_ms=60_000))
    start_all(world)
    world.pass_time(3_600_000)
    [canary] = new_ones(world)
    world.become(canary, TaskState.FAILED)
    world.pass_time(50_000)
    assert answer.deployment_id in world.machine.deployments
    world.pass_time(20_000)
    assert answer.deployment_id not in world.machine.deployments
