"""The command line against a whole cluster: the operator's first five minutes."""

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.dev_cluster import Dev, cluster
from tests.integration.machine import until

pytestmark = [pytest.mark.integration, pytest.mark.haproxy]

ROOT = Path(__file__).resolve().parent.parent.parent
WEB, SPREAD, HELLO = (str(ROOT / "examples" / name) for name in ("web.json", "spread.json", "hello_framework.py"))


@pytest.fixture(scope="module")
def dev() -> Iterator[Dev]:
    with cluster() as made:
        yield made


@pytest.fixture
def web(dev: Dev) -> Iterator[list[str]]:
    """The lines `app create` printed; the app is gone afterwards."""
    yield dev.barter("app", "create", WEB).splitlines()
    dev.barter("app", "rm", "--force", "web")
    assert [row for row in dev.rows("tasks") if row["name"] == "web"] == []


def fetch(dev: Dev) -> tuple[int, str]:
    connection = http.client.HTTPConnection(dev.addresses["edge_http"].removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/", headers={"Host": "web.localhost"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def answers(dev: Dev, count: int) -> set[str]:
    """Fetch through the edge until so many instances have answered."""
    seen: set[str] = set()

    def enough() -> Any:
        status, body = fetch(dev)
        if status == 200:
            seen.add(body)
        return len(seen) >= count

    until(enough)
    return seen


def test_an_app_from_create_to_rm(dev: Dev, web: list[str]) -> None:
    edge = dev.addresses["edge_http"]
    assert web[-2] == "/web is there: 3/3 healthy"
    assert web[-1] == f"Next: curl -H 'Host: web.localhost' {edge}/"
    assert len(answers(dev, 3)) == 3
    rows = [row for row in dev.rows("tasks") if "web" in row["task_id"]]
    assert [row["state"] for row in rows] == ["TASK_RUNNING"] * 3
    assert all(row["healthy"] for row in rows)
    assert rows[0]["resources"]["mem"] == 32 << 20
    assert len([row for row in dev.rows("endpoints") if row["vhosts"] == ["web.localhost"]]) == 3
    assert "5/5 healthy" in dev.barter("app", "scale", "/web", "5")
    assert len(answers(dev, 5)) == 5
    shown = dev.rows("app", "show", "web")
    assert (shown["id"], shown["instances"], shown["tasksHealthy"]) == ("/web", 5, 5)
    assert [row["id"] for row in dev.rows("app", "ls")] == ["/web"]
    versions = dev.rows("app", "versions", "web")
    assert versions[0]["current"]
    assert "web" in dev.barter("explain", "web")
    assert rows[0]["task_id"] in dev.barter("explain", rows[0]["task_id"])
    assert "GET / HTTP/1.1" in dev.barter("logs", "--tail", "3", rows[0]["task_id"])
    assert "already" in dev.barter("app", "create", WEB, code=1)
    assert rows[0]["task_id"] in {event["subject"] for event in dev.rows("events", "--last", "0")}


def test_update_restart_and_rollback(dev: Dev, web: list[str], tmp_path: Path) -> None:
    before = answers(dev, 3)
    changed = json.loads(Path(WEB).read_text())
    changed["cmd"] = changed["cmd"].replace("hello from", "good day from")
    (tmp_path / "web.json").write_text(json.dumps(changed))
    dev.barter("app", "update", str(tmp_path / "web.json"))
    assert all(body.startswith("good day from") for body in answers(dev, 3))
    dev.barter("app", "rollback", "web")
    back = answers(dev, 3)
    assert all(body.startswith("hello from") for body in back)
    assert not back & before
    dev.barter("app", "restart", "web")
    assert not answers(dev, 3) & back


def test_a_change_is_told_before_paused_and_taken_back(dev: Dev, web: list[str], tmp_path: Path) -> None:
    assert dev.barter("app", "diff", WEB) == "nothing differs\n"
    changed, file = json.loads(Path(WEB).read_text()), str(tmp_path / "web.json")
    Path(file).write_text(json.dumps({**changed, "env": {"GREETING": "hi"}}))
    assert "+ env.GREETING: hi" in dev.barter("app", "diff", file, code=1)
    told = json.loads(dev.barter("app", "update", "--dry-run", "-o", "json", file))
    assert (told["forecast"]["extraInstances"], told["forecast"]["fewestReady"]) == (3, 3)
    assert dev.rows("app", "show", "web")["env"] == {}
    Path(file).write_text(json.dumps({**changed, "mem": 1 << 20}))
    assert "mem: can never be finished here" in dev.barter("app", "update", file, code=1)
    dev.barter("app", "update", "--no-wait", "--force", file)
    assert "paused" in dev.barter("app", "pause", "web")
    assert [row["paused"] for row in dev.rows("deployment", "ls")] == [True]
    assert "the same again with --force" in dev.barter("app", "scale", "web", "4", code=1)
    assert "is taken back" in dev.barter("deployment", "rollback", "web")
    assert dev.rows("app", "show", "web")["mem"] == 32


def test_a_group_from_create_to_rm(dev: Dev, tmp_path: Path) -> None:
    sleeper = {"cmd": "sleep 1000", "cpus": 0.1, "mem": 16, "portDefinitions": []}
    apps = [{**sleeper, "id": "db"}, {**sleeper, "id": "web", "dependencies": ["/shop/db"]}]
    (tmp_path / "shop.json").write_text(json.dumps({"id": "/shop", "apps": apps}))
    steps = json.loads(dev.barter("group", "create", "--dry-run", "-o", "json", str(tmp_path / "shop.json")))["steps"]
    assert [each["app"] for step in steps for each in step["actions"]][-2:] == ["/shop/db", "/shop/web"]
    assert "/shop is as wanted" in dev.barter("group", "create", str(tmp_path / "shop.json"))
    assert [row["id"] for row in dev.rows("group", "ls")] == ["/", "/shop"]
    dev.barter("group", "scale", "shop", "2")
    assert {app["id"]: app["instances"] for app in dev.rows("app", "ls")} == {"/shop/db": 2, "/shop/web": 2}
    assert "/shop is as wanted" in dev.barter("group", "rm", "shop")
    assert dev.rows("app", "ls") == []


def test_what_cannot_be_placed_says_why(dev: Dev) -> None:
    dev.barter("app", "create", SPREAD)
    try:
        assert "needs 3 agents with different zone" in dev.barter("app", "scale", "--no-wait", "spread", "3", code=1)
        dev.barter("app", "scale", "--force", "--no-wait", "spread", "3")
        until(lambda: [wanted for row in dev.rows("frameworks") for wanted in row["demands"] if wanted["count"]])
        why = dev.rows("explain", "spread")
        refusals = {
            agent["hostname"]: [verdict["detail"] for verdict in agent["verdicts"] if not verdict["passed"]]
            for agent in why["agents"]
        }
        assert set(refusals) == {"agent-a", "agent-b", "agent-p"}
        assert any("UNIQUE" in detail or "already" in detail for detail in refusals["agent-a"])
        assert refusals["agent-p"]
        assert "UNIQUE" in dev.barter("explain", "/spread") or "already" in dev.barter("explain", "/spread")
    finally:
        dev.barter("app", "rm", "--force", "spread")


def test_create_says_why_it_waits_and_goes_on_without_us(dev: Dev, tmp_path: Path) -> None:
    (tmp_path / "big.json").write_text(json.dumps({"id": "big", "cmd": "sleep 1000", "mem": 1 << 20, "cpus": 0.1}))
    words = [sys.executable, "-m", "barter.tools.cli.main", "--master", dev.addresses["master"]]
    words += ["--service", dev.addresses["service"], "app", "create", "--force", str(tmp_path / "big.json")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        lines = iter(process.stdout.readline, "")
        assert "0/1" in next(lines)
        deadline = time.monotonic() + 30
        assert any("mem" in line and "needed" in line for line in lines if time.monotonic() < deadline)
    finally:
        process.send_signal(2)
        assert process.wait(10) == 1
    assert "goes on" in process.stderr.read()
    process.stdout.close()
    process.stderr.close()
    assert [row["id"] for row in dev.rows("app", "ls")] == ["/big"]
    dev.barter("app", "rm", "--force", "big")


@pytest.mark.parametrize(
    ("definition", "field"),
    [
        ({"id": "x", "cmd": "true", "cpus": -1}, "cpus"),
        ({"id": "x", "cmd": "true", "memory": 5}, "memory"),
        ({"id": "x", "cmd": "true", "portDefinitions": [{"port": 99999}]}, "portDefinitions"),
        ({"id": "UPPER CASE", "cmd": "true"}, "id"),
    ],
)
def test_a_bad_definition_is_refused_by_field(dev: Dev, tmp_path: Path, definition: Any, field: str) -> None:
    (tmp_path / "x.json").write_text(json.dumps(definition))
    before = dev.rows("app", "ls")
    assert field in dev.barter("app", "create", str(tmp_path / "x.json"), code=1)
    assert dev.rows("app", "ls") == before


def test_a_framework_in_thirty_lines(dev: Dev) -> None:
    done = subprocess.run(
        [sys.executable, HELLO, dev.addresses["master"]], capture_output=True, text=True, timeout=60, check=True
    )
    ends = [line.split()[:2] for line in done.stdout.splitlines()]
    assert sorted(ends) == sorted([f"hello-{number}", "TASK_FINISHED"] for number in range(10))
    task = dev.rows("tasks", "--ended")[0]["task_id"]
    assert f"hello from {task}" in dev.barter("logs", task)
