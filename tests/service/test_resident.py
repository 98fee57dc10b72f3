"""Resident apps on simulated machines with the real master: they are where their data is, and leave nothing behind."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barter.core.reservations import PersistentVolume as Volume
from barter.core.reservations import Reservation
from barter.core.units import MIB
from barter.frameworks.service.actions import Answer
from barter.frameworks.service.app import App, PersistentVolume, Residency, Unreachable
from barter.frameworks.service.definition import DefinitionError, parse_app
from barter.frameworks.service.events import Change, KillInstances, Put
from barter.frameworks.service.policies import RESIDENT_UPGRADE
from barter.frameworks.service.resident_launch import FRAMEWORK_LABEL
from barter.frameworks.service.scheduler import ServiceScheduler
from barter.frameworks.service.state import AppState
from barter.frameworks.service.task_views import detached_view
from barter.sdk import FrameworkInfo
from barter.sdk.testing import Cluster

DB = App("/db", cmd="sleep infinity", cpus=500, mem=64 * MIB, disk=10 * MIB, instances=2, upgrade=RESIDENT_UPGRADE,
         unreachable=None, residency=Residency(),
         volumes_persistent=(PersistentVolume("data", 100 * MIB), PersistentVolume("log", 10 * MIB)))  # fmt: skip
INFO = FrameworkInfo("service", roles=("*", "service"))


class World:
    """A cluster with the service framework, and what it holds at the master."""

    def __init__(self, seed: int = 1, agents: int = 3) -> None:
        self.cluster = Cluster(seed)
        self.names = self.cluster.agents(agents, cpus=4, mem="4GiB", disk="10GiB")
        self.framework = self.cluster.framework(
            lambda store: ServiceScheduler(store, ("*",), "service"), demands_only=True, framework=INFO
        )
        self.answers: list[Answer] = []
        self.cluster.run_for(seconds=5)

    def ask(self, make: Callable[..., Any], **fields: Any) -> Answer:
        scheduler = self.framework.scheduler
        number = scheduler.next_request()
        before = len(self.answers)
        name = f"d{self.cluster.now_s:.3f}"
        scheduler.ask(make(**{"request": number, "deployment_id": name, **fields}), self.answers.append)
        self.cluster.run_until(lambda: len(self.answers) > before)
        return self.answers[-1]

    def state(self, app_id: str = "/db") -> AppState | None:
        return self.framework.scheduler.machine.apps.get(app_id)

    def put(self, app: App = DB, *, force: bool = True) -> Answer:
        state = self.state(app.app_id)
        base = 0 if state is None or state.stored.deleting else state.stored.version
        return self.ask(Change, puts=(Put(app, base),), force=force)

    def delete(self) -> Answer:
        return self.ask(Change, deletes=("/db",), force=True)

    def kill(self, *task_ids: str, **how: bool) -> Answer:
        return self.ask(KillInstances, task_ids=task_ids, **how)

    @property
    def reservations(self) -> list[Reservation]:
        agents = self.cluster._sim.master.machine.cluster.agents.values()
        return [one for agent in agents for one in agent.reservations.values()]

    @property
    def volumes(self) -> list[Volume]:
        agents = self.cluster._sim.master.machine.cluster.agents.values()
        return [one for agent in agents for one in agent.volumes.values()]

    def running(self) -> dict[str, str]:
        """Task ids and where they run."""
        return {task.task_id: task.agent for task in self.cluster.running()}

    def until_running(self, count: int, minutes: float = 5) -> dict[str, str]:
        self.cluster.run_until(lambda: len(self.running()) == count and self._ready(count), within_minutes=minutes)
        return self.running()

    def _ready(self, count: int) -> bool:
        state = self.state()
        return state is not None and sum(one.ready for one in state.instances.values()) == count


def _stem(task_id: str) -> str:
    return task_id.rpartition(".")[0]


def test_an_instance_that_ends_goes_on_where_its_volumes_are() -> None:
    world = World()
    assert world.put().status == 200
    first = world.until_running(2)
    assert {task_id.rpartition(".")[2] for task_id in first} == {"1"}
    assert len(world.reservations) == 2
    assert len(world.volumes) == 4
    assert {each.labels[FRAMEWORK_LABEL] for each in world.reservations} == {world.framework.framework_id}
    one = next(iter(first))
    world.cluster.kill(one)
    world.cluster.run_until(lambda: one not in world.running())
    again = world.until_running(2)
    assert f"{_stem(one)}.2" in again
    assert {_stem(task_id): agent for task_id, agent in again.items()} == {
        _stem(task_id): agent for task_id, agent in first.items()
    }
    assert len(world.volumes) == 4


def test_an_upgrade_keeps_the_places() -> None:
    world = World()
    world.put()
    places = {_stem(task_id): agent for task_id, agent in world.until_running(2).items()}
    world.put(replace(DB, cmd="sleep infinity; true"))
    world.cluster.run_for(seconds=1)
    world.cluster.run_until(lambda: world.framework.scheduler.machine.deployment_of("/db") is None)
    after = world.until_running(2)
    assert {_stem(task_id): agent for task_id, agent in after.items()} == places
    assert {task_id.rpartition(".")[2] for task_id in after} == {"2"}


def test_what_a_smaller_app_leaves_is_kept_for_a_larger_one() -> None:
    world = World()
    world.put()
    places = {_stem(task_id) for task_id in world.until_running(2)}
    world.put(replace(DB, instances=1))
    world.until_running(1)
    world.cluster.run_for(minutes=2)
    assert len(world.reservations) == 2
    world.put(DB)
    assert {_stem(task_id) for task_id in world.until_running(2)} == places


def test_a_deleted_app_leaves_nothing() -> None:
    world = World()
    world.put()
    world.until_running(2)
    assert world.delete().status == 200
    world.cluster.run_until(lambda: not world.reservations and not world.volumes)
    world.put()
    world.until_running(2)
    assert len(world.reservations) == 2


def test_a_wiped_instance_is_replaced_with_an_empty_volume() -> None:
    world = World()
    world.put()
    one = next(iter(world.until_running(2)))
    assert world.kill(one, wipe=True).status == 200
    world.cluster.run_until(lambda: one not in world.running())
    after = world.until_running(2)
    assert _stem(one) not in {_stem(task_id) for task_id in after}
    world.cluster.run_until(lambda: len(world.reservations) == 2)


def test_what_a_smaller_app_left_is_wiped_by_its_last_task() -> None:
    world = World()
    world.put()
    before = world.until_running(2)
    world.put(replace(DB, instances=1))
    [left] = before.keys() - world.until_running(1).keys()
    world.kill(left, wipe=True)
    world.cluster.run_until(lambda: len(world.reservations) == 1)


def test_without_its_agent_it_waits() -> None:
    world = World()
    world.put(replace(DB, instances=1))
    [(task_id, agent)] = world.until_running(1).items()
    world.cluster.lose(agent)
    world.cluster.run_for(minutes=20)
    assert len(world.reservations) == 1
    world.cluster.restore(agent)
    [(after, where)] = world.until_running(1, 15).items()
    assert (_stem(after), where) == (_stem(task_id), agent)


def test_with_a_limit_it_goes_elsewhere_and_what_it_left_goes_once_its_agent_is_back() -> None:
    world = World()
    limit = Unreachable(120_000, 120_000)
    world.put(replace(DB, instances=1, unreachable=limit, residency=Residency(120, "RELAUNCH_AFTER_TIMEOUT")))
    [(task_id, agent)] = world.until_running(1).items()
    world.cluster.lose(agent)
    world.cluster.run_for(minutes=5)
    [(after, where)] = world.until_running(1).items()
    assert where != agent
    assert _stem(after) != _stem(task_id)
    world.cluster.restore(agent)
    world.cluster.run_until(lambda: len(world.reservations) == 1, within_minutes=10)
    assert world.reservations[0].reservation_id == _stem(after)


def test_one_out_of_reach_that_is_wiped_is_replaced_elsewhere() -> None:
    world = World()
    world.put(replace(DB, instances=1))
    [(task_id, agent)] = world.until_running(1).items()
    world.cluster.lose(agent)
    world.cluster.run_for(minutes=5)
    world.kill(task_id, wipe=True)
    [(_, where)] = world.until_running(1).items()
    assert where != agent
    world.cluster.restore(agent)
    world.cluster.run_until(lambda: len(world.reservations) == 1, within_minutes=10)


def test_other_apps_of_the_role_do_not_take_what_is_kept() -> None:
    world = World(agents=1)
    big = replace(DB, instances=1, cpus=4_000)
    world.put(big)
    [task_id] = world.until_running(1)
    world.put(replace(big, instances=0))
    world.cluster.run_until(lambda: not world.running())
    world.put(App("/web", cmd="sleep infinity", cpus=100, mem=32 * MIB))
    world.put(replace(DB, app_id="/other", cpus=100, instances=1))
    world.cluster.run_for(minutes=1)
    assert not world.running()
    world.put(big)
    world.cluster.run_until(lambda: [_stem(one) for one in world.running()] == [_stem(task_id)])


class Story:
    """What may happen; `most` is the largest count the app has had since it was made."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed)
        self.most = 2
        self.made = itertools.count()
        self.world.put()

    def scaled(self, number: int) -> None:
        if self._alive():
            self.most = max(self.most, number % 4)
            self.world.put(replace(self._app(), instances=number % 4))

    def upgraded(self, number: int) -> None:
        if self._alive():
            self.world.put(replace(self._app(), cmd=f"sleep infinity; : {next(self.made)}"))

    def deleted(self, number: int) -> None:
        if self._alive():
            self.world.delete()
            self.world.cluster.run_until(lambda: self.world.state() is None)
            self.world.put()
            self.most = 2

    def wiped(self, number: int) -> None:
        running = sorted(self.world.running())
        if running:
            self.world.kill(running[number % len(running)], wipe=True)

    def ended(self, number: int) -> None:
        running = sorted(self.world.running())
        if running:
            self.world.cluster.kill(running[number % len(running)])

    def framework_crashed(self, number: int) -> None:
        self.world.framework.crash(1 + number % 20)

    def master_replaced(self, number: int) -> None:
        self.world.cluster.failover(1 + number % 20)

    def agent_away(self, number: int) -> None:
        name = self.world.names[number % len(self.world.names)]
        self.world.cluster.partition(name)
        self.world.cluster.run_for(seconds=1 + 20 * (number % 7))
        self.world.cluster.heal()

    def time_passed(self, number: int) -> None:
        self.world.cluster.run_for(seconds=0.05 + number * number / 20)

    def _alive(self) -> bool:
        self.world.cluster.run_until(lambda: self.world.framework.up)
        self.world.cluster.run_for(seconds=1)
        return self.world.state() is not None

    def _app(self) -> App:
        state = self.world.state()
        assert state is not None
        return state.app

    def settled(self) -> None:
        world = self.world
        world.cluster.run_until(lambda: world.framework.up)
        world.cluster.run_for(minutes=2)
        if self._alive():
            world.until_running(self._app().instances, 10)
        world.cluster.run_for(minutes=1)
        assert self._app().instances <= len(world.reservations) <= self.most
        assert len(world.volumes) == 2 * len(world.reservations)
        assert len({each.reservation_id for each in world.reservations}) == len(world.reservations)


HAPPENS = st.sampled_from([
    *(Story.scaled, Story.upgraded, Story.wiped, Story.ended, Story.framework_crashed, Story.master_replaced),
    *(Story.agent_away, Story.time_passed, Story.time_passed, Story.deleted),
])  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 1000), st.lists(st.tuples(HAPPENS, st.integers(0, 30)), max_size=8))
def test_whatever_happens_nothing_is_left_behind(
    seed: int, steps: list[tuple[Callable[[Story, int], None], int]]
) -> None:
    story = Story(seed)
    for happen, number in steps:
        happen(story, number)
    story.settled()
    world = story.world
    world.delete()
    world.cluster.run_until(lambda: not world.reservations and not world.volumes, within_minutes=5)


def test_what_places_were_made_for_is_not_changed() -> None:
    world = World()
    world.put()
    world.until_running(2)
    bigger = world.put(replace(DB, cpus=1_000))
    assert (bigger.status, bigger.path) == (422, "/cpus")
    fewer = world.put(replace(DB, volumes_persistent=DB.volumes_persistent[:1]))
    assert (fewer.status, fewer.path) == (422, "/container/volumes")
    assert len(world.running()) == 2


def test_what_is_detached_is_shown_with_its_volumes() -> None:
    world = World()
    world.put()
    before = world.until_running(2)
    world.put(replace(DB, instances=1))
    [left] = before.keys() - world.until_running(1).keys()
    state = world.state()
    assert state is not None
    [place] = world.framework.scheduler.machine.detached("/db")
    view = detached_view(state, place)
    assert (view["id"], [each["containerPath"] for each in view["localVolumes"]]) == (left, ["data", "log"])


def test_an_agent_that_is_drained_has_its_instance_back_afterwards() -> None:
    world = World()
    world.put(replace(DB, instances=1))
    [(task_id, agent)] = world.until_running(1).items()
    world.cluster.drain(agent, grace_minutes=10)
    world.cluster.run_until(lambda: not world.running())
    world.cluster.run_for(minutes=2)
    assert not world.running()
    world.cluster.activate(agent)
    [(after, where)] = world.until_running(1).items()
    assert (_stem(after), where) == (_stem(task_id), agent)


def test_an_agent_that_goes_later_keeps_its_instance_until_then() -> None:
    world = World()
    world.put(replace(DB, instances=1))
    [(task_id, agent)] = world.until_running(1).items()
    world.cluster.drain(agent, in_minutes=60)
    world.cluster.run_for(minutes=30)
    assert world.running() == {task_id: agent}
    world.cluster.kill(task_id)
    world.cluster.run_until(lambda: task_id not in world.running())
    assert set(world.until_running(1).values()) == {agent}


@pytest.mark.parametrize(("field", "value"), [("maximumOverCapacity", 0.5), ("canary", 1)])
def test_an_upgrade_of_what_has_volumes_adds_nothing(field: str, value: float) -> None:
    volume = {"containerPath": "data", "mode": "RW", "persistent": {"size": 1}}
    upgrade = {"maximumOverCapacity": 0, field: value}
    with pytest.raises(DefinitionError) as caught:
        parse_app(
            {"id": "/db", "cmd": "x", "container": {"type": "MESOS", "volumes": [volume]}, "upgradeStrategy": upgrade}
        )
    assert [path for path, _ in caught.value.problems] == [f"/upgradeStrategy/{field}"]
