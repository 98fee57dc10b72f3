"""Apps whose instances say when they are ready, and what of a definition reaches the agent."""

from dataclasses import replace

import pytest

from barter.core.tasks import Artifact, CheckKind, Network, ReadinessCheck
from barter.core.units import MIB
from barter.frameworks.service.app import App, Port, Readiness, Upgrade
from barter.frameworks.service.definition import parse_app
from barter.frameworks.service.demand import demand
from barter.frameworks.service.launch import fit, task
from barter.frameworks.service.views import readiness_results
from barter.sdk import AgentId, FrameworkId, Offer, OfferId, TaskState, resources
from tests.service.simulated import World
from tests.service.test_definition import EVERYTHING

WARM = App(
    "/warm",
    cmd="serve",
    cpus=100,
    mem=32 * MIB,
    instances=2,
    ports=(Port(name="http"),),
    upgrade=Upgrade(1_000_000, 500_000),
    readiness=Readiness("warm", CheckKind.HTTP, "/ready"),
)


@pytest.fixture
def world() -> World:
    made = World()
    made.step()
    made.put(WARM)
    made.settle()
    return made


def test_an_upgrade_waits_until_the_new_ones_are_ready(world: World) -> None:
    old = {each.info.task_id for each in world.living()}
    world.put(replace(WARM, cmd="serve 2"))
    world.offer()
    [new] = [each for each in world.living() if each.info.task_id not in old]
    world.become(new, TaskState.RUNNING, ready=False)
    world.pass_time(500_000)
    assert [each for each in world.living() if each.asked_to_end] == []
    assert {one["taskId"]: one["ready"] for one in readiness_results(world.machine.apps["/warm"])} == {
        **dict.fromkeys(old, True),
        new.info.task_id: False,
    }
    world.become(new, TaskState.RUNNING, ready=True)
    assert len([each for each in world.living() if each.asked_to_end]) == 1
    world.settle()
    assert {each.info.command.shell for each in world.living()} == {"serve 2"}


def test_what_is_waited_for_is_said_to_be_readiness() -> None:
    world = World()
    world.step()
    world.put(WARM)
    while world.offer():
        pass
    one, two = world.living()
    world.become(one, TaskState.RUNNING, ready=True)
    world.become(two, TaskState.RUNNING, ready=False)
    assert world.machine.apps["/warm"].waiting == "not ready yet: 1 of 2"


def test_a_status_without_a_word_of_it_changes_nothing(world: World) -> None:
    [one, _] = world.living()
    world.become(one, TaskState.RUNNING)
    assert world.machine.apps["/warm"].ready == 2


def test_a_new_process_hears_of_it_from_its_tasks(world: World) -> None:
    world.restart()
    assert world.machine.apps["/warm"].ready == 2
    assert all(each.placed.readiness_checked for each in world.machine.apps["/warm"].instances.values())


def test_all_of_a_definition_reaches_the_agent() -> None:
    app = parse_app(EVERYTHING)
    held = resources(cpus=4_000, mem=1024 * MIB)
    offer = Offer(OfferId("o"), AgentId("a"), FrameworkId("f"), "*", held, "host-a", "10.0.0.1")
    assert demand(app, 2, "*").port_count == 0
    ports = fit(app, offer, 2, 0)
    assert ports == [(8443,), (8443,)]
    info = task(app, 1, "t1", offer, ports[0])
    container = info.container
    assert container is not None
    assert (container.network, container.network_name, container.port_mappings) == (Network.OWN, "lan", ())
    assert (container.init, container.force_pull) == (True, True)
    assert [volume.name or volume.host_path for volume in container.volumes] == ["data", "/srv/x"]
    assert info.resources == resources(cpus=1_000, mem=128 * MIB)
    assert [(port.name, port.number) for port in info.ports] == [("https", 8443)]
    assert info.command.env["PORT0"] == "8443"
    assert (info.command.argv, info.command.user) == (("serve",), "1000:1000")
    assert [(each.name, each.soft, each.hard) for each in info.command.rlimits] == [("nofile", 1024, 2048)]
    assert info.artifacts == (
        Artifact("https://example.org/a.tar.gz", "ab" * 32, cache=True),
        Artifact("http://example.org/run?v=1", "", False, True, False, "bin/run"),
    )
    [check] = info.health_checks
    assert (check.kind, check.port, check.delay_ms) == ("HTTPS", 8443, 2_500)
    assert info.readiness_check == ReadinessCheck(CheckKind.HTTPS, 8443, "/ready", statuses=(200, 204))
