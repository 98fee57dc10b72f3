"""Where two definitions differ, field by field."""

from collections.abc import Iterator, Mapping

from barter.frameworks.service.app import App
from barter.frameworks.service.events import Change
from barter.frameworks.service.pod_render import definition_json
from barter.frameworks.service.schema import Json
from barter.frameworks.service.state import AppState


def differences(change: Change, states: Mapping[str, AppState]) -> list[Json]:
    """Of every app that `change` creates, changes or deletes: a list of `fields`, or that it is `new` or `gone`."""
    found: list[Json] = [{"id": app_id, "gone": True} for app_id in change.deletes]
    for each in change.puts:
        state = states.get(each.app.app_id)
        if state is None or state.stored.deleting:
            found.append({"id": each.app.app_id, "new": True})
        elif fields := list(_fields(state.app, each.app)):
            found.append({"id": each.app.app_id, "fields": fields})
    return found


def _fields(before: App, after: App) -> Iterator[Json]:
    then, now = (dict(_flat("", definition_json(each))) for each in (before, after))
    for path in sorted(then.keys() | now.keys()):
        if then.get(path) != now.get(path):
            yield {"path": path, "before": then.get(path), "after": now.get(path)}


def _flat(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Objects by their fields, lists of objects by their places; other lists as they are."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _flat(f"{path}/{name}", each)
    elif isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        for index, each in enumerate(value):
            yield from _flat(f"{path}/{index}", each)
    elif value not in (None, [], {}):
        yield path, value
