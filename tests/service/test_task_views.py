"""Tasks as Marathon shows them: where they run, how their health fared."""

from typing import Any

from barter.core.tasks import CheckKind
from barter.frameworks.service.app import App, Check, Port
from barter.frameworks.service.pod_views import instance_view
from barter.frameworks.service.task_views import task_view
from barter.frameworks.service.timestamps import iso
from barter.sdk import TaskState
from tests.service.simulated import World

CHECKED = App("/web", cmd="serve", ports=(Port(name="http"),), checks=(Check(CheckKind.TCP, "TCP"),))


def shown(world: World) -> dict[str, Any]:
    state = world.machine.apps["/web"]
    [instance] = state.instances.values()
    return task_view(state, instance, "*")


def test_the_zone_and_region_of_the_agent_outlive_the_process() -> None:
    world = World()
    world.attributes = {"zone": "a", "region": "east"}
    world.step()
    world.put(CHECKED)
    world.settle()
    world.restart()
    told = shown(world)
    assert (told["zone"], told["region"]) == ("a", "east")
    [instance] = world.machine.apps["/web"].instances.values()
    of_pods = instance_view(world.machine.apps["/web"], instance, "*", world.now)
    assert (of_pods["agentZone"], of_pods["agentRegion"]) == ("a", "east")


def test_where_the_agent_states_none_none_is_shown() -> None:
    world = World()
    world.step()
    world.put(CHECKED)
    world.settle()
    assert not {"zone", "region"} & shown(world).keys()


def test_health_is_told_with_the_times_it_was_heard() -> None:
    world = World()
    world.step()
    world.put(CHECKED)
    world.offer()
    [task] = world.living()
    world.become(task, TaskState.RUNNING, healthy=True)
    first = world.now
    world.pass_time(5_000)
    world.become(task, TaskState.RUNNING, healthy=False, message="refused")
    failed = world.now
    told = {"alive": False, "consecutiveFailures": 1, "instanceId": task.info.task_id, "lastFailureCause": "refused"}
    assert shown(world)["healthCheckResults"] == [
        {**told, "firstSuccess": iso(first), "lastSuccess": iso(first), "lastFailure": iso(failed)}
    ]
    world.pass_time(5_000)
    world.become(task, TaskState.RUNNING, healthy=True)
    [again] = shown(world)["healthCheckResults"]
    assert (again["alive"], again["consecutiveFailures"]) == (True, 0)
    assert (again["firstSuccess"], again["lastSuccess"]) == (iso(first), iso(world.now))
    assert again["lastFailure"] == iso(failed)
