"""Deployments over many apps: their order, who is held meanwhile, what stays of those that are given up."""

from dataclasses import replace

import pytest

from barter.frameworks.service.actions import Answer, Publish
from barter.frameworks.service.events import Pause, Promote, Put, Resume
from barter.frameworks.service.state import StoredGroup
from barter.sdk import TaskState
from tests.service.deploying import app, counts, create, half_way, published, roll_back, start_all, steer, update
from tests.service.simulated import World


@pytest.fixture
def world() -> World:
    made = World(agents=4)
    made.step()
    return made


def steps(world: World, answer: Answer) -> list[list[str]]:
    found = world.machine.deployments[answer.deployment_id]
    return [[f"{one.kind.removesuffix('Application')} {one.app_id}" for one in step] for step in found.steps]


def test_what_is_needed_comes_first_and_equals_side_by_side(world: World) -> None:
    answer = create(
        world, app("/web", 1, "one", "/db", "/cache"), app("/db"), app("/cache", 1), app("/edge", 1, "", "/web")
    )
    assert steps(world, answer) == [
        ["Start /web", "Start /db", "Start /cache", "Start /edge"],
        ["Scale /db", "Scale /cache"],
        ["Scale /web"],
        ["Scale /edge"],
    ]
    start_all(world)
    assert {app_id for app_id in world.machine.apps if world.living(app_id)} == {"/db", "/cache"}
    start_all(world)
    assert {app_id for app_id in world.machine.apps if world.living(app_id)} == {"/db", "/cache", "/web"}
    start_all(world)
    assert len(world.living("/edge")) == 1
    world.settle()
    assert world.machine.deployments == {}
    assert published(world.log)[-2:] == ["deployment_step_success", "deployment_success"]


def test_a_groups_dependencies_hold_for_all_in_it(world: World) -> None:
    groups = (StoredGroup("/prod/front", ("/prod/back",)),)
    answer = create(world, app("/prod/front/web"), app("/prod/back/db"), groups=groups)
    assert steps(world, answer)[1:] == [["Scale /prod/back/db"], ["Scale /prod/front/web"]]
    world.settle()
    assert world.machine.groups == {"/prod/front": groups[0]}
    world.restart()
    assert world.machine.groups == {"/prod/front": groups[0]}


def test_a_cycle_is_refused_with_its_members(world: World) -> None:
    answer = create(world, app("/a", 1, "", "/b"), app("/b", 1, "", "/c"), app("/c", 1, "", "/a"))
    assert (answer.status, answer.path) == (422, "/dependencies")
    assert answer.message == "they depend on each other: /a -> /b -> /c -> /a"
    assert world.machine.apps == {}


def test_who_is_held_stays_as_it_was_and_what_dies_of_it_is_replaced_by_its_like(world: World) -> None:
    create(world, app("/db"), app("/web", 2, "one", "/db"))
    world.settle()
    answer = update(world, app("/db", 2, "two"), app("/web", 3, "two", "/db"))
    assert steps(world, answer) == [["Restart /db"], ["Restart /web"]]
    world.become(world.living("/web")[0], TaskState.FAILED)
    start_all(world)
    assert counts(world, "/web") == {"one": 2}
    assert "held for a later step" in world.machine.apps["/web"].waiting
    world.settle()
    assert (counts(world, "/db"), counts(world, "/web")) == ({"two": 2}, {"two": 3})


def test_the_next_process_goes_on_at_the_same_step(world: World) -> None:
    create(world, app("/db"), app("/web", 2, "one", "/db"))
    world.settle()
    answer = update(world, app("/db", 2, "two"), app("/web", 2, "two", "/db"))
    start_all(world)
    world.restart()
    assert steps(world, answer) == [["Restart /db"], ["Restart /web"]]
    assert counts(world, "/web") == {"one": 2}
    world.settle()
    assert counts(world, "/web") == {"two": 2}
    assert world.machine.deployments == {}


def test_an_app_has_one_deployment(world: World) -> None:
    first = create(world, app("/a"), app("/b"))
    answer = update(world, app("/b", 3))
    assert (answer.status, answer.locked_by) == (409, (first.deployment_id,))
    second = update(world, app("/b", 3), force=True)
    assert list(world.machine.deployments) == [second.deployment_id]
    assert "deployment_failed" in published(world.log)
    world.settle()
    assert (counts(world, "/a"), counts(world, "/b")) == ({"one": 2}, {"one": 3})


def test_a_rollback_restarts_nothing_that_was_not_touched(world: World) -> None:
    """Marathon replaced the old instances by new ones of the same definition."""
    back = roll_back(world, half_way(world))
    old = [task.info.task_id for task in world.living() if task.info.command.shell == "one" and not task.asked_to_end]
    world.settle()
    assert back.status == 200
    assert counts(world, "/a") == {"one": 4}
    assert set(old) <= {task.info.task_id for task in world.living()}


def test_a_rollback_of_what_cannot_start_any_more_does_not_end_what_runs(world: World) -> None:
    answer = half_way(world)
    roll_back(world, answer)
    for _ in range(5):
        world.offer()
        world.obey()
        for task in world.living():
            if task.state is TaskState.STAGING:
                world.become(task, TaskState.FAILED)
        world.pass_time(60_000)
    assert counts(world, "/a")["one"] >= 2


def test_a_rollback_brings_back_the_deleted_and_deletes_the_new(world: World) -> None:
    create(world, app("/a"), app("/b"))
    world.settle()
    answer = world.change(
        deletes=("/a",), puts=(Put(app("/c"), 0), Put(app("/b", 3), world.machine.apps["/b"].stored.version))
    )
    world.obey()
    roll_back(world, answer)
    world.settle()
    assert {app_id: counts(world, app_id) for app_id in world.machine.apps} == {"/a": {"one": 2}, "/b": {"one": 2}}


def test_a_rollback_of_what_was_forced_goes_to_what_was_rolled_out(world: World) -> None:
    half_way(world)
    answer = update(world, app("/a", 5, "three"), force=True)
    start_all(world)
    roll_back(world, answer)
    world.settle()
    assert counts(world, "/a") == {"one": 4}


def test_a_rollback_never_goes_to_zero(world: World) -> None:
    world.put(app("/a", 0))
    world.settle()
    update(world, app("/a", 3))
    start_all(world)
    answer = update(world, app("/a", 3, "two"), force=True)
    roll_back(world, answer)
    world.settle()
    assert counts(world, "/a") == {"one": 3}


def test_with_force_nothing_reverts(world: World) -> None:
    answer = roll_back(world, half_way(world), force=True)
    world.settle()
    assert answer.status == 200
    assert counts(world, "/a") == {"one": 3, "two": 1}
    assert "its deployment was given up" in world.machine.apps["/a"].waiting
    world.become(next(task for task in world.living() if task.info.command.shell == "one"), TaskState.FAILED)
    world.settle()
    assert counts(world, "/a") == {"one": 3, "two": 1}
    update(world, app("/a", 4, "two"))
    world.settle()
    assert counts(world, "/a") == {"two": 4}


def test_paused_it_stays_as_it_is(world: World) -> None:
    answer = half_way(world)
    steer(world, Pause, answer)
    for shell in ("one", "two"):
        world.become(next(task for task in world.living() if task.info.command.shell == shell), TaskState.FAILED)
    world.settle()
    assert counts(world, "/a") == {"one": 3, "two": 1}
    assert world.machine.apps["/a"].waiting == f"deployment {answer.deployment_id} is paused"
    world.pass_time(10_000_000)
    world.restart()
    world.settle()
    assert counts(world, "/a") == {"one": 3, "two": 1}
    steer(world, Resume, answer)
    world.settle()
    assert counts(world, "/a") == {"two": 4}


def test_a_paused_step_that_is_done_waits_for_the_resumption(world: World) -> None:
    answer = create(world, app("/db"), app("/web", 2, "one", "/db"))
    while world.offer():
        pass
    steer(world, Pause, answer)
    start_all(world)
    assert world.living("/web") == []
    steer(world, Resume, answer)
    world.settle()
    assert counts(world, "/web") == {"one": 2}


def test_past_its_deadline_it_fails_and_the_app_stays_in_its_mix(world: World) -> None:
    answer = half_way(world, progress_ms=60_000)
    world.obey()
    world.pass_time(120_000)
    assert world.machine.deployments == {}
    assert {action.published.body["id"] for action in world.log if isinstance(action, Publish)
            and action.published.kind == "deployment_failed"} == {answer.deployment_id}  # fmt: skip
    world.settle()
    assert counts(world, "/a") == {"one": 3, "two": 1}


def test_past_its_deadline_it_goes_back_where_it_is_to(world: World) -> None:
    answer = half_way(world, progress_ms=60_000, auto_revert=True)
    world.obey()
    world.pass_time(120_000)
    [back] = world.machine.deployments.values()
    assert back.reverts == answer.deployment_id
    world.settle()
    assert counts(world, "/a") == {"one": 4}


def test_as_long_as_it_gets_on_there_is_no_deadline(world: World) -> None:
    answer = half_way(world, progress_ms=60_000)
    for _ in range(3):
        world.pass_time(50_000)
        world.obey()
        start_all(world)
        assert answer.deployment_id in world.machine.deployments or counts(world, "/a") == {"two": 4}


@pytest.mark.parametrize("kind", [Pause, Resume, Promote])
def test_a_deployment_that_is_over_cannot_be_steered(world: World, kind: type[Pause]) -> None:
    assert world.ask(kind, deployment_id="d99").status == 404


def test_groups_and_apps_are_changed_together_or_not_at_all(world: World) -> None:
    before = replace(app("/a"), labels={"HAPROXY_GROUP": "external", "HAPROXY_0_VHOST": "a.localhost"})
    answer = create(world, before, replace(before, app_id="/b"))
    assert (answer.status, answer.path) == (422, "/labels/HAPROXY_0_VHOST")
    assert world.machine.apps == {}


def test_an_app_may_be_changed_without_end(world: World) -> None:
    """Neither its value grows, nor what is kept beside it."""
    world.put(app("/a"))
    world.settle()
    sizes = []
    for turn in range(60):
        answer = update(world, app("/a", 2, f"turn {100 + turn}"), force=True)
        if turn % 3 == 0:
            roll_back(world, answer)
        world.settle()
        sizes.append(len(world.store.get("service/app/a") or b""))
    assert sizes[-1] <= max(sizes[30:33])
    assert len(world.machine.apps["/a"].stored.versions) == 25
    assert [key for key in world.store.keys("service/") if "deployment" in key] == []


def test_what_is_deleted_does_not_come_back_by_itself(world: World) -> None:
    world.put(app("/a", 1, progress_ms=60_000, auto_revert=True))
    world.settle()
    world.delete("/a")
    world.pass_time(120_000)
    assert world.machine.apps["/a"].stored.deleting
    world.settle()
    assert "/a" not in world.machine.apps
