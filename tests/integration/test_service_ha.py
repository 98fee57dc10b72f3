"""Two service frameworks that elect their leader through a real ZooKeeper, with a real master and a real agent."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from barter.core.zookeeper_url import parse_url
from barter.shell.zookeeper.client import BlockingZooKeeper
from barter.shell.zookeeper.settings import ZooKeeperSettings
from tests.integration.machine import free_address, until
from tests.integration.service_world import ServiceWorld
from tests.integration.zookeeper import ZooKeeperServer, require_zookeeper

pytestmark = pytest.mark.integration
NAMES = ("one", "two")
SESSION = "2s"
SLEEPER = {"cmd": "sleep 1000", "cpus": 0.01, "mem": 8, "portDefinitions": []}


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:
        return None


class Cluster(ServiceWorld):
    """Master and agent as ever; the service frameworks are `one` and `two`."""

    def __init__(self, folder: Path, zookeeper: ZooKeeperServer) -> None:
        super().__init__(folder)
        self.zookeeper = zookeeper
        self.apis = {name: free_address() for name in NAMES}
        self._asker = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)

    def words_of(self, name: str) -> list[str]:
        if name not in NAMES:
            return super().words_of(name)
        return [
            *("service", "--master", self.master, "--listen", self.apis[name]),
            *("--zk", self.zookeeper.url(), "--zk-session-timeout", SESSION),
        ]

    def ask(self, name: str, method: str, path: str, body: object = None) -> tuple[int, Any, str]:
        """The status, the JSON and where else to go, of this process alone; status 0 while it does not answer."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.apis[name]}{path}", content, method=method)
        try:
            with self._asker.open(request, timeout=15) as reply:
                return reply.status, json.load(reply), ""
        except urllib.error.HTTPError as error:
            with error:
                text = error.read()
                return error.code, json.loads(text) if text else None, error.headers.get("Location", "")
        except OSError:
            return 0, None, ""

    def leader(self, among: tuple[str, ...] = NAMES) -> str:
        """Who leads, once one of them does."""

        def leading() -> str:
            self.supervise()
            found = [name for name in among if (self.ask(name, "GET", "/health")[1] or {}).get("leading")]
            return found[0] if len(found) == 1 else ""

        self.api = self.apis[name := until(leading)]
        return name

    def supervise(self) -> None:
        """Starts again who has ended by itself, as one does that was kept from renewing its lease by a busy machine."""
        for name in NAMES:
            if name in self._processes and self._processes[name].poll() is not None:
                self.start(name)

    def other(self, name: str) -> str:
        return NAMES[1 - NAMES.index(name)]

    def candidates(self, name: str) -> tuple[str, ...]:
        with BlockingZooKeeper(ZooKeeperSettings(parse_url(self.zookeeper.url())), lease=False) as zk:
            return zk.children(f"frameworks/{name}/candidates")

    def follows(self, name: str, leader: str) -> None:
        until(lambda: self.ask(name, "GET", "/v2/leader")[1] == {"leader": self.apis[leader]})


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    require_zookeeper()
    os.environ["no_proxy"] = "127.0.0.1"
    with tempfile.TemporaryDirectory(prefix="barter-ha-") as name, ZooKeeperServer() as zookeeper:
        made = Cluster(Path(name), zookeeper)
        for each in ("master", "agent", *NAMES):
            made.start(each)
        try:
            made.leader()
            yield made
        finally:
            made.stop()


def test_who_does_not_lead_sends_to_who_does(cluster: Cluster) -> None:
    leader = cluster.leader()
    other = cluster.other(leader)
    cluster.follows(other, leader)
    for method, path in (
        ("GET", "/v2/apps?embed=apps.tasks"),
        ("PUT", "/v2/apps/redirected"),
        ("DELETE", "/v2/apps/x"),
    ):
        answer = cluster.ask(other, method, path, {"cmd": "x"})
        assert answer == (307, None, f"http://{cluster.apis[leader]}{path}")
    info = cluster.ask(other, "GET", "/v2/info")[1]
    assert (info["elected"], info["leader"]) == (False, cluster.apis[leader])
    url = f"http://{cluster.apis[other]}/v2/apps/redirected"
    definition = cluster.folder / "redirected.json"
    definition.write_text(json.dumps({"id": "/redirected", "instances": 0, **SLEEPER}))
    curl = ["curl", "-sSL", "--noproxy", "*", "-o", str(cluster.folder / "answer"), "-w", "%{http_code}"]
    for words in (["-X", "PUT", "-d", f"@{definition}"], ["-X", "DELETE"]):
        done = subprocess.run([*curl, *words, url], capture_output=True, text=True, check=True, timeout=20)
        assert done.stdout in ("200", "201")
    cli = [sys.executable, "-m", "barter.tools.cli.main", "--service", f"http://{cluster.apis[other]}", "app"]
    until(lambda: cluster.call("GET", "/v2/apps/redirected")[0] == 404)
    for words in (["create", str(definition), "--no-wait"], ["rm", "redirected"]):
        subprocess.run([*cli, *words], capture_output=True, check=True, timeout=20)


def test_what_was_answered_survives_the_end_of_every_process(cluster: Cluster) -> None:
    cluster.leader()
    version = cluster.call("PUT", "/v2/apps/kept", {"instances": 0, "env": {"A": "b"}, **SLEEPER})[1]["version"]
    for name in NAMES:
        cluster.end(name, signal.SIGKILL)
    for name in NAMES:
        cluster.start(name)
    cluster.leader()
    app = cluster.app("kept")
    assert (app["version"], app["env"]) == (version, {"A": "b"})


def test_the_next_goes_on_with_a_deployment_and_restarts_nothing(cluster: Cluster) -> None:
    leader = cluster.leader()
    cluster.call("PUT", "/v2/apps/many", {"instances": 4, **SLEEPER})
    cluster.call("PUT", "/v2/apps/other", {"instances": 2, **SLEEPER})
    before = {task["id"] for task in running(cluster, "many", 4)} | {
        task["id"] for task in running(cluster, "other", 2)
    }
    assert cluster.call("PUT", "/v2/apps/many", {"instances": 8})[0] == 200
    cluster.end(leader, signal.SIGKILL)
    assert cluster.leader((cluster.other(leader),)) == cluster.other(leader)
    tasks = {task["id"] for task in running(cluster, "many", 8)} | {task["id"] for task in running(cluster, "other", 2)}
    assert before < tasks
    cluster.start(leader)
    cluster.follows(leader, cluster.other(leader))


def test_who_was_stopped_and_wakes_does_nothing(cluster: Cluster) -> None:
    leader = cluster.leader()
    other = cluster.other(leader)
    cluster.call("PUT", "/v2/apps/woken", {"instances": 2, **SLEEPER})
    before = {task["id"] for task in running(cluster, "woken", 2)}
    os.kill(cluster.pid(leader), signal.SIGSTOP)
    cluster.leader((other,))
    assert cluster.call("PUT", "/v2/apps/woken", {"instances": 3})[0] == 200
    after = {task["id"] for task in running(cluster, "woken", 3)}
    os.kill(cluster.pid(leader), signal.SIGCONT)
    assert cluster.wait(leader) == 1
    last = cluster.log(leader).splitlines()[-1]
    assert last.startswith("barter service: ")
    assert last.endswith("; tasks go on")
    assert before < after == {task["id"] for task in cluster.app("woken")["tasks"]}
    cluster.start(leader)
    cluster.follows(leader, other)


def test_an_authors_framework_goes_on_in_another_process(cluster: Cluster) -> None:
    example = Path(__file__).parents[2] / "examples" / "elected_framework.py"
    command = [sys.executable, "-u", str(example), cluster.zookeeper.url(), cluster.master]
    processes: list[subprocess.Popen[str]] = []
    try:
        for said in ("clock-1 TASK_RUNNING", "the task is clock-1"):
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            processes.append(process)
            assert process.stdout is not None
            if len(processes) > 1:
                until(lambda: len(cluster.candidates("clock")) == 2)
                processes[0].terminate()
                assert processes[0].wait(20) == 0
            assert any(said in line for line in process.stdout)
    finally:
        for each in processes:
            each.kill()
            each.communicate()


def test_who_is_told_to_end_hands_over_at_once(cluster: Cluster) -> None:
    leader = cluster.leader()
    other = cluster.other(leader)
    cluster.follows(other, leader)
    assert cluster.end(leader, signal.SIGTERM) == 0
    cluster.leader((other,))
    cluster.start(leader)
    cluster.follows(leader, other)


def test_without_zookeeper_apps_run_on_and_changes_are_refused_with_the_reason(cluster: Cluster) -> None:
    leader = cluster.leader()
    other = cluster.other(leader)
    places = set(cluster.left_running())
    cluster.zookeeper.stop()
    try:
        assert cluster.wait(leader) == 1
        assert "no answer of ZooKeeper" in cluster.log(leader).splitlines()[-1]
        until(lambda: cluster.ask(other, "PUT", "/v2/apps/kept", {})[0] == 503)
        message = cluster.ask(other, "PUT", "/v2/apps/kept", {})[1]["message"]
        assert f"ZooKeeper at {cluster.zookeeper.address} has not answered for" in message
        assert message.endswith("running apps go on, changes are refused")
    finally:
        cluster.zookeeper.go_on()
    cluster.start(leader)
    cluster.leader()
    assert set(cluster.left_running()) == places
    assert cluster.call("PUT", "/v2/apps/kept", {"instances": 0})[0] == 200


def running(cluster: Cluster, app_id: str, count: int) -> list[dict[str, Any]]:
    """The app's tasks, once that many run and no deployment of it is left."""

    def done() -> list[dict[str, Any]] | None:
        app = cluster.app(app_id)
        done = app and app["tasksRunning"] == count == len(app["tasks"]) and not app["deployments"]
        return app["tasks"] if done else None

    return until(done) or []
