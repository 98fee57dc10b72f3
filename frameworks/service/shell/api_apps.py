"""/v2/apps: definitions, one or many at a time, their versions and restarts."""

from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from barter.frameworks.service import edits
from barter.frameworks.service.definition import DefinitionError, parse_json, parse_list
from barter.frameworks.service.embeds import IN_LISTS, OF_ONE, app_embeds
from barter.frameworks.service.events import Put
from barter.frameworks.service.groups import parent, within
from barter.frameworks.service.schema import Json
from barter.frameworks.service.selectors import selectors
from barter.frameworks.service.shell.desk import (
    DEPLOYMENT_HEADER,
    Desk,
    Route,
    absolute,
    body_of,
    deployed,
    embedded,
    flag,
    missing,
)
from barter.frameworks.service.state import AppState
from barter.frameworks.service.timestamps import from_iso, iso
from barter.frameworks.service.views import app_view, definition_view

_BELOW_AN_APP = ("tasks", "versions", "restart")


class Apps:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        one = "/v2/apps/{app_id:path}"
        return [
            ("GET", "/v2/apps", self.index),
            ("POST", "/v2/apps", self.create),
            ("PUT", "/v2/apps", self.put_many),
            ("PATCH", "/v2/apps", self.patch_many),
            ("GET", f"{one}/versions", self.versions),
            ("GET", f"{one}/versions/{{version}}", self.version),
            ("POST", f"{one}/restart", self.restart),
            ("GET", one, self.show),
            ("PUT", one, self.put),
            ("PATCH", one, self.patch),
            ("DELETE", one, self.delete),
        ]

    async def index(self, request: Request) -> Response:
        query = request.query_params
        try:
            wanted = selectors(query.get("label", ""))
        except ValueError as error:
            raise DefinitionError([("?label", f"Can not parse label selector: {error}")]) from None
        app_id, cmd = query.get("id", "").lower(), query.get("cmd", "").lower()
        chosen = [
            state
            for state in self._desk.apps()
            if app_id in state.stored.app_id.lower()
            and cmd in state.app.cmd.lower()
            and all(one.matches(state.app.labels) for one in wanted)
        ]
        return JSONResponse({"apps": self._views(chosen, request, IN_LISTS)})

    async def create(self, request: Request) -> Response:
        app = edits.created(parse_json(await body_of(request)))
        answer = await self._desk.change(request, puts=(Put(app, 0),))
        state = self._desk.find(app.app_id)
        if answer.status != 200 or state is None:
            return deployed(answer)
        headers = {"Location": f"/v2/apps{app.app_id}", DEPLOYMENT_HEADER: answer.deployment_id}
        view = app_view(self._desk.scene(), state, IN_LISTS)
        return JSONResponse({**view, "deployments": [{"id": answer.deployment_id}]}, 201, headers)

    async def show(self, request: Request, app_id: str) -> Response:
        """One app, or with `*` at the end those of a group and its groups."""
        if app_id.split("/")[-1] != "*":
            (view,) = self._views([self._desk.app(app_id)], request, OF_ONE)
            return JSONResponse({"app": view})
        return JSONResponse({"*": self._views(in_group(self._desk, app_id), request, OF_ONE)})

    async def put(self, request: Request, app_id: str) -> Response:
        return await self._update(request, app_id, partial=flag(request, "partialUpdate", default=True), create=True)

    async def patch(self, request: Request, app_id: str) -> Response:
        return await self._update(request, app_id, partial=True, create=False)

    async def put_many(self, request: Request) -> Response:
        return await self._update_many(request, flag(request, "partialUpdate", default=True), create=True)

    async def patch_many(self, request: Request) -> Response:
        return await self._update_many(request, partial=True, create=False)

    async def delete(self, request: Request, app_id: str) -> Response:
        _no_sub_path(app_id)
        return deployed(await self._desk.change(request, deletes=(self._desk.app(app_id).stored.app_id,)))

    async def restart(self, request: Request, app_id: str) -> Response:
        return deployed(await self._desk.change(request, restarts=(self._desk.app(app_id).stored.app_id,)))

    async def versions(self, app_id: str) -> Response:
        stored = self._desk.app(app_id).stored
        return JSONResponse({"versions": [iso(version) for version, _ in reversed(stored.versions)]})

    async def version(self, app_id: str, version: str) -> Response:
        stored = self._desk.app(app_id).stored
        try:
            view = definition_view(stored, from_iso(version), self._desk.role)
        except ValueError as error:
            raise DefinitionError([("/version", str(error))]) from None
        if view is None:
            raise HTTPException(404, f"App '{stored.app_id}' does not exist in version {version}")
        return JSONResponse(view)

    def _views(self, states: list[AppState], request: Request, always: frozenset[Any]) -> list[Json]:
        scene, embeds = self._desk.scene(), app_embeds(embedded(request)) | always
        return [app_view(scene, state, embeds) for state in states]

    async def _update(self, request: Request, app_id: str, *, partial: bool, create: bool) -> Response:
        _no_sub_path(app_id)
        path, body = edits.path_of(app_id), parse_json(await body_of(request))
        while True:
            state = self._desk.find(path)
            if state is None and not create:
                raise missing("App", app_id)
            put = self._put(state, body, path, partial=partial)
            answer = await self._desk.change(request, puts=(put,))
            if answer.stale:
                continue
            if state is None:
                return deployed(answer, 201, f"/v2/apps{path}")
            return deployed(answer)

    async def _update_many(self, request: Request, partial: bool, *, create: bool) -> Response:
        bodies = parse_list(await body_of(request))
        while True:
            puts: dict[str, Put] = {}
            for index, body in enumerate(bodies):
                with edits.at(f"({index})"):
                    path = edits.id_of(body)
                    if path in puts:
                        raise DefinitionError([("/id", f"{path} is given twice")])
                    state = self._desk.find(path)
                    if state is None and not create:
                        raise missing("App", path)
                    puts[path] = self._put(state, body, path, partial=partial)
            answer = await self._desk.change(request, puts=tuple(puts.values()))
            if not answer.stale:
                return deployed(answer)

    @staticmethod
    def _put(state: AppState | None, body: Json, path: str, *, partial: bool) -> Put:
        if state is None:
            return Put(edits.created(body, path), 0)
        return Put(edits.changed(state.stored, body, partial=partial), state.stored.version)


def in_group(desk: Desk, text: str) -> list[AppState]:
    """The apps of the group that a path ending in `*` names, and of its groups; raises HTTPException (404)."""
    group_id = parent(absolute(text))
    if group_id not in desk.tree():
        raise missing("Group", group_id)
    return [state for state in desk.apps() if within(state.stored.app_id, group_id)]


def _no_sub_path(app_id: str) -> None:
    """What ends in the name of a part of an app is that part, which has not every method."""
    if len(steps := app_id.strip("/").split("/")) > 1 and steps[-1] in _BELOW_AN_APP:
        raise HTTPException(405, "Method Not Allowed", {"Allow": "POST" if steps[-1] == "restart" else "GET"})
