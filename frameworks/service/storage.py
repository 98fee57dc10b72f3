"""The framework's state in a StateStore: one JSON value per app, one per batch of launches, and the generation."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any, TypeVar

from barter.frameworks.service.actions import DropApp, DropLaunch, SaveApp, SaveLaunch, Saving
from barter.frameworks.service.definition import DefinitionError, parse_app
from barter.frameworks.service.instances import Placed
from barter.frameworks.service.paths import key_of
from barter.frameworks.service.render import app_json
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import Deployment, StoredApp
from barter.sdk import StateStore

ValueT = TypeVar("ValueT")
APP, LAUNCH, GENERATION = "service/app/", "service/launch/", "service/generation"


def next_generation(store: StateStore) -> int:
    """One more than ever before, durable before anything is named after it."""
    generation = int(store.get(GENERATION) or b"0") + 1
    store.set(GENERATION, str(generation).encode())
    return generation


def load(store: StateStore) -> tuple[list[StoredApp], list[SaveLaunch]]:
    """All apps, and the launches of living instances; a launch whose app is gone is removed from the store.

    Raises DefinitionError naming the key whose value is something else.
    """
    apps = [_read(store, key, _app) for key in store.keys(APP)]
    known = {app.app_id for app in apps}
    launches: list[SaveLaunch] = []
    orphaned: dict[str, None] = {}
    for key in sorted(store.keys(LAUNCH), key=_launch_order):
        placed = tuple(one for one in _read(store, key, _launch) if one.app_id in known)
        if placed:
            launches.append(SaveLaunch(key.removeprefix(LAUNCH), placed))
        else:
            orphaned[key] = None
    if orphaned:
        store.update(orphaned)
    return apps, launches


def save(store: StateStore, actions: Iterable[Saving]) -> None:
    """All of it in one update, or none."""
    if writes := dict(map(_write, actions)):
        store.update(writes)


def _read(store: StateStore, key: str, parse: Callable[[Any], ValueT]) -> ValueT:
    try:
        return parse(json.loads(store.get(key) or b"null"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DefinitionError([(key, f"the store holds what is no state of this framework: {error!r}")]) from None


def _write(action: Saving) -> tuple[str, bytes | None]:
    match action:
        case SaveApp():
            return APP + key_of(action.stored.app_id), _bytes(_app_value(action.stored))
        case DropApp():
            return APP + key_of(action.app_id), None
        case SaveLaunch():
            return LAUNCH + action.record, _bytes([asdict(placed) for placed in action.placed])
        case DropLaunch():
            return LAUNCH + action.record, None


def _bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _app_value(stored: StoredApp) -> Json:
    return {
        "id": stored.app_id,
        "versions": [[version, app_json(app)] for version, app in stored.versions],
        "config_version": stored.config_version,
        "scaling_version": stored.scaling_version,
        "deployment": asdict(stored.deployment) if stored.deployment else None,
        "deleting": stored.deleting,
    }


def _app(value: Json) -> StoredApp:
    return StoredApp(
        app_id=value["id"],
        versions=tuple((version, parse_app(app)) for version, app in value["versions"]),
        config_version=value["config_version"],
        scaling_version=value["scaling_version"],
        deployment=Deployment(**value["deployment"]) if value["deployment"] else None,
        deleting=value["deleting"],
    )


def _launch(values: list[Json]) -> list[Placed]:
    return [_placed(value) for value in values]


def _placed(value: Json) -> Placed:
    return Placed(**{**value, "host_ports": tuple(value["host_ports"])})


def _launch_order(key: str) -> list[int]:
    return [int(part) for part in key.removeprefix(LAUNCH).split("-")]
