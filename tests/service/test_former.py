"""Deleted apps are kept so that their groups can go back, and no more of them than that."""

from dataclasses import replace

import pytest

from barter.frameworks.service import former
from barter.frameworks.service.app import App
from barter.frameworks.service.events import Change
from barter.frameworks.service.group_versions import apps_at, versions_of
from barter.frameworks.service.groups import Tree
from tests.service.simulated import World

ONE, TWO = App("/g/one", cmd="a"), App("/g/two", cmd="a")


@pytest.fixture
def world() -> World:
    made = World()
    made.step()
    for app in (ONE, TWO):
        made.put(app)
        made.settle()
    return made


def delete(world: World, app_id: str) -> int:
    """The version of it."""
    world.ask(Change, deletes=(app_id,))
    world.settle()
    return world.machine.version


def at(world: World, version: int) -> dict[str, str] | None:
    found = apps_at(Tree.of(world.machine), "/g", version)
    return None if found is None else {app_id: stored.app.cmd for app_id, stored in found.items()}


def test_each_version_has_what_was_there_then_also_in_a_new_process(world: World) -> None:
    first = world.machine.version
    world.put(replace(TWO, cmd="b"))
    world.settle()
    second = world.machine.version
    gone = delete(world, "/g/two")
    world.put(replace(TWO, cmd="c"))
    world.settle()
    again = world.machine.version
    world.restart()
    assert world.machine.version == again
    assert versions_of(Tree.of(world.machine), "/g")[:4] == [again, gone, second, first]
    assert at(world, first) == {"/g/one": "a", "/g/two": "a"}
    assert at(world, second) == {"/g/one": "a", "/g/two": "b"}
    assert at(world, gone) == {"/g/one": "a"}
    assert at(world, again) == {"/g/one": "a", "/g/two": "c"}


def test_one_that_is_about_to_go_was_there_before(world: World) -> None:
    before = world.machine.version
    world.ask(Change, deletes=("/g/two",))
    assert "/g/two" in world.machine.apps
    assert at(world, before) == {"/g/one": "a", "/g/two": "a"}
    assert at(world, world.machine.version) == {"/g/one": "a"}


def test_what_is_forgotten_is_not_made_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(former, "MOST_FORMER", 1)
    before = world.machine.version
    first = delete(world, "/g/two")
    assert at(world, before) == {"/g/one": "a", "/g/two": "a"}
    last = delete(world, "/g/one")
    world.restart()
    assert at(world, before) is None
    assert (at(world, first), at(world, last)) == ({"/g/one": "a"}, {})
    assert world.store.keys("service/former/") == [f"service/former/{last}-g.one"]
