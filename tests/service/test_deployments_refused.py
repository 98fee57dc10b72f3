"""What of deployments is refused, and what becomes of those that are given up."""

from dataclasses import replace

import pytest

from barter.frameworks.service.actions import Publish
from barter.frameworks.service.app import Port
from barter.frameworks.service.events import KillInstances, Put
from tests.service.deploying import app, create, published, roll_back, update
from tests.service.simulated import World


@pytest.fixture
def world() -> World:
    made = World(agents=4)
    made.step()
    return made


def test_what_was_refused_is_told_of_its_group(world: World) -> None:
    create(world, app("/g/a"))
    said = len(world.log)
    assert create(world, app("/g/a"), app("/g/h/b")).status == 409
    [told] = [action.published for action in world.log[said:] if isinstance(action, Publish)]
    assert (told.kind, told.body["groupId"]) == ("group_change_failed", "/g")
    assert "already exists" in told.body["reason"]


def test_what_the_edge_serves_for_another_by_now_is_not_taken_back(world: World) -> None:
    """A rollback is refused; one that would come by itself gives the deployment up."""
    at = {"HAPROXY_GROUP": "external", "HAPROXY_0_VHOST": "a.localhost"}
    first = replace(app("/a", auto_revert=True, progress_ms=60_000), ports=(Port("http"),), labels=at)
    world.put(first)
    world.settle()
    moved = update(world, replace(first, cmd="two", labels={**at, "HAPROXY_0_VHOST": "new.localhost"}))
    assert create(world, replace(first, app_id="/b")).status == 200
    refusal = roll_back(world, moved)
    assert refusal.status == 409
    assert "host name a.localhost is served by /b now" in refusal.message
    world.pass_time(200_000)
    assert world.machine.deployment_of("/a") is None
    assert world.machine.apps["/a"].app.labels["HAPROXY_0_VHOST"] == "new.localhost"


def test_a_deletion_that_was_given_up_is_told_when_it_is_done(world: World) -> None:
    world.put(app("/a"))
    world.settle()
    roll_back(world, world.delete("/a"), force=True)
    assert world.machine.deployments == {}
    said = len(world.log)
    world.settle()
    assert world.machine.apps == {}
    assert published(world.log[said:])[-1] == "app_terminated_event"


@pytest.mark.parametrize(("first", "then", "both"), [("/a", "/a/b/c", "/a"), ("/a/b/c", "/a/b", "/a/b")])
def test_nothing_lies_in_an_app(world: World, first: str, then: str, both: str) -> None:
    create(world, app(first))
    world.settle()
    for answer in (create(world, app(then)), create(world, app("/x"), app("/x/y"))):
        assert (answer.status, answer.path) == (422, "/id")
    assert create(world, app(then)).message.endswith(f"identifier: {both}")
    assert world.change(puts=(Put(app(then), 0),), deletes=(first,)).status == 200
    world.settle()
    assert set(world.machine.apps) == {then}


def test_who_is_named_twice_is_taken_off_the_count_once(world: World) -> None:
    world.put(app("/a", 3))
    world.settle()
    first = next(iter(world.machine.apps["/a"].instances))
    world.ask(KillInstances, task_ids=(first, first), scale=True)
    assert world.machine.apps["/a"].app.instances == 2
