"""The REST face: Marathon's paths and JSON under /v2."""

import uuid
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from barter.frameworks.service.actions import Answer
from barter.frameworks.service.definition import DefinitionError, parse_json
from barter.frameworks.service.events import Change, KillInstances, Put
from barter.frameworks.service.shell import edits
from barter.frameworks.service.shell.bridge import Bridge
from barter.frameworks.service.state import AppState
from barter.frameworks.service.timestamps import from_iso, iso
from barter.frameworks.service.views import app_view, definition_view, deployment_view, queue_view, task_view


class Api:
    """Reads come from the machine as it stands; changes go through it and are answered when they are durable."""

    def __init__(self, bridge: Bridge, now: Callable[[], int]) -> None:
        self._bridge = bridge
        self._now = now

    def install(self, app: FastAPI) -> None:
        app.exception_handler(DefinitionError)(_invalid)
        app.exception_handler(HTTPException)(_refused)
        one = "/v2/apps/{app_id:path}"
        routes: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", "/v2/tasks", self.all_tasks),
            ("GET", "/v2/queue", self.queue),
            ("GET", "/v2/deployments", self.deployments),
            ("GET", "/v2/apps", self.apps),
            ("POST", "/v2/apps", self.create),
            ("GET", f"{one}/tasks", self.tasks),
            ("DELETE", f"{one}/tasks", self.kill_tasks),
            ("DELETE", f"{one}/tasks/{{task_id}}", self.kill_tasks),
            ("GET", f"{one}/versions", self.versions),
            ("GET", f"{one}/versions/{{version}}", self.version),
            ("POST", f"{one}/restart", self.restart),
            ("GET", one, self.app),
            ("PUT", one, self.put),
            ("PATCH", one, self.patch),
            ("DELETE", one, self.delete),
        ]
        for method, path, handler in routes:
            app.add_api_route(path, handler, methods=[method], response_model=None)

    async def apps(self, request: Request) -> Response:
        _only(request, {"id", "cmd", "embed"})
        wanted_id, wanted_cmd = request.query_params.get("id", ""), request.query_params.get("cmd", "")
        tasks = _embeds(request) & {"apps.tasks", "apps.failures"}
        machine = self._bridge.machine
        views = [
            app_view(state, machine.deployment_of(state.stored.app_id), tasks=bool(tasks))
            for state in self._living()
            if wanted_id in state.stored.app_id and wanted_cmd in state.app.cmd
        ]
        return JSONResponse({"apps": views})

    async def create(self, request: Request) -> Response:
        app = edits.created(parse_json(await request.body()))
        answer = await self._ask_put(request, app, base=0)
        state = self._bridge.machine.apps.get(app.app_id)
        if answer.status != 200 or state is None:
            return _answered(answer)
        headers = {"Location": f"/v2/apps{app.app_id}", "Marathon-Deployment-Id": answer.deployment_id}
        view = {**app_view(state, tasks=True), "deployments": [{"id": answer.deployment_id}]}
        return JSONResponse(view, 201, headers)

    async def app(self, request: Request, app_id: str) -> Response:
        """One app; its tasks too, unless `embed` asks for something else."""
        embeds, state = _embeds(request), self._state(app_id)
        deployment = self._bridge.machine.deployment_of(state.stored.app_id)
        return JSONResponse({"app": app_view(state, deployment, tasks=not embeds or "app.tasks" in embeds)})

    async def put(self, request: Request, app_id: str) -> Response:
        partial = request.query_params.get("partialUpdate", "true") != "false"
        return await self._update(request, app_id, partial=partial, create=True)

    async def patch(self, request: Request, app_id: str) -> Response:
        return await self._update(request, app_id, partial=True, create=False)

    async def delete(self, request: Request, app_id: str) -> Response:
        number, deployment = self._bridge.next_request(), str(uuid.uuid4())
        event = Change(number, deployment, deletes=(edits.path_of(app_id),), force=_forced(request))
        return _answered(await self._bridge.answer_to(event))

    async def restart(self, request: Request, app_id: str) -> Response:
        number, deployment = self._bridge.next_request(), str(uuid.uuid4())
        event = Change(number, deployment, restarts=(edits.path_of(app_id),), force=_forced(request))
        return _answered(await self._bridge.answer_to(event))

    async def tasks(self, app_id: str) -> Response:
        state = self._state(app_id)
        return JSONResponse({"tasks": [task_view(state, one) for one in state.instances.values()]})

    async def kill_tasks(self, request: Request, app_id: str, task_id: str = "") -> Response:
        """End the instances on `host`, or all, or one; `scale=true` takes them off the count."""
        _only(request, {"host", "scale", "force"})
        state, host = self._state(app_id), request.query_params.get("host", "")
        chosen = [
            one
            for one in state.instances.values()
            if host in ("", "*", one.placed.host, one.placed.hostname) and task_id in ("", one.task_id)
        ]
        if task_id and not chosen:
            raise HTTPException(404, f"Task '{task_id}' does not exist")
        shown = [task_view(state, one) for one in chosen]
        scale = request.query_params.get("scale") == "true"
        ids = tuple(one.task_id for one in chosen)
        number, deployment = self._bridge.next_request(), str(uuid.uuid4())
        event = KillInstances(number, ids, deployment, scale, force=_forced(request))
        answer = await self._bridge.answer_to(event)
        if answer.status != 200 or scale:
            return _answered(answer)
        return JSONResponse({"task": shown[0]} if task_id else {"tasks": shown})

    async def versions(self, app_id: str) -> Response:
        stored = self._state(app_id).stored
        return JSONResponse({"versions": [iso(version) for version, _ in reversed(stored.versions)]})

    async def version(self, app_id: str, version: str) -> Response:
        stored = self._state(app_id).stored
        try:
            view = definition_view(stored, from_iso(version))
        except ValueError as error:
            raise DefinitionError([("/version", str(error))]) from None
        if view is None:
            raise HTTPException(404, f"App '{stored.app_id}' has no version {version}")
        return JSONResponse(view)

    async def all_tasks(self) -> Response:
        states = self._bridge.machine.apps.values()
        return JSONResponse({"tasks": [task_view(state, one) for state in states for one in state.instances.values()]})

    async def deployments(self) -> Response:
        machine = self._bridge.machine
        return JSONResponse([deployment_view(one, machine.apps) for one in machine.deployments.values()])

    async def queue(self) -> Response:
        now = self._now()
        views = [queue_view(state, now) for state in self._living()]
        return JSONResponse({"queue": [view for view in views if view]})

    async def _update(self, request: Request, app_id: str, *, partial: bool, create: bool) -> Response:
        body = parse_json(await request.body())
        while True:
            state = self._living_state(app_id)
            if state is None and not create:
                raise _missing(app_id)
            if state is None:
                answer = await self._ask_put(request, edits.created(body, edits.path_of(app_id)), base=0)
                return _answered(answer, created=True)
            app = edits.changed(state.stored, body, partial=partial)
            answer = await self._ask_put(request, app, base=state.stored.version)
            if not answer.stale:
                return _answered(answer)

    async def _ask_put(self, request: Request, app: Any, base: int) -> Answer:
        number, deployment = self._bridge.next_request(), str(uuid.uuid4())
        return await self._bridge.answer_to(Change(number, deployment, (Put(app, base),), force=_forced(request)))

    def _living(self) -> list[AppState]:
        return [state for state in self._bridge.machine.apps.values() if not state.stored.deleting]

    def _living_state(self, app_id: str) -> AppState | None:
        state = self._bridge.machine.apps.get(edits.path_of(app_id))
        return None if state is None or state.stored.deleting else state

    def _state(self, app_id: str) -> AppState:
        state = self._living_state(app_id)
        if state is None:
            raise _missing(app_id)
        return state


def _missing(app_id: str) -> HTTPException:
    return HTTPException(404, f"App '/{app_id.strip('/')}' does not exist")


def _embeds(request: Request) -> set[str]:
    return set(request.query_params.getlist("embed"))


def _forced(request: Request) -> bool:
    return request.query_params.get("force") == "true"


def _only(request: Request, known: set[str]) -> None:
    """A filter that is not known would silently select too much."""
    unknown = sorted(set(request.query_params) - known)
    if unknown:
        raise DefinitionError([(f"?{name}", "is not a known parameter") for name in unknown])


def _answered(answer: Answer, *, created: bool = False) -> Response:
    if answer.status == 200:
        body = {"version": iso(answer.version), "deploymentId": answer.deployment_id}
        return JSONResponse(body, 201 if created else 200, {"Marathon-Deployment-Id": answer.deployment_id})
    if answer.path:
        return _not_valid([(answer.path, answer.message)])
    deployments = {"deployments": [{"id": locker} for locker in answer.locked_by]} if answer.locked_by else {}
    return JSONResponse({"message": answer.message, **deployments}, answer.status)


def _not_valid(problems: Any) -> Response:
    reasons: dict[str, list[str]] = {}
    for path, reason in problems:
        reasons.setdefault(path, []).append(reason)
    details = [{"path": path, "errors": errors} for path, errors in reasons.items()]
    return JSONResponse({"message": "Object is not valid", "details": details}, 422)


async def _invalid(_: Request, error: Exception) -> Response:
    return _not_valid(error.problems if isinstance(error, DefinitionError) else ())


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else str(error)
    message = (
        f"{request.method} {request.url.path}: {detail}" if detail in ("Not Found", "Method Not Allowed") else detail
    )
    return JSONResponse({"message": message}, status)
