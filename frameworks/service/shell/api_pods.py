"""/v2/pods: definitions, how they fare, their versions, and instances to end."""

import re

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from barter.frameworks.service.app import App
from barter.frameworks.service.definition import DefinitionError, parse_json, parse_texts
from barter.frameworks.service.events import KillInstances, Put
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.paths import check_path
from barter.frameworks.service.pod_definition import parse_pod
from barter.frameworks.service.pod_views import killed_view, pod_view, status_view
from barter.frameworks.service.published import pod_changed
from barter.frameworks.service.schema import Json
from barter.frameworks.service.shell import refusals
from barter.frameworks.service.shell.desk import (
    DEPLOYMENT_HEADER,
    Desk,
    Route,
    absolute,
    body_of,
    deployed,
    flag,
    missing,
)
from barter.frameworks.service.state import AppState
from barter.frameworks.service.timestamps import from_iso, iso

_INSTANCE = re.compile(r"(.+)\.(instance-|marathon-)([^.]+)")


class Pods:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        one = "/v2/pods/{pod_id:path}"
        return [
            ("HEAD", "/v2/pods", self.supported),
            ("GET", "/v2/pods", self.index),
            ("POST", "/v2/pods", self.create),
            ("GET", "/v2/pods/::status", self.statuses),
            ("GET", f"{one}::status", self.status),
            ("GET", f"{one}::versions", self.versions),
            ("GET", f"{one}::versions/{{version}}", self.version),
            ("DELETE", f"{one}::instances", self.kill_many),
            ("DELETE", f"{one}::instances/{{instance_id}}", self.kill_one),
            ("GET", one, self.show),
            ("PUT", one, self.put),
            ("DELETE", one, self.delete),
        ]

    async def supported(self) -> Response:
        return Response()

    async def index(self) -> Response:
        return JSONResponse([pod_view(state.stored, self._desk.role) for state in self._all() if _stays(state)])

    async def create(self, request: Request) -> Response:
        app = parse_pod(parse_json(await body_of(request)))
        return await self._put(request, app, 0, 201)

    async def show(self, pod_id: str) -> Response:
        return JSONResponse(pod_view(self._pod(pod_id).stored, self._desk.role))

    async def put(self, request: Request, pod_id: str) -> Response:
        """The whole of it: what is not given is as by default."""
        body = parse_json(await body_of(request))
        app = parse_pod(body)
        if app.app_id != absolute(pod_id):
            message = f"'{absolute(pod_id)}' does not match definition's id ('{body['id']}')"
            raise HTTPException(400, message)
        state = self._desk.bridge.machine.apps.get(app.app_id)
        if state is not None and not state.stored.is_pod:
            raise missing("Pod", pod_id)
        return await self._put(request, app, 0 if state is None or state.stored.deleting else state.stored.version, 200)

    async def delete(self, request: Request, pod_id: str) -> Response:
        answer = await self._desk.change(request, deletes=(self._pod(pod_id).stored.app_id,))
        if answer.status != 200:
            return deployed(answer)
        self._publish("deleted", request)
        headers = {DEPLOYMENT_HEADER: answer.deployment_id, "Location": answer.deployment_id}
        return Response(status_code=202, headers=headers)

    async def statuses(self) -> Response:
        return JSONResponse([self._status(state) for state in self._all()])

    async def status(self, pod_id: str) -> Response:
        """Also of one that is being deleted: it is TERMINAL until it is gone."""
        state = self._desk.bridge.machine.apps.get(absolute(pod_id))
        if state is None or not state.stored.is_pod:
            raise missing("Pod", pod_id)
        return JSONResponse(self._status(state))

    async def versions(self, pod_id: str) -> Response:
        return JSONResponse([iso(version) for version, _ in reversed(self._pod(pod_id).stored.versions)])

    async def version(self, pod_id: str, version: str) -> Response:
        stored = self._pod(pod_id).stored
        try:
            wanted = from_iso(version)
        except ValueError as error:
            raise DefinitionError([("/version", str(error))]) from None
        if stored.definition(wanted) is None:
            raise HTTPException(404, f"Pod '{stored.app_id}' has no version {version}")
        return JSONResponse(pod_view(stored, self._desk.role, wanted))

    async def kill_many(self, request: Request, pod_id: str) -> Response:
        wanted = parse_texts(await body_of(request))
        problems = [(f"/{index}", why) for index, one in enumerate(wanted) if (why := _id_problem(one))]
        if problems:
            raise DefinitionError(problems)
        state = self._pod(pod_id)
        return await self._kill(request, state, [one for one in state.instances.values() if one.task_id in wanted])

    async def kill_one(self, request: Request, pod_id: str, instance_id: str) -> Response:
        if why := _id_problem(instance_id):
            raise DefinitionError([("/", why)])
        state = self._pod(pod_id)
        instance = state.instances.get(instance_id)
        if instance is None:
            raise HTTPException(404, f"Task '{instance_id}' does not exist")
        return await self._kill(request, state, [instance], one=True)

    async def _kill(self, request: Request, state: AppState, chosen: list[Instance], *, one: bool = False) -> Response:
        ids = tuple(instance.task_id for instance in chosen)
        wipe = flag(request, "wipe")
        answer = await self._desk.bridge.answer_to(
            KillInstances(self._desk.bridge.next_request(), ids, deployment_id="", wipe=wipe)
        )
        if answer.status != 200:
            return refusals.of_answer(answer)
        views = [killed_view(state, instance) for instance in chosen]
        return JSONResponse(views[0] if one else views)

    async def _put(self, request: Request, app: App, base: int, status: int) -> Response:
        answer = await self._desk.change(request, puts=(Put(app, base),))
        state = self._desk.bridge.machine.apps.get(app.app_id)
        if answer.status != 200 or state is None:
            return deployed(answer)
        self._publish("updated" if status == 200 else "created", request)
        headers = {"Location": f"/v2/pods{app.app_id}", DEPLOYMENT_HEADER: answer.deployment_id}
        return JSONResponse(pod_view(state.stored, self._desk.role), status, headers)

    def _publish(self, what: str, request: Request) -> None:
        client_ip = request.client.host if request.client else ""
        self._desk.bridge.publish(pod_changed(what, client_ip, request.url.path))

    def _status(self, state: AppState) -> Json:
        return status_view(state, self._desk.role, self._desk.now())

    def _all(self) -> list[AppState]:
        return [state for state in self._desk.bridge.machine.apps.values() if state.stored.is_pod]

    def _pod(self, text: str) -> AppState:
        """The pod that a path names; raises DefinitionError, or HTTPException (404)."""
        path = absolute(text)
        try:
            check_path(path)
        except ValueError as error:
            raise DefinitionError([("/id", str(error))]) from None
        state = self._desk.bridge.machine.apps.get(path)
        if state is None or not state.stored.is_pod or not _stays(state):
            raise missing("Pod", text)
        return state


def _stays(state: AppState) -> bool:
    return not state.stored.deleting


def _id_problem(text: str) -> str:
    return "" if _INSTANCE.fullmatch(text) else f"{text[:80]!r} is not the id of an instance, as pod.instance-1-1 is"
