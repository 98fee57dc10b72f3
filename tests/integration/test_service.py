"""The service framework with a real master and a real agent: what an app's owner sees."""

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.engine import Engine
from tests.integration.machine import until
from tests.integration.service_world import ServiceWorld, answer_of, listening, service_world

pytestmark = pytest.mark.integration
EXAMPLE = json.loads((Path(__file__).parents[2] / "examples" / "web.json").read_text())
# A check that comes late because others keep the machine busy must not kill what these tests count.
PATIENT = {**EXAMPLE["healthChecks"][0], "timeoutSeconds": 20, "maxConsecutiveFailures": 0}
WEB = {**EXAMPLE, "healthChecks": [PATIENT]}


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not below pytest's own folder: a unix socket's path has at most 107 characters.
    with tempfile.TemporaryDirectory(prefix="barter-service-") as name:
        yield Path(name)


@pytest.fixture
def world(folder: Path) -> Iterator[ServiceWorld]:
    with service_world(folder, "master", "agent", "service") as made:
        yield made


def ids(app: dict[str, Any]) -> set[str]:
    return {task["id"] for task in app["tasks"]}


def test_an_apps_life(world: ServiceWorld) -> None:
    assert world.call("POST", "/v2/apps", WEB)[0] == 201
    app = world.settled(3)
    assert {answer_of(task) for task in app["tasks"]} == {f"hello from {task_id}" for task_id in ids(app)}

    assert world.call("PUT", "/v2/apps/web", {"instances": 5})[0] == 200
    assert ids(app) < ids(world.settled(5))
    assert world.call("PUT", "/v2/apps/web", {"instances": 2})[0] == 200
    assert ids(world.settled(2)) < ids(app)

    assert world.call("DELETE", "/v2/apps/web")[0] == 200
    until(lambda: world.call("GET", "/v2/deployments")[1] == [])
    assert world.call("GET", "/v2/apps/web")[0] == 404
    assert world.left_running() == []


def test_the_event_stream_tells_all_of_it(world: ServiceWorld) -> None:
    with listening(world) as heard:
        assert world.call("POST", "/v2/apps", WEB)[0] == 201
        app = world.settled(3)
        assert world.call("PUT", "/v2/apps/web", {"instances": 1})[0] == 200
        world.settled(1)
        assert world.call("DELETE", "/v2/apps/web")[0] == 200
        until(lambda: not world.app())
        until(lambda: [each for each in heard if each["eventType"] == "app_terminated_event"])
    assert heard[0]["eventType"] == "event_stream_attached"
    posted = [each for each in heard if each["eventType"] == "api_post_event"]
    assert [each["appDefinition"]["instances"] for each in posted] == [3, 1]
    for state in ("TASK_RUNNING", "TASK_KILLED"):
        told = [each for each in heard if each.get("taskStatus") == state]
        assert {each["taskId"] for each in told} == ids(app)


def test_a_killed_instance_is_replaced(world: ServiceWorld) -> None:
    world.call("POST", "/v2/apps", WEB)
    before = world.settled(3)
    victim = before["tasks"][1]["id"]
    for process in world.processes_of(victim):
        # Its shell's end may have ended what it ran already.
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    until(lambda: victim not in ids(world.app()))
    after = world.settled(3)
    assert len(ids(before) & ids(after)) == 2
    assert after["lastTaskFailure"]["taskId"] == victim
    assert all(answer_of(task) for task in after["tasks"])


def test_an_upgrade_never_leaves_too_few(world: ServiceWorld) -> None:
    world.call("POST", "/v2/apps", WEB)
    before = world.settled(3)
    assert world.call("PUT", "/v2/apps/web", {"env": {"GREETING": "new"}})[0] == 200
    assert world.call("PUT", "/v2/apps/web", {"instances": 9})[0] == 409
    healthy: list[int] = []

    def done() -> bool:
        app = world.app()
        healthy.append(app["tasksHealthy"])
        return not app["deployments"]

    until(done)
    after = world.settled(3)
    assert min(healthy) >= 3
    assert max(healthy) <= 6
    assert not ids(before) & ids(after)
    assert {task["version"] for task in after["tasks"]} == {after["version"]}


def test_a_killed_framework_comes_back_and_goes_on(world: ServiceWorld) -> None:
    world.call("POST", "/v2/apps", WEB)
    before = world.settled(3)
    world.end("service", signal.SIGKILL)
    world.start("service")
    until(world.serving)
    assert ids(world.settled(3)) == ids(before)
    world.call("POST", "/v2/apps/web/restart")
    world.end("service", signal.SIGKILL)
    world.start("service")
    until(world.serving)
    assert not ids(world.settled(3)) & ids(before)
    assert world.end("service", signal.SIGTERM) == 0
    sandboxes = world.folder / "a" / "sandboxes"
    assert len({Path(place).relative_to(sandboxes).parts[:2] for place in world.left_running()}) == 3
    world.start("service")
    until(world.serving)


def test_a_killed_master_changes_nothing(world: ServiceWorld) -> None:
    world.call("POST", "/v2/apps", WEB)
    before = world.settled(3)
    world.end("master", signal.SIGKILL)
    assert world.call("PUT", "/v2/apps/web", {"instances": 4})[0] == 200
    world.start("master")
    assert ids(before) < ids(world.settled(4))


def test_what_fails_waits_longer_each_time_and_says_why(world: ServiceWorld) -> None:
    failing = {"id": "/failing", "cmd": "exit 3", "cpus": 0.1, "mem": 16, "backoffSeconds": 600, "portDefinitions": []}
    assert world.call("POST", "/v2/apps", {**failing, "maxLaunchDelaySeconds": 600})[0] == 201
    until(lambda: world.app("failing")["waiting"].startswith("waits after 2 failures"))
    assert "status 3" in world.app("failing")["lastTaskFailure"]["message"]
    (waiting,) = world.call("GET", "/v2/queue")[1]["queue"]
    assert waiting["delay"]["overdue"] is False
    assert 500 < waiting["delay"]["timeLeftSeconds"] <= 600


@pytest.mark.docker
def test_a_bridge_app_answers_on_its_mapped_port(folder: Path, engine: Engine, busybox: str) -> None:
    app = json.loads((Path(__file__).parents[2] / "examples" / "web-docker.json").read_text())
    app["container"]["docker"]["image"] = busybox
    with service_world(folder, "master", "agent", "service", docker_host=engine.host) as world:
        assert world.call("POST", "/v2/apps", app)[0] == 201
        tasks = world.settled(2, "web-docker")["tasks"]
        assert {answer_of(task) for task in tasks} == {f"hello from {task['id']}" for task in tasks}
        with engine.client() as client:
            running = {name for each in client.containers() for name in each["Names"]}
        assert all(any(task["id"] in name for name in running) for task in tasks)
        assert world.call("DELETE", "/v2/apps/web-docker")[0] == 200
        until(lambda: world.call("GET", "/v2/deployments")[1] == [])


def test_the_master_may_come_last(folder: Path) -> None:
    with service_world(folder, "service") as world:
        assert world.call("POST", "/v2/apps", {**WEB, "instances": 1})[0] == 201
        assert world.app()["waiting"] == "waiting for an offer: 1 of 1"
        world.start("master")
        world.start("agent")
        world.settled(1)
        assert world.log("service").count("cannot reach") == 1


def test_a_second_framework_on_the_folder_or_the_port_is_refused(folder: Path) -> None:
    with service_world(folder, "service") as world:
        same_folder = [*world.service_words()[:4], "--listen", "127.0.0.1:0"]
        same_port = [*world.service_words()[:2], "--data-dir", str(folder / "other"), "--listen", world.api]
        for words, why in ((same_folder, "in use by another service framework"), (same_port, "cannot listen")):
            command = [sys.executable, "-m", "barter.tools.cli.main", "start", "service", *words]
            done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
            assert done.returncode == 1
            assert why in done.stderr
            assert "Traceback" not in done.stderr
