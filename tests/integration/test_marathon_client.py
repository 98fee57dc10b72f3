"""A client that others wrote for Marathon, the Python package `marathon`, does its work against the real process."""

import collections
import collections.abc
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from marathon import MarathonApp, MarathonClient, MarathonHttpError, NotFoundError
from marathon.models import MarathonGroup
from marathon.models.container import MarathonContainer
from marathon.models.events import (
    EventFactory,
    MarathonAppTerminatedEvent,
    MarathonDeploymentInfo,
    MarathonEvent,
    MarathonStatusUpdateEvent,
)

from tests.integration.machine import until
from tests.integration.service_world import ServiceWorld, service_world

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceWorld]:
    with service_world(tmp_path_factory.mktemp("client"), "master", "agent", "service") as made:
        yield made


@pytest.fixture
def client(world: ServiceWorld, monkeypatch: pytest.MonkeyPatch) -> MarathonClient:
    """It was written for a Python that had this name, which is its only use of it."""
    monkeypatch.setattr(collections, "Iterable", collections.abc.Iterable, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return MarathonClient(f"http://{world.api}")


def sleeper(**more: Any) -> MarathonApp:
    return MarathonApp(cmd="sleep 600", cpus=0.1, mem=16, **more)


def idle(client: MarathonClient) -> None:
    until(lambda: client.list_deployments() == [])


def test_an_app_from_its_creation_to_its_end(client: MarathonClient) -> None:
    labels = {"tier": "back end"}
    made = client.create_app(
        "life", sleeper(instances=2, labels=labels, env={"A": "b"}, constraints=[("zone", "LIKE", "a")])
    )
    assert (made.id, made.instances, made.tasks_running, len(made.deployments)) == ("/life", 2, 0, 1)
    assert client.list_deployments()[0].affected_apps == ["/life"]
    idle(client)
    (app,) = client.list_apps(embed_tasks=True, embed_counts=True, embed_deployments=True, embed_readiness=True,
                              embed_last_task_failure=True, embed_failures=True, embed_task_stats=True,
                              app_id="LIF", cmd="sleep", label=r"tier==back\ end")  # fmt: skip
    assert (app.tasks_running, len(app.tasks), app.constraints[0].operator) == (2, 2, "LIKE")
    assert app.task_stats.total_summary.stats.counts.running == 2
    assert client.list_apps(label="tier!=back") == client.list_apps()
    assert client.list_apps(label="tier in (front)") == []

    answer = client.scale_app("life", delta=1)
    assert set(answer) == {"deploymentId", "version"}
    idle(client)
    tasks = client.list_tasks("life")
    assert len(tasks) == 3
    assert {(task.app_id, task.state) for task in tasks} == {("/life", "TASK_RUNNING")}
    assert len(client.list_endpoints()) == 3

    killed = client.kill_task("life", tasks[0].id, scale=False)
    assert killed.id == tasks[0].id
    until(lambda: tasks[0].id not in {task.id for task in client.list_tasks("life")})
    until(lambda: len(client.list_tasks("life")) == 3)
    assert "deploymentId" in client.kill_task("life", client.list_tasks("life")[0].id, scale=True)
    idle(client)
    assert client.get_app("life").instances == 2
    assert client.kill_given_tasks([task.id for task in client.list_tasks("/life")])
    until(lambda: not {task.id for task in client.list_tasks("life")} & {task.id for task in tasks})

    versions = client.list_versions("life")
    assert client.get_version("life", min(versions)).instances == 2
    client.rollback_app("life", max(versions), force=True)
    idle(client)
    client.update_app("life", MarathonApp(cmd="sleep 700"), force=True)
    idle(client)
    client.restart_app("life")
    idle(client)
    assert client.get_app("life").cmd == "sleep 700"
    client.delete_app("life", force=True)
    idle(client)
    with pytest.raises(NotFoundError, match="App '/life' does not exist"):
        client.get_app("life")


def test_groups_of_apps(client: MarathonClient) -> None:
    apps = [sleeper(id="one"), sleeper(id="two")]
    client.create_group(MarathonGroup(id="/shop", apps=[], groups=[MarathonGroup(id="back", apps=apps)]))
    idle(client)
    (shop,) = client.list_groups()
    assert {app.id for app in shop.groups[0].apps} == {"/shop/back/one", "/shop/back/two"}
    assert "deploymentId" in client.scale_group("shop", 2)
    idle(client)
    assert [app.instances for app in client.get_group("shop/back").apps] == [2, 2]
    client.update_apps([MarathonApp(id="/shop/back/one", instances=1), MarathonApp(id="/shop/back/two", instances=0)])
    idle(client)
    assert [app.instances for app in client.get_group("shop").groups[0].apps] == [1, 0]
    client.delete_group("shop")
    idle(client)
    assert client.list_apps() == []


def test_a_deployment_that_does_not_end_is_taken_back(client: MarathonClient) -> None:
    never = {"protocol": "TCP", "portIndex": 0, "gracePeriodSeconds": 600}
    client.create_app("stuck", sleeper(health_checks=[never]))
    (deployment,) = client.list_deployments()
    assert [[action.action for action in step.actions] for step in deployment.steps] == [
        ["StartApplication"],
        ["ScaleApplication"],
    ]
    with pytest.raises(MarathonHttpError, match="locked by one or more deployments"):
        client.scale_app("stuck", 2)
    assert "deploymentId" in client.delete_deployment(deployment.id)
    idle(client)
    assert client.list_apps() == []
    client.create_app("stuck", sleeper(health_checks=[never]))
    assert client.delete_deployment(client.list_deployments()[0].id, force=True) == {}
    assert client.list_deployments() == []
    client.delete_app("stuck")
    idle(client)


def test_what_fails_waits_in_the_queue_until_its_delay_is_reset(client: MarathonClient) -> None:
    client.create_app("failing", MarathonApp(cmd="exit 1", cpus=0.1, mem=16, backoff_seconds=300, backoff_factor=1))
    (item,) = until(lambda: [one for one in raw(client, "/v2/queue")["queue"] if one["delay"]["timeLeftSeconds"] > 100])
    assert (item["app"]["id"], item["role"], item["delay"]["overdue"]) == ("/failing", "*", False)
    failed = client.get_app("failing", embed_last_task_failure=True).last_task_failure
    assert (failed.app_id, failed.state) == ("/failing", "TASK_FAILED")
    client.reset_delay("failing")
    until(lambda: client.get_app("failing").last_task_failure.task_id != failed.task_id)
    client.delete_app("failing", force=True)
    idle(client)


def test_a_container_health_checks_and_errors(client: MarathonClient) -> None:
    container = MarathonContainer(
        docker={"image": "busybox", "parameters": [{"key": "init", "value": "true"}]},
        volumes=[{"containerPath": "/data", "hostPath": "/srv", "mode": "RO"}],
    )
    app = MarathonApp(container=container, instances=0, health_checks=[{"protocol": "TCP", "portIndex": 0}])
    client.create_app("boxed", app)
    shown = client.get_app("boxed")
    assert (shown.container.docker.image, shown.health_checks[0].protocol) == ("busybox", "TCP")
    client.delete_app("boxed", force=True)
    with pytest.raises(MarathonHttpError) as refused:
        client.create_app("wrong", MarathonApp(cmd="x", cpus=-1))
    assert (refused.value.status_code, refused.value.error_message) == (422, "Object is not valid")
    assert refused.value.error_details[0]["path"] == "/cpus"
    idle(client)


def test_the_event_stream_tells_of_an_apps_life(client: MarathonClient) -> None:
    """All types that the client knows: it gives up at others, as those of the framework and its master."""
    heard: list[MarathonEvent] = []

    def listen() -> None:
        for event in client.event_stream(event_types=list(EventFactory.event_to_class)):
            heard.append(event)
            if isinstance(event, MarathonAppTerminatedEvent):
                return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    until(lambda: heard)
    client.create_app("heard", sleeper())
    idle(client)
    client.delete_app("heard")
    listener.join(20)
    assert not listener.is_alive()
    kinds = [event.event_type for event in heard]
    assert kinds[0] == "event_stream_attached"
    assert {"api_post_event", "deployment_info", "deployment_step_success", "deployment_success"} <= set(kinds)
    infos = [event for event in heard if isinstance(event, MarathonDeploymentInfo)]
    assert [step.actions[0].action for step in infos[0].plan.steps] == ["StartApplication", "ScaleApplication"]
    statuses = [event.task_status for event in heard if isinstance(event, MarathonStatusUpdateEvent)]
    assert statuses[-1] == "TASK_KILLED"
    assert "TASK_RUNNING" in statuses
    assert heard[-1].app_id == "/heard"
    (only,) = {event.app_id for event in heard if isinstance(event, MarathonStatusUpdateEvent)}
    assert only == "/heard"


def test_the_process_tells_of_itself(client: MarathonClient, world: ServiceWorld) -> None:
    info = client.get_info()
    assert (info.name, info.elected, info.leader) == ("service", True, world.api)
    assert info.marathon_config.ha is False
    assert client.get_leader() == {"leader": world.api}
    assert client.ping() in ("pong", b"pong", '"pong"', b'"pong"')
    with pytest.raises(MarathonHttpError, match="alone on its folder"):
        client.delete_leader()
    metrics = raw(client, "/metrics")
    assert set(metrics) == {"version", "counters", "gauges", "histograms", "meters", "timers"}


def raw(client: MarathonClient, path: str) -> Any:
    return json.loads(client._do_request("GET", path).text)
