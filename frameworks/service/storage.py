"""The framework's state in a StateStore: one JSON value per app, deployment, group and batch of launches."""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from typing import Any, TypeVar

from barter.frameworks.service.actions import (
    DropApp,
    DropDeployment,
    DropFormer,
    DropGroup,
    DropLaunch,
    DropPlace,
    SaveApp,
    SaveDeployment,
    SaveFormer,
    SaveGroup,
    SaveLaunch,
    SavePlace,
    Saving,
)
from barter.frameworks.service.book import Left
from barter.frameworks.service.definition import DefinitionError
from barter.frameworks.service.former import Former
from barter.frameworks.service.instances import Placed
from barter.frameworks.service.members import Member
from barter.frameworks.service.migration import migrate
from barter.frameworks.service.paths import key_of
from barter.frameworks.service.places import Place
from barter.frameworks.service.pod_definition import parse_definition
from barter.frameworks.service.pod_render import definition_json
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import (
    Before,
    Deployment,
    GroupBefore,
    Kind,
    PlannedAction,
    Spans,
    Standing,
    StoredApp,
    StoredGroup,
)
from barter.sdk import StateStore

ValueT = TypeVar("ValueT")
_LEFT_OUT = ("members", "zone", "region")
"""Of a launch, where there are none."""
APP, LAUNCH, GENERATION = "service/app/", "service/launch/", "service/generation"
DEPLOYMENT, GROUP, ROOT, PLACE = "service/deployment/", "service/group/", "_", "service/place/"
FORMER = "service/former/"


def next_generation(store: StateStore) -> int:
    """One more than ever before, durable before anything is named after it."""
    generation = int(store.get(GENERATION) or b"0") + 1
    store.set(GENERATION, str(generation).encode())
    return generation


def load(store: StateStore) -> Left:
    """What the process before left; a launch whose app is gone is removed from the store.

    Raises DefinitionError naming the key whose value is something else.
    """
    migrate(store)
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
    deployments = [_read(store, key, _deployment) for key in store.keys(DEPLOYMENT)]
    groups = [_read(store, key, _group) for key in store.keys(GROUP)]
    places = [_read(store, key, _place) for key in sorted(store.keys(PLACE), key=_place_order)]
    former = [_read(store, key, _former) for key in store.keys(FORMER)]
    return Left(apps, launches, deployments, groups, places, former)


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
        case SaveFormer():
            return FORMER + action.former.key, _bytes(_former_value(action.former))
        case DropFormer():
            return FORMER + action.key, None
        case SaveLaunch():
            return LAUNCH + action.record, _bytes([_placed_value(placed) for placed in action.placed])
        case DropLaunch():
            return LAUNCH + action.record, None
        case SaveDeployment():
            return DEPLOYMENT + action.deployment.deployment_id, _bytes(_deployment_value(action.deployment))
        case DropDeployment():
            return DEPLOYMENT + action.deployment_id, None
        case SaveGroup():
            return _group_key(action.group.group_id), _bytes(asdict(action.group))
        case SavePlace():
            return PLACE + action.place.place_id, _bytes(asdict(action.place))
        case DropPlace():
            return PLACE + action.place_id, None
        case DropGroup():
            return _group_key(action.group_id), None


def _group_key(group_id: str) -> str:
    return GROUP + (key_of(group_id) or ROOT)


def _bytes(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _app_value(stored: StoredApp) -> Json:
    return {
        "id": stored.app_id,
        "versions": [[version, definition_json(app)] for version, app in stored.versions],
        "config_version": stored.config_version,
        "scaling_version": stored.scaling_version,
        "deleting": stored.deleting,
        "stable": stored.stable,
        "revived": stored.revived,
        "standing": asdict(stored.standing) if stored.standing else None,
    }


def _app(value: Json) -> StoredApp:
    return StoredApp(
        app_id=value["id"],
        versions=tuple((version, parse_definition(app)) for version, app in value["versions"]),
        config_version=value["config_version"],
        scaling_version=value["scaling_version"],
        deleting=value["deleting"],
        stable=_spans(value["stable"]),
        revived=_spans(value["revived"]),
        standing=Standing(**value["standing"]) if value["standing"] else None,
    )


def _former_value(former: Former) -> Json:
    return {"app": _app_value(former.stored), "gone_at": former.gone_at, "forgotten": former.forgotten}


def _former(value: Json) -> Former:
    return Former(_app(value["app"]), value["gone_at"], value["forgotten"])


def _spans(value: list[list[int]]) -> Spans:
    return tuple((first, last) for first, last in value)


def _deployment_value(deployment: Deployment) -> Json:
    return {
        **asdict(replace(deployment, steps=(), before=())),
        "steps": [[_action_value(action) for action in step] for step in deployment.steps],
        "before": [[before.app_id, before.versions, before.instances] for before in deployment.before],
    }


def _action_value(action: PlannedAction) -> list[object]:
    return [action.kind, action.app_id, *([True] if action.of_pod else [])]


def _deployment(value: Json) -> Deployment:
    steps = [tuple(PlannedAction(Kind(kind), *rest) for kind, *rest in step) for step in value["steps"]]
    before = [Before(app_id, _spans(versions), instances) for app_id, versions, instances in value["before"]]
    groups = [
        GroupBefore(one["group_id"], _group(one["stored"]) if one["stored"] else None) for one in value["groups_before"]
    ]
    return Deployment(**{**value, "steps": tuple(steps), "before": tuple(before), "groups_before": tuple(groups)})


def _group(value: Json) -> StoredGroup:
    return StoredGroup(**{**value, "dependencies": tuple(value["dependencies"])})


def _launch(values: list[Json]) -> list[Placed]:
    return [_placed(value) for value in values]


def _placed_value(placed: Placed) -> Json:
    value = asdict(placed)
    return {name: each for name, each in value.items() if each or name not in _LEFT_OUT}


def _placed(value: Json) -> Placed:
    members = tuple(Member(**{**one, "host_ports": tuple(one["host_ports"])}) for one in value.get("members", ()))
    return Placed(**{**value, "host_ports": tuple(value["host_ports"]), "members": members})


def _place(value: Json) -> Place:
    return Place(**{**value, "host_ports": tuple(value["host_ports"])})


def _place_order(key: str) -> list[int]:
    """The oldest first."""
    return [int(part) for part in key.rsplit("-", 2)[1:]]


def _launch_order(key: str) -> list[int]:
    return [int(part) for part in key.removeprefix(LAUNCH).split("-")]
