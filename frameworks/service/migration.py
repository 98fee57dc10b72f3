"""The state of earlier versions, brought to the form of now before it is read."""

import json
from typing import Any

from barter.frameworks.service.state import Kind
from barter.sdk import StateStore

APP, DEPLOYMENT = "service/app/", "service/deployment/"


def migrate(store: StateStore) -> None:
    """An app's value held its deployment once: that gets a value of its own. All of it in one update."""
    writes: dict[str, bytes | None] = {}
    for key in store.keys(APP):
        app = _parsed(store.get(key))
        if "deployment" not in app:
            continue
        deployment = app.pop("deployment")
        version, config = app["versions"][-1][0], app["config_version"]
        stable = [] if deployment else [[config, version]]
        writes[key] = _bytes({**app, "stable": stable, "revived": [], "standing": None})
        if deployment:
            writes[DEPLOYMENT + deployment["deployment_id"]] = _bytes(_of_one(app, deployment))
    if writes:
        store.update(writes)


def _of_one(app: dict[str, Any], deployment: dict[str, Any]) -> dict[str, Any]:
    """What it led away from is the version before, where there is one."""
    kind = Kind(deployment["action"])
    earlier = app["versions"][-1:] if app["deleting"] else app["versions"][-2:-1]
    before = [[app["id"], [[version, version]], definition["instances"]] for version, definition in earlier]
    return {
        "deployment_id": deployment["deployment_id"],
        "version": deployment["version"],
        "steps": [[[kind, app["id"]]]],
        "current": 0,
        "before": before or [[app["id"], [], 0]],
        "groups_before": [],
        "paused": False,
    }


def _parsed(value: bytes | None) -> dict[str, Any]:
    """What is no such value is left to who reads it next to complain of."""
    try:
        found = json.loads(value or b"null")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
