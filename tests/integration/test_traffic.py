"""Traffic follows: no request fails while 20 instances behind a real HAProxy are updated, restarted and taken off."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.load import Load, load
from tests.integration.machine import until
from tests.integration.service_world import ServiceWorld, service_world

pytestmark = [pytest.mark.integration, pytest.mark.haproxy]
INSTANCES = 20
SERVER = """
import os, socket, sys, threading, time
listening = socket.create_server((os.environ["HOST"], int(os.environ["PORT0"])), backlog=128)
def serve(line):
    read = line.makefile("rb")
    while request := read.readline():
        while read.readline() not in (b"\\r\\n", b""): pass
        if b"/slow" in request: time.sleep(0.3)
        body = os.environ.get("GREETING", "first").encode()
        line.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s" % (len(body), body))
    line.close()
while True:
    line, _ = listening.accept()
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=serve, args=(line,), daemon=True).start()
"""


@pytest.fixture
def world() -> Iterator[ServiceWorld]:
    with (
        tempfile.TemporaryDirectory(prefix="barter-traffic-") as name,
        service_world(Path(name), "master", "agent", "service", public=True) as made,
    ):
        yield made


# A check that comes late because others keep the machine busy must not kill what is counted here.
PATIENT = {"protocol": "TCP", "intervalSeconds": 1, "timeoutSeconds": 20, "maxConsecutiveFailures": 0}


def app() -> dict[str, Any]:
    return {
        "id": "/web",
        "cmd": 'exec python3 -S -E -c "$SERVER"',
        "env": {"SERVER": SERVER},
        "cpus": 0.05,
        "mem": 16,
        "instances": INSTANCES,
        "acceptedResourceRoles": ["slave_public"],
        "portDefinitions": [{"port": 0, "name": "http"}],
        "healthChecks": [PATIENT],
        "upgradeStrategy": {"minimumHealthCapacity": 0.9, "maximumOverCapacity": 0.2},
        "labels": {"HAPROXY_GROUP": "external", "HAPROXY_0_VHOST": "web.localhost"},
    }


def served(world: ServiceWorld) -> None:
    """Until the edge has all of them."""
    world.settled(INSTANCES)

    def all_in() -> bool:
        with load(world.edge, "web.localhost") as probe:
            time.sleep(0.1)
        return not probe.failed

    until(all_in)


def test_no_request_fails_in_an_update_a_restart_and_scaling_in(world: ServiceWorld) -> None:
    assert world.call("POST", "/v2/apps", app())[0] == 201
    served(world)
    before = {task["id"] for task in world.app()["tasks"]}
    with load(world.edge, "web.localhost") as clients:
        started = time.monotonic()
        renamed = {"env": {"SERVER": SERVER, "GREETING": "second"}, "portDefinitions": [{"port": 0, "name": "www"}]}
        assert world.call("PUT", "/v2/apps/web", renamed)[0] == 200
        updated = world.settled(INSTANCES)
        took = time.monotonic() - started
        assert before.isdisjoint(task["id"] for task in updated["tasks"])
        assert world.call("PUT", "/v2/apps/web", {"instances": 8})[0] == 200
        world.settled(8)
        assert world.call("POST", "/v2/apps/web/restart")[0] == 200
        world.settled(8)
    _check(clients, f"an update took {took:.1f} s")


def _check(clients: Load, note: str) -> None:
    print(note, dict(clients.asked), "failed:", len(clients.failed))
    assert clients.failed == []
    assert clients.asked.total() > 3_000
