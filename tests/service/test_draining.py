"""What ends is drained at the edges first, what is new counts once they have it, and no edge can hold up anything."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barter.core.units import MIB
from barter.frameworks.service.app import App, Port, Upgrade
from barter.frameworks.service.draining import DOUBT_MS, DRAINED_MS, IN_EDGES_MS, UNSURE_MS
from barter.frameworks.service.events import KillInstances, ServicesServed
from barter.frameworks.service.shares import by_share
from barter.sdk import ServiceUpdate, TaskId, TaskState
from tests.service.simulated import Task, World

WEB = App(
    "/web",
    cmd="serve",
    cpus=100,
    mem=32 * MIB,
    instances=2,
    ports=(Port(name="http"),),
    upgrade=Upgrade(1_000_000, 500_000),
    labels={"HAPROXY_GROUP": "external", "HAPROXY_0_VHOST": "web.localhost"},
)


def edge(world: World, serving: list[Task], drained: list[Task] | None = None, edges: int = 1) -> None:
    names = [frozenset(TaskId(each.info.task_id) for each in tasks) for tasks in (serving, drained or [])]
    world.step(ServicesServed((ServiceUpdate("web", edges, *names),)))


def weights(world: World) -> dict[str, int]:
    (service,) = world.services
    return {str(task_id): weight for task_id, weight in service.weights}


def asked_to_end(world: World) -> list[Task]:
    return [each for each in world.living() if each.asked_to_end]


@pytest.fixture
def world() -> World:
    made = World()
    made.step()
    made.put(WEB)
    made.settle()
    edge(made, made.living())
    return made


def updating(world: World) -> tuple[list[Task], Task]:
    """An upgrade with its first new instance running; the old ones, and that one."""
    old = world.living()
    world.put(replace(WEB, cmd="serve 2"))
    world.offer()
    [new] = [each for each in world.living() if each not in old]
    world.become(new, TaskState.RUNNING)
    return old, new


def test_a_new_one_counts_once_it_is_in_the_edges(world: World) -> None:
    old, new = updating(world)
    assert weights(world) == {}
    assert world.machine.apps["/web"].waiting == "waiting for others to end: 1 of 2, as 3 run, which is the maximum"
    edge(world, [*old, new])
    [doomed] = weights(world)
    assert world.tasks[doomed] in old
    assert weights(world) == {doomed: 0}
    assert asked_to_end(world) == []
    assert "draining at the edges: 1" in world.machine.apps["/web"].waiting
    edge(world, [one for one in (*old, new) if one.info.task_id != doomed], [world.tasks[doomed]])
    assert asked_to_end(world) == [world.tasks[doomed]]


def test_an_edge_that_says_nothing_holds_up_for_a_bounded_time(world: World) -> None:
    _, new = updating(world)
    world.pass_time(IN_EDGES_MS - 1)
    assert weights(world) == {}
    world.pass_time(1)
    assert list(weights(world).values()) == [0]
    world.pass_time(DRAINED_MS - 1)
    assert asked_to_end(world) == []
    world.pass_time(1)
    assert len(asked_to_end(world)) == 1
    assert new not in asked_to_end(world)


def test_edges_that_are_gone_hold_up_nothing(world: World) -> None:
    old, _ = updating(world)
    edge(world, [], edges=0)
    assert len(asked_to_end(world)) == 1
    assert asked_to_end(world)[0] in old
    assert weights(world) == {}


def test_edges_of_before_are_believed_for_a_while_in_a_new_session(world: World) -> None:
    world.register()
    world.pass_time(DOUBT_MS - 1)
    assert world.machine.apps["/web"].at_edges is not None
    world.pass_time(1)
    assert world.machine.apps["/web"].at_edges is None


def test_one_that_does_not_serve_is_killed_at_once(world: World) -> None:
    world.put(replace(WEB, instances=3))
    world.offer()
    [new] = [each for each in world.living() if each.state is TaskState.STAGING]
    world.ask(KillInstances, task_ids=(new.info.task_id,))
    assert asked_to_end(world) == [new]


def test_one_that_ends_by_itself_is_not_waited_for(world: World) -> None:
    one = world.living()[0]
    world.ask(KillInstances, task_ids=(one.info.task_id,))
    assert weights(world) == {one.info.task_id: 0}
    assert asked_to_end(world) == []
    world.become(one, TaskState.FAILED)
    assert weights(world) == {}


def test_an_app_that_no_edge_serves_is_not_held_up() -> None:
    world = World()
    world.step()
    world.put(replace(WEB, labels={}))
    world.settle()
    world.put(replace(WEB, labels={}, instances=1))
    assert len(asked_to_end(world)) == 1


def test_a_new_process_goes_on_draining(world: World) -> None:
    one = world.living()[0]
    world.ask(KillInstances, task_ids=(one.info.task_id,))
    world.restart()
    assert weights(world) == {one.info.task_id: 0}
    assert asked_to_end(world) == []
    edge(world, world.living())
    world.pass_time(UNSURE_MS)
    assert asked_to_end(world) == []
    edge(world, [each for each in world.living() if each is not one], [one])
    assert asked_to_end(world) == [one]


def test_a_new_process_that_hears_of_no_edge_kills(world: World) -> None:
    one = world.living()[0]
    world.ask(KillInstances, task_ids=(one.info.task_id,))
    world.restart()
    world.pass_time(UNSURE_MS)
    assert asked_to_end(world) == [one]


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 100))
def test_shares_are_exact_and_even(fresh: int, others: int, share: int) -> None:
    groups = [[TaskId(f"{name}{number}") for number in range(count)] for name, count in (("f", fresh), ("o", others))]
    told = dict(by_share(groups[0], groups[1], share))
    given = [[told.get(task_id, 100) for task_id in group] for group in groups]
    assert all(0 <= weight <= 256 for group in given for weight in group)
    assert Fraction(sum(given[0]), sum(map(sum, given))) == Fraction(share, 100)
    assert all(max(group) - min(group) <= 1 for group in given)


def test_nothing_is_shared_with_nobody() -> None:
    assert by_share([], [TaskId("t")], 10) == by_share([TaskId("t")], [], 10) == ()


def test_a_canary_gets_its_share_from_its_first_connection_on(world: World) -> None:
    old = world.living()
    upgrade = Upgrade(canary=1, auto_promote=False, canary_weights=(10, 50), min_healthy_ms=1_000)
    world.put(replace(WEB, cmd="serve 2", upgrade=upgrade))
    world.offer()
    [new] = [each for each in world.living() if each not in old]
    assert weights(world) == {new.info.task_id: 0}
    world.become(new, TaskState.RUNNING)
    told = weights(world)
    assert Fraction(told[new.info.task_id], sum(told.values())) == Fraction(10, 100)
    edge(world, [*old, new])
    world.pass_time(1_000)
    told = weights(world)
    assert Fraction(told[new.info.task_id], sum(told.values())) == Fraction(50, 100)
    assert asked_to_end(world) == []
