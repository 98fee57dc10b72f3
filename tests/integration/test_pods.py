"""Pods with a real master, a real agent and real processes: what their owner sees."""

import json
import signal
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.engine import Engine
from tests.integration.machine import until
from tests.integration.service_world import ServiceWorld, service_world

pytestmark = pytest.mark.integration
EXAMPLE = json.loads((Path(__file__).parents[2] / "examples" / "pods" / "clock.json").read_text())


@pytest.fixture
def world() -> Iterator[ServiceWorld]:
    # Not below pytest's own folder: a unix socket's path has at most 107 characters.
    with (
        tempfile.TemporaryDirectory(prefix="barter-pods-") as name,
        service_world(Path(name), "master", "agent", "service") as made,
    ):
        yield made


def stable(world: ServiceWorld, without: str = "") -> list[dict[str, Any]]:
    """The pod's instances once all are stable and `without` is none of them."""

    def found() -> list[dict[str, Any]]:
        status, pod = world.call("GET", "/v2/pods/clock::status")
        here = pod["instances"] if status == 200 and pod["status"] == "STABLE" else []
        return [] if without in [one["id"] for one in here] else here

    return list(until(found) or [])


def page_of(instance: dict[str, Any]) -> str:
    """What its web container serves out of the folder that its writer writes."""
    port = instance["containers"][0]["endpoints"][0]["allocatedHostPort"]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/index.html", timeout=5) as reply:
            return str(reply.read().decode())
    except OSError:
        return ""


def test_containers_of_a_pod_share_a_volume_and_end_together(world: ServiceWorld) -> None:
    one = {**EXAMPLE, "scaling": {"kind": "fixed", "instances": 1}}
    assert world.call("POST", "/v2/pods", one)[0] == 201
    instance = stable(world)[0]
    assert ":" in until(lambda: page_of(instance))
    web, writer = (container["containerId"] for container in instance["containers"])

    for process in world.processes_of(writer):
        process.kill()
    after = stable(world, without=instance["id"])[0]
    assert world.processes_of(web) == []
    assert ":" in until(lambda: page_of(after))
    ended = world.call("GET", "/v2/pods/clock::status")[1]["terminationHistory"][0]
    assert (ended["instanceID"], ended["message"].partition(":")[0]) == (instance["id"], "writer")

    assert world.call("DELETE", f"/v2/pods/clock::instances/{after['id']}")[0] == 200
    last = stable(world, without=after["id"])[0]
    world.end("service", signal.SIGKILL)
    world.start("service")
    until(world.serving)
    assert [one["id"] for one in stable(world)] == [last["id"]]

    assert world.call("DELETE", "/v2/pods/clock")[0] == 202
    until(lambda: world.call("GET", "/v2/deployments")[1] == [])
    assert world.call("GET", "/v2/pods/clock::status")[0] == 404
    assert world.left_running() == []


@pytest.mark.docker
def test_containers_of_images_share_a_network_and_a_volume(engine: Engine, busybox: str) -> None:
    def container(name: str, shell: str, path: str, **more: Any) -> dict[str, Any]:
        mounts = [{"name": "pages", "mountPath": path, **more.pop("mount", {})}]
        command = {"exec": {"command": {"shell": shell}}, "resources": {"cpus": 0.1, "mem": 32}, "volumeMounts": mounts}
        image = {"kind": "DOCKER", "id": busybox}
        return {"name": name, **command, "image": image, "lifecycle": {"killGracePeriodSeconds": 0}, **more}

    pod = {
        "id": "/clock",
        "containers": [
            container(
                "web",
                "echo x > /data/no || exec httpd -f -p $ENDPOINT_HTTP -h /data",
                "/data",
                mount={"readOnly": True},
                endpoints=[{"name": "http", "containerPort": 8080, "hostPort": 0}],
                healthCheck={"http": {"endpoint": "http", "path": "/index.html"}, "intervalSeconds": 0.5},
            ),
            container("writer", "env > /mnt/mesos/sandbox/pages/index.html; sleep 600", "pages"),
        ],
        "volumes": [{"name": "pages"}],
        "networks": [{"mode": "container/bridge"}],
    }
    with (
        tempfile.TemporaryDirectory(prefix="barter-pods-") as name,
        service_world(Path(name), "master", "agent", "service", docker_host=engine.host) as world,
    ):
        assert world.call("POST", "/v2/pods", pod)[0] == 201
        instance = stable(world)[0]
        port = instance["containers"][0]["endpoints"][0]["allocatedHostPort"]
        assert instance["containers"][0]["conditions"][0]["value"] == "true"
        assert {f"EP_HOST_HTTP={port}", "EP_CONTAINER_HTTP=8080"} <= set(until(lambda: page_of(instance)).split())
        assert world.call("DELETE", "/v2/pods/clock")[0] == 202
        until(lambda: world.call("GET", "/v2/deployments")[1] == [])
