"""What the version before kept is read, and goes on."""

import json

import pytest

from barter.frameworks.service.machine import ServiceMachine
from barter.frameworks.service.storage import load
from barter.sdk import MemoryStore

VERSIONS = [
    [1_000, {"id": "/web", "cmd": "serve", "cpus": 0.1, "mem": 32, "instances": 2}],
    [2_000, {"id": "/web", "cmd": "serve 2", "cpus": 0.1, "mem": 32, "instances": 3}],
]


def store(action: str | None, *, deleting: bool = False) -> MemoryStore:
    """An app as it was kept while it had its deployment itself."""
    deployment = {"deployment_id": "d-7", "action": action, "version": 2_000} if action else None
    value = {
        "id": "/web",
        "versions": VERSIONS,
        "config_version": 2_000,
        "scaling_version": 2_000,
        "deployment": deployment,
        "deleting": deleting,
    }
    made = MemoryStore()
    made.set("service/app/web", json.dumps(value).encode())
    return made


def test_an_app_at_rest_is_rolled_out() -> None:
    left = load(store(None))
    assert (left.apps[0].stable, left.apps[0].app.cmd, left.deployments) == (((2_000, 2_000),), "serve 2", [])


@pytest.mark.parametrize(("action", "deleting"), [("RestartApplication", False), ("StopApplication", True)])
def test_its_deployment_goes_on(action: str, deleting: bool) -> None:
    kept = store(action, deleting=deleting)
    machine = ServiceMachine(2, load(kept))
    deployment = machine.deployment_of("/web")
    assert deployment is not None
    assert (deployment.deployment_id, deployment.steps[0][0].kind) == ("d-7", action)
    assert deployment.before[0].versions[-1][1] == (2_000 if deleting else 1_000)
    assert load(kept) == load(kept)
    assert b'"deployment"' not in (kept.get("service/app/web") or b"")
