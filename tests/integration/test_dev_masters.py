"""`barter dev --masters 3`: its leader dies, then its ZooKeeper, and the app it runs answers all the time."""

import http.client
import json
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from barter.shell.zookeeper.server import missing
from tests.integration.dev_cluster import Dev, cluster
from tests.integration.machine import until

SESSION = "2s"
pytestmark = [pytest.mark.integration, pytest.mark.haproxy, pytest.mark.skipif(bool(missing()), reason=missing())]


@pytest.fixture(scope="module")
def dev() -> Iterator[Dev]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BARTER_ZK_SESSION_TIMEOUT", SESSION)
        with cluster("--masters", "3", "--agents", "1") as made:
            yield made


class Visitor:
    """Asks the app through the edge again and again; `bad` is what it was answered instead."""

    def __init__(self, edge: str) -> None:
        self._edge = edge.removeprefix("http://")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._visit, daemon=True)
        self.good = 0
        self.bad: list[str] = []

    def __enter__(self) -> "Visitor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def status(self) -> int:
        connection = http.client.HTTPConnection(self._edge, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": "web.localhost"})
            return connection.getresponse().status
        finally:
            connection.close()

    def _visit(self) -> None:
        while not self._over.wait(0.02):
            try:
                status = self.status()
            except (OSError, http.client.HTTPException) as error:
                self.bad.append(repr(error))
            else:
                self.good += status == 200
                self.bad += [str(status)] if status != 200 else []


def ask(master: dict[str, Any], path: str) -> tuple[int, str]:
    """The status and what it says; 0 where nobody answers."""
    connection = http.client.HTTPConnection(master["http"].removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    except (OSError, http.client.HTTPException):
        return 0, ""
    finally:
        connection.close()


def leads(master: dict[str, Any]) -> bool:
    status, body = ask(master, "/health")
    return status == 200 and json.loads(body).get("leading") is True


def leader(dev: Dev) -> dict[str, Any] | None:
    masters: list[dict[str, Any]] = (dev.now() or {"masters": []})["masters"]
    return next(filter(leads, masters), None)


def refusal(dev: Dev) -> str:
    """What each master that is up answers to a question only a leader answers; empty while one of them serves."""
    said = [body for master in dev.addresses["masters"] for status, body in [ask(master, "/")] if status == 503]
    return said[0] if said and leader(dev) is None else ""


def test_its_leader_and_its_zookeeper_die_and_no_request_and_no_task_is_lost(dev: Dev) -> None:
    dev.barter("app", "create", "examples/web.json")
    tasks = sorted(row["task_id"] for row in dev.rows("tasks"))
    assert len(tasks) == 3
    before = until(lambda: leader(dev))
    visitor = Visitor(dev.addresses["edge_http"])
    until(lambda: visitor.status() == 200)
    with visitor:
        os.kill(before["pid"], signal.SIGKILL)
        after = until(lambda: (found := leader(dev)) and found["name"] != before["name"] and found)
        until(lambda: sorted(row["task_id"] for row in dev.rows("tasks")) == tasks)
        assert after["grpc"] in dev.barter("status")
        zookeeper = _zookeeper(dev)
        zookeeper.suspend()
        refused = until(lambda: refusal(dev))
        assert f"ZooKeeper at {dev.addresses['zookeeper']} has not answered" in refused
        zookeeper.kill()
        until(lambda: leader(dev))
        until(lambda: [row["state"] for row in dev.rows("frameworks")] == ["active"])
        until(lambda: sorted(row["task_id"] for row in dev.rows("tasks")) == tasks)
    assert visitor.good > 0
    assert visitor.bad == []
    assert f"{before['name']} was killed by SIGKILL; it starts again" in dev.log()


def _zookeeper(dev: Dev) -> psutil.Process:
    """Its own, by its folder on the command line."""
    (found,) = [
        process
        for process in psutil.Process(dev.process.pid).children()
        if f"{dev.data_dir}/zookeeper" in " ".join(process.cmdline()) and process.name() == "java"
    ]
    return found
