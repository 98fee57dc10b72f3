"""/v2/groups: the tree of groups, as a whole or from one on, and its changes in one deployment."""

import re
from collections.abc import Callable
from functools import partial

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from barter.frameworks.service import group_edits
from barter.frameworks.service.definition import DefinitionError, parse_json
from barter.frameworks.service.embeds import Embed, GroupEmbed, group_embeds
from barter.frameworks.service.group_edits import GroupEdit, GroupPart
from barter.frameworks.service.group_versions import apps_at, versions_of
from barter.frameworks.service.group_views import group_view
from barter.frameworks.service.groups import ROOT, Tree, parent, within
from barter.frameworks.service.render import app_json
from barter.frameworks.service.schema import Json
from barter.frameworks.service.shell.api_apps import in_group
from barter.frameworks.service.shell.desk import Desk, Route, absolute, body_of, deployed, embedded, missing
from barter.frameworks.service.state import StoredApp, StoredGroup
from barter.frameworks.service.timestamps import from_iso, iso
from barter.frameworks.service.views import app_view

_APPS = re.compile(r"(.*)/apps")
_VERSIONS = re.compile(r"(.*)/versions")
_VERSION = re.compile(r"(.*)/versions/([^/]+)")
PodView = Callable[[StoredApp], Json]


class Groups:
    """`pod_view` shows a pod."""

    def __init__(self, desk: Desk, pod_view: PodView) -> None:
        self._desk, self._pod_view = desk, pod_view

    def routes(self) -> list[Route]:
        root, one = "/v2/groups", "/v2/groups/{group_id:path}"
        return [
            ("GET", root, self.show),
            ("POST", root, self.create),
            ("PUT", root, self.put),
            ("DELETE", root, self.delete),
            ("GET", one, self.show),
            ("POST", one, self.create),
            ("PUT", one, self.put),
            ("DELETE", one, self.delete),
            ("PATCH", one, self.patch),
        ]

    async def show(self, request: Request, group_id: str = "") -> Response:
        path = absolute(group_id)
        if match := _VERSION.fullmatch(path):
            return self._at_version(match[1] or ROOT, match[2], group_embeds(embedded(request))[1])
        if match := _VERSIONS.fullmatch(path):
            self._existing(match[1] or ROOT)
            return JSONResponse([iso(each) for each in versions_of(self._desk.tree(), match[1] or ROOT)])
        apps, groups = group_embeds(embedded(request))
        scene = self._desk.scene()
        if match := _APPS.fullmatch(path):
            return JSONResponse([app_view(scene, state, apps) for state in in_group(self._desk, f"{match[1]}/*")])
        view = partial(self._app_view, apps)
        return JSONResponse(
            group_view(self._existing(path), path, self._desk.bridge.machine.version, groups, view, self._pod_view)
        )

    async def create(self, request: Request, group_id: str = "") -> Response:
        part = group_edits.read_group(parse_json(await body_of(request)))
        path = group_edits.target(part, absolute(group_id))
        if path in self._desk.tree():
            raise HTTPException(409, f"Group {path} is already created. Use PUT to change this group.")
        if path in self._desk.bridge.machine.apps:
            raise HTTPException(409, f"An app with the path {path} already exists.")
        return await self._change(
            request, lambda tree: group_edits.structured(tree, path, part, self._desk.role), 201, f"/v2/groups{path}"
        )

    async def put(self, request: Request, group_id: str = "") -> Response:
        """A version to go back to, a factor to scale by, or what the group is to be."""
        part = group_edits.read_group(parse_json(await body_of(request)))
        path = group_edits.target(part, absolute(group_id))
        return await self._change(request, lambda tree: self._edit(tree, path, part))

    async def patch(self, request: Request, group_id: str) -> Response:
        """Settings of a group below the root, which change none of its apps."""
        part, path = group_edits.read_group(parse_json(await body_of(request))), absolute(group_id)
        self._existing(path)
        if parent(path) != ROOT or path == ROOT or part.model_fields_set - {"enforceRole"}:
            raise DefinitionError([("/", "of a group below the root enforceRole can be set so, and nothing else")])
        made = GroupPart(enforceRole=part.enforceRole or False)
        response = await self._change(request, lambda tree: group_edits.structured(tree, path, made, self._desk.role))
        return Response(status_code=200) if response.status_code == 200 else response

    async def delete(self, request: Request, group_id: str = "") -> Response:
        path = absolute(group_id)
        self._existing(path)
        return await self._change(request, lambda tree: group_edits.removed(tree, path))

    def _edit(self, tree: Tree, path: str, part: GroupPart) -> GroupEdit:
        if part.version is not None:
            apps = apps_at(tree, path, _version(part.version))
            if apps is None:
                raise DefinitionError([("/version", f"Group {path} not available in version {part.version}")])
            return group_edits.restored(tree, path, {app_id: stored.app for app_id, stored in apps.items()})
        if part.scaleBy is not None:
            return group_edits.scaled(tree, path, part.scaleBy)
        return group_edits.structured(tree, path, part, self._desk.role)

    async def _change(
        self, request: Request, make: Callable[[Tree], GroupEdit], status: int = 200, location: str = ""
    ) -> Response:
        """Made again of what there is then, where it was changed meanwhile."""
        while True:
            edit = make(self._desk.tree())
            answer = await self._desk.change(
                request,
                puts=tuple(edit.puts),
                deletes=tuple(edit.deletes),
                groups=tuple(edit.groups),
                group_deletes=tuple(edit.group_deletes),
            )
            if not answer.stale:
                return deployed(answer, status, location)

    def _at_version(self, path: str, text: str, embeds: frozenset[GroupEmbed]) -> Response:
        tree, version = self._desk.tree(), _version(text)
        apps = apps_at(tree, path, version)
        if apps is None or not (apps or path in tree):
            raise HTTPException(404, f"Group '{path}' does not exist in version {text}")
        then = Tree(apps, _below(tree, path))
        return JSONResponse(group_view(then, path, version, embeds, self._app_at, self._pod_view))

    def _app_view(self, embeds: frozenset[Embed], stored: StoredApp) -> Json:
        return app_view(self._desk.scene(), self._desk.bridge.machine.apps[stored.app_id], embeds)

    def _app_at(self, stored: StoredApp) -> Json:
        return {"role": self._desk.role, **app_json(stored.app), "version": iso(stored.version)}

    def _existing(self, path: str) -> Tree:
        tree = self._desk.tree()
        if path not in tree:
            raise missing("Group", path)
        return tree


def _below(tree: Tree, path: str) -> dict[str, StoredGroup]:
    return {group_id: stored for group_id, stored in tree.stored.items() if within(group_id, path)}


def _version(text: str) -> int:
    try:
        return from_iso(text)
    except ValueError as error:
        raise DefinitionError([("/version", str(error))]) from None
