"""What a partial change says of networks, or leaves as it was."""

from typing import Any

import pytest

from barter.core.tasks import Network
from barter.frameworks.service.app import App
from barter.frameworks.service.definition import parse_app
from barter.frameworks.service.edits import changed
from barter.frameworks.service.state import StoredApp

IMAGE: dict[str, Any] = {"type": "DOCKER", "docker": {"image": "busybox"}}
MAPPED = {**IMAGE, "portMappings": [{"containerPort": 80}]}
ON_LAN = {"id": "/a", "container": MAPPED, "networks": [{"mode": "container", "name": "lan"}]}
BRIDGED = {"id": "/a", "container": MAPPED, "networks": [{"mode": "container/bridge"}]}
ON_HOST = {"id": "/a", "container": IMAGE, "portDefinitions": [{"port": 9000}]}


def after(before: dict[str, Any], body: dict[str, Any]) -> App:
    app = parse_app(before)
    return changed(StoredApp("/a", ((1, app),), 1, 1), body, partial=True)


@pytest.mark.parametrize("before", [ON_LAN, BRIDGED, ON_HOST])
def test_another_image_leaves_the_network(before: dict[str, Any]) -> None:
    app = after(before, {"container": {"type": "DOCKER", "docker": {"image": "busybox:2"}}})
    assert (app.network, app.network_name) == (parse_app(before).network, parse_app(before).network_name)


def test_to_the_network_of_the_host_without_what_was_mapped() -> None:
    app = after(BRIDGED, {"networks": [{"mode": "host"}]})
    assert (app.network, [port.container_port for port in app.ports]) == (Network.HOST, [0])


@pytest.mark.parametrize(
    "body",
    [
        {"networks": [{"mode": "container/bridge"}], "container": MAPPED},
        {"container": {"type": "DOCKER", "docker": {"image": "busybox", "network": "BRIDGE"}, **MAPPED}},
        {"container": {**MAPPED, "docker": {"image": "busybox", "network": "BRIDGE"}}},
        {"container": MAPPED},
    ],
)
def test_from_the_host_to_a_bridge(body: dict[str, Any]) -> None:
    app = after(ON_HOST, body)
    assert (app.network, app.ports[0].container_port) == (Network.BRIDGE, 80)


def test_an_older_client_names_another_network() -> None:
    body = {
        "container": {**MAPPED, "docker": {"image": "busybox", "network": "USER"}},
        "ipAddress": {"networkName": "wan"},
    }
    app = after(ON_LAN, body)
    assert (app.network, app.network_name) == (Network.OWN, "wan")
