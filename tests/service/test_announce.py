"""What the event stream is told of statuses."""

from barter.core.task_state import TaskState
from barter.core.tasks import CheckKind
from barter.core.units import MIB
from barter.frameworks.service.actions import Publish
from barter.frameworks.service.app import App, Check, Port
from barter.frameworks.service.events import StatusCame
from barter.frameworks.service.paths import app_id_of, task_id_of
from barter.frameworks.service.pod import Pod, PodCheck, PodContainer, Share
from barter.frameworks.service.published import Published
from barter.sdk import Reason, Source, TaskId, TaskStatus
from tests.service.simulated import World

WEB = App("/prod/web", cmd="serve", instances=1, ports=(Port("http"),), checks=(Check(CheckKind.HTTP, "HTTP"),))

CHECK = PodCheck(CheckKind.COMMAND, shell="look")


def heard(world: World, since: int) -> list[Published]:
    """All but what is said of deployments."""
    said = [action.published for action in world.log[since:] if isinstance(action, Publish)]
    return [published for published in said if not published.kind.startswith("deployment")]


def status(state: TaskState, task_id: str, reason: Reason = Reason.NONE, *, healthy: bool | None = None) -> TaskStatus:
    return TaskStatus(TaskId(task_id), state, Source.EXECUTOR, 7, reason=reason, message="500", healthy=healthy)


def test_each_status_and_what_it_changed() -> None:
    world = World()
    world.put(WEB)
    world.offer()
    [task_id] = world.machine.apps["/prod/web"].instances
    said = len(world.log)
    world.step(StatusCame(status(TaskState.RUNNING, task_id, healthy=True)))
    told = heard(world, said)
    assert [each.kind for each in told] == [
        "status_update_event", "instance_changed_event", "instance_health_changed_event", "health_status_changed_event",
    ]  # fmt: skip
    assert told[0].body["taskStatus"] == "TASK_RUNNING"
    assert told[0].body["appId"] == told[1].body["runSpecId"] == "/prod/web"
    assert told[3].body["alive"] is True
    said = len(world.log)
    world.step(StatusCame(status(TaskState.RUNNING, task_id, Reason.HEALTH_CHECK, healthy=False)))
    assert [each.kind for each in heard(world, said)][1:] == [
        "instance_health_changed_event", "health_status_changed_event", "failed_health_check_event",
    ]  # fmt: skip
    assert heard(world, said)[3].body["healthCheck"]["protocol"] == "HTTP"
    said = len(world.log)
    world.step(StatusCame(status(TaskState.KILLING, task_id, Reason.KILLED_BY_HEALTH_CHECK)))
    kinds = [each.kind for each in heard(world, said)]
    assert kinds[2:] == ["unhealthy_instance_kill_event", "unhealthy_task_kill_event"]


def test_of_a_pod_the_check_of_the_container_that_failed_is_told() -> None:
    world = World()
    share = Share(100, 32 * MIB, 0)
    containers = PodContainer("one", share, shell="a"), PodContainer("two", share, shell="b", check=CHECK)
    world.put(App("/pair", pod=Pod(containers)))
    world.offer()
    [instance_id] = world.machine.apps["/pair"].instances
    for name in ("one", "two"):
        world.step(StatusCame(status(TaskState.RUNNING, f"{instance_id}.{name}")))
    said = len(world.log)
    world.step(StatusCame(status(TaskState.RUNNING, f"{instance_id}.two", healthy=False)))
    [told] = [each for each in heard(world, said) if each.kind == "failed_health_check_event"]
    assert (told.body["appId"], told.body["instanceId"]) == ("/pair", instance_id)
    assert told.body["healthCheck"]["exec"] == {"command": {"shell": "look"}}


def test_a_stranger_that_ends_is_told_of_by_the_app_its_id_names() -> None:
    world = World()
    task_id = task_id_of("/prod/web", 1, 7)
    assert app_id_of(task_id) == "/prod/web"
    world.step(StatusCame(status(TaskState.FAILED, task_id)))
    [told] = heard(world, 0)
    assert told.kind == "unknown_instance_terminated_event"
    assert told.body == {"instanceId": task_id, "runSpecId": "/prod/web", "condition": "Failed"}
