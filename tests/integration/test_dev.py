"""`barter dev` with real daemons: ready, daemons that die, a second one, its end, and a kill -9 of itself."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.dev_cluster import Dev, cluster, start
from tests.integration.engine import Engine
from tests.integration.machine import until

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = [pytest.mark.integration, pytest.mark.haproxy]


@pytest.fixture(scope="module")
def dev() -> Iterator[Dev]:
    with cluster() as made:
        yield made


def status_of(url: str, path: str = "/health", host: str = "") -> int:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host} if host else {})
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def active(dev: Dev) -> list[str]:
    return sorted(row["hostname"] for row in dev.rows("agents") if row["state"] == "active")


def test_it_tells_every_address_and_all_answer(dev: Dev) -> None:
    told = dev.addresses
    assert [(agent["name"], agent["zone"], agent["public"]) for agent in told["agents"]] == [
        ("agent-a", "a", False),
        ("agent-b", "b", False),
        ("agent-p", "", True),
    ]
    urls = [told["master_http"], told["service"], *(agent["http"] for agent in told["agents"])]
    assert {url: status_of(url) for url in urls} == dict.fromkeys(urls, 200)
    assert {url: status_of(url, "/metrics") for url in urls} == dict.fromkeys(urls, 200)
    assert status_of(told["edge_http"], "/", "nobody.localhost") in (404, 503)
    assert status_of(told["edge_stats"], "/") > 0
    assert all(psutil.pid_exists(agent["pid"]) for agent in told["agents"])
    assert active(dev) == ["agent-a", "agent-b", "agent-p"]
    (service,) = dev.rows("frameworks")
    assert (service["name"], service["state"]) == ("service", "active")


def test_a_second_one_on_the_folder_is_refused(dev: Dev) -> None:
    command = [sys.executable, "-m", "barter.tools.cli.main", "dev", "--data-dir", str(dev.data_dir)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert f"in use by another `barter dev` (pid {dev.process.pid})" in done.stderr
    assert "--data-dir" in done.stderr


def test_an_agent_that_dies_is_reported_and_comes_back(dev: Dev) -> None:
    (before,) = [agent for agent in dev.addresses["agents"] if agent["name"] == "agent-a"]
    os.kill(before["pid"], signal.SIGKILL)

    def replaced() -> Any:
        now = [agent["pid"] for agent in (dev.now() or {"agents": []})["agents"] if agent["name"] == "agent-a"]
        return now and now[0] != before["pid"] and psutil.pid_exists(now[0])

    until(replaced)
    until(lambda: active(dev) == ["agent-a", "agent-b", "agent-p"])
    assert "agent-a was killed by SIGKILL; it starts again" in dev.log()


def test_a_killed_dev_is_cleaned_up_after(dev: Dev) -> None:
    """Beside a running cluster, so that this one has other ports."""
    with cluster("--agents", "1") as second:
        assert second.addresses["master"] != dev.addresses["master"]
        assert active(second) == ["agent-a", "agent-p"]
        second.barter("app", "create", "examples/web.json")
        tasks = {row["task_id"] for row in second.rows("tasks")}
        assert len(tasks) == 3
        old = [agent["pid"] for agent in second.addresses["agents"]]
        second.process.kill()
        second.process.wait()
        assert all(psutil.pid_exists(pid) for pid in old)
        third = start(second.data_dir, "--runtime", "process", "--agents", "1")
        second.process = third.process
        second.wait_ready()
        assert "was killed: ending what it left" in second.log()
        assert not any(psutil.pid_exists(pid) for pid in old)
        until(lambda: len(second.rows("tasks")) == 3)
        assert not tasks & {row["task_id"] for row in second.rows("tasks")}


@pytest.mark.docker
def test_no_container_is_left(engine: Engine, busybox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", engine.host)
    web = json.loads((ROOT / "examples" / "web-docker.json").read_text())
    web["container"]["docker"]["image"] = busybox
    web["networks"], web["container"]["portMappings"] = [{"mode": "host"}], []
    web["portDefinitions"] = [{"port": 0, "name": "http"}]
    web["cmd"] = web["cmd"].replace("8080", "$PORT0")
    (tmp_path / "web.json").write_text(json.dumps(web))
    with cluster("--agents", "1", "--runtime", "docker") as dev, engine.client() as docker:
        assert [row["runtimes"] for row in dev.rows("agents")] == [["docker", "process"]] * 2
        ids = [row["agent_id"] for row in dev.rows("agents")]

        def containers() -> list[Any]:
            return [
                one for name in ids for one in docker.containers(all=True, filters={"label": f"barter.agent={name}"})
            ]

        dev.barter("app", "create", str(tmp_path / "web.json"))
        assert len(containers()) == 2
        until(lambda: status_of(dev.addresses["edge_http"], "/", "web-docker.localhost") == 200)
        for agent in dev.addresses["agents"]:
            os.kill(agent["pid"], signal.SIGSTOP)
        for _ in range(2):
            dev.process.send_signal(signal.SIGINT)
            until(lambda: "stopping" in dev.log())
        assert dev.process.wait(45) == 0, dev.log()
        assert containers() == []
