"""From the body of a change of a group to what becomes of its apps and groups, by Marathon's rules.

What `apps` and `groups` are given replaces what is there: who is not named in them is removed. Where they are not
given, all stays. Apps are whole definitions.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import Field, ValidationError

from barter.frameworks.service.app import App
from barter.frameworks.service.definition import DefinitionError, named
from barter.frameworks.service.edits import created
from barter.frameworks.service.events import Put
from barter.frameworks.service.groups import ROOT, Tree, canonical, parent, within
from barter.frameworks.service.schema import Json, Part
from barter.frameworks.service.state import StoredGroup

MOST_INSTANCES = 100_000
_MOST_DEPTH = 50


class GroupPart(Part):
    """`version` in a group of a group is what an answer had there; so are pods where there are none."""

    id: str | None = None
    apps: list[Json] | None = None
    groups: "list[GroupPart] | None" = None
    dependencies: list[str] | None = None
    scaleBy: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    version: str | None = None
    enforceRole: bool | None = None
    pods: Annotated[list[Json], Field(max_length=0)] | None = None


@dataclass(slots=True)
class GroupEdit:
    """What is to be done: for a Change as it is. `problems` are (path, reason)."""

    puts: list[Put] = field(default_factory=list)
    deletes: list[str] = field(default_factory=list)
    groups: list[StoredGroup] = field(default_factory=list)
    group_deletes: list[str] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)


def read_group(body: Json) -> GroupPart:
    """Raises DefinitionError."""
    try:
        return GroupPart.model_validate(body)
    except ValidationError as error:
        raise DefinitionError(named(error)) from None


def target(part: GroupPart, base: str) -> str:
    """The group that a change at `base` is about; raises DefinitionError."""
    return _resolved(part.id or ".", base, "/id")


def structured(tree: Tree, group_id: str, part: GroupPart, role: str) -> GroupEdit:
    """The group as `part` has it, made where there is none; raises DefinitionError."""
    edit = GroupEdit()
    if group_id in tree.apps:
        edit.problems.append(("/id", f"{group_id} is an app: groups and apps may not have the same id"))
    _structure(_Making(tree, edit, role), group_id, part, "")
    if edit.problems:
        raise DefinitionError(edit.problems)
    return edit


def scaled(tree: Tree, group_id: str, factor: float) -> GroupEdit:
    """All apps in it with `factor` times their instances, rounded up; raises DefinitionError."""
    edit = GroupEdit()
    for app_id in tree.all_within(group_id):
        stored = tree.apps[app_id]
        instances = math.ceil(min(stored.app.instances * factor, MOST_INSTANCES + 1))
        if instances > MOST_INSTANCES:
            raise DefinitionError([("/scaleBy", f"makes more than {MOST_INSTANCES} instances of {app_id}")])
        _put(tree, edit, replace(stored.app, instances=instances))
    return edit


def removed(tree: Tree, group_id: str) -> GroupEdit:
    """Without the group and all in it; of the root only what is in it goes."""
    edit = GroupEdit(deletes=tree.all_within(group_id))
    edit.group_deletes += [each for each in tree.stored if within(each, group_id)]
    return edit


def restored(tree: Tree, group_id: str, apps: Mapping[str, App]) -> GroupEdit:
    """With the `apps` in it that were there then; whoever came later is removed."""
    edit = GroupEdit(deletes=[app_id for app_id in tree.all_within(group_id) if app_id not in apps])
    for app in apps.values():
        _put(tree, edit, app)
    return edit


@dataclass(frozen=True, slots=True)
class _Making:
    tree: Tree
    edit: GroupEdit
    role: str


def _structure(making: _Making, group_id: str, part: GroupPart, path: str) -> None:
    tree, edit = making.tree, making.edit
    if path.count("/groups/") > _MOST_DEPTH:
        edit.problems.append((path, f"groups lie in each other more than {_MOST_DEPTH} deep"))
        return
    old = tree.group(group_id)
    if part.enforceRole and group_id.strip("/").split("/")[0] != making.role:
        why = f"cannot be true: all apps run in the role {making.role} of this service framework"
        edit.problems.append((f"{path}/enforceRole", why))
    dependencies = old.dependencies if part.dependencies is None else _dependencies(making, part, group_id, path)
    new = StoredGroup(group_id, dependencies, old.enforce_role if part.enforceRole is None else part.enforceRole)
    if group_id != ROOT or new != StoredGroup(ROOT):
        edit.groups += [new] if tree.stored.get(group_id) != new else []
    if part.apps is not None:
        _replace_apps(making, group_id, part.apps, path)
    if part.groups is not None:
        _replace_groups(making, group_id, part.groups, path)


def _replace_apps(making: _Making, group_id: str, bodies: list[Json], path: str) -> None:
    seen: set[str] = set()
    for index, body in enumerate(bodies):
        place = f"{path}/apps/{index}"
        try:
            app = _app(body, group_id)
        except DefinitionError as error:
            making.edit.problems += [(f"{place}{where if where != '/' else ''}", why) for where, why in error.problems]
            continue
        if app.app_id in seen:
            making.edit.problems.append((f"{place}/id", f"{app.app_id} is given twice"))
        seen.add(app.app_id)
        _put(making.tree, making.edit, app)
    making.edit.deletes += [stored.app_id for stored in making.tree.apps_in(group_id) if stored.app_id not in seen]


def _replace_groups(making: _Making, group_id: str, parts: list[GroupPart], path: str) -> None:
    seen: set[str] = set()
    for index, part in enumerate(parts):
        place = f"{path}/groups/{index}"
        try:
            child = _child(part.id, group_id)
            if child in seen:
                raise DefinitionError([("/id", f"{child} is given twice")])
            if child in making.tree.apps and child not in making.edit.deletes:
                raise DefinitionError([("/id", f"{child} is an app: groups and apps may not have the same id")])
        except DefinitionError as error:
            making.edit.problems += [(f"{place}{where}", why) for where, why in error.problems]
            continue
        seen.add(child)
        _structure(making, child, part, place)
    for gone in making.tree.groups_in(group_id):
        if gone not in seen:
            rest = removed(making.tree, gone)
            making.edit.deletes += rest.deletes
            making.edit.group_deletes += rest.group_deletes


def _app(body: Json, group_id: str) -> App:
    app_id = _child(body.get("id"), group_id)
    dependencies = body.get("dependencies")
    if isinstance(dependencies, list):
        resolved = [
            _resolved(each, group_id, f"/dependencies/{index}") if isinstance(each, str) else each
            for index, each in enumerate(dependencies)
        ]
        body = {**body, "dependencies": resolved}
    return created({**body, "id": app_id})


def _child(text: object, group_id: str) -> str:
    if not isinstance(text, str) or not text:
        raise DefinitionError([("/id", "is needed")])
    path = _resolved(text, group_id, "/id")
    if path == ROOT or parent(path) != group_id:
        why = f"identifier {path} is not child of {group_id}. Hint: use relative paths."
        raise DefinitionError([("/id", why)])
    return path


def _dependencies(making: _Making, part: GroupPart, group_id: str, path: str) -> tuple[str, ...]:
    found: list[str] = []
    for index, text in enumerate(part.dependencies or ()):
        try:
            found.append(_resolved(text, group_id, f"{path}/dependencies/{index}"))
        except DefinitionError as error:
            making.edit.problems += error.problems
    return tuple(dict.fromkeys(found))


def _resolved(text: str, base: str, path: str) -> str:
    try:
        return canonical(text, base)
    except ValueError as error:
        raise DefinitionError([(path, str(error))]) from None


def _put(tree: Tree, edit: GroupEdit, app: App) -> None:
    stored = tree.apps.get(app.app_id)
    if stored is None or stored.app != app:
        edit.puts.append(Put(app, stored.version if stored else 0))
