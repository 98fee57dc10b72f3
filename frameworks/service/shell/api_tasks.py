"""/v2/tasks and the tasks of an app: told, and ended."""

import uuid
from collections.abc import Iterable

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from barter.frameworks.service.actions import Answer
from barter.frameworks.service.definition import DefinitionError, parse_json
from barter.frameworks.service.embeds import Embed, app_embeds
from barter.frameworks.service.events import KillInstances
from barter.frameworks.service.instances import Instance
from barter.frameworks.service.places import Place
from barter.frameworks.service.shell.api_apps import in_group
from barter.frameworks.service.shell.desk import Desk, Route, body_of, deployed, embedded, flag
from barter.frameworks.service.state import AppState
from barter.frameworks.service.task_views import CONDITIONS, detached_view, task_view, tasks_text
from barter.shell.accepting import prefers

Found = tuple[AppState, Instance]
_OF_A_TASK = ".instance-"
_TO_END = frozenset({"host", "scale", "force", "wipe"})


class Tasks:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        one = "/v2/apps/{app_id:path}/tasks"
        return [
            ("GET", "/v2/tasks", self.index),
            ("POST", "/v2/tasks/delete", self.kill_given),
            ("GET", one, self.of_app),
            ("DELETE", one, self.kill_of_app),
            ("DELETE", f"{one}/{{task_id}}", self.kill_one),
        ]

    async def index(self, request: Request) -> Response:
        if prefers(request, "text/plain", "application/json"):
            return PlainTextResponse(tasks_text(self._desk.apps()))
        query = request.query_params
        asked = [each.lower() for each in (*query.getlist("status"), *query.getlist("status[]"))]
        wanted = frozenset().union(*(CONDITIONS.get(each, frozenset()) for each in asked))
        states = self._desk.bridge.machine.apps.values()
        found = [
            (state, one)
            for state in states
            if not state.stored.is_pod
            for one in state.instances.values()
            if not wanted or one.state in wanted
        ]
        return JSONResponse({"tasks": self._views(found, request)})

    async def of_app(self, request: Request, app_id: str) -> Response:
        """Of one app, or with `*` at its end of those of a group."""
        states = in_group(self._desk, app_id) if app_id.split("/")[-1] == "*" else [self._desk.app(app_id)]
        if prefers(request, "text/plain", "application/json"):
            return PlainTextResponse(tasks_text(states))
        found = [(state, one) for state in states for one in state.instances.values()]
        detached = [detached_view(state, one) for state in states for one in self._detached(state)]
        return JSONResponse({"tasks": [*self._views(found, request), *detached]})

    async def kill_of_app(self, request: Request, app_id: str) -> Response:
        """End the instances on `host`, or all."""
        unknown = sorted(set(request.query_params) - _TO_END)
        if unknown:
            # A misspelt host would end them all.
            raise DefinitionError([(f"?{name}", "is not a known parameter") for name in unknown])
        state, host = self._desk.app(app_id), request.query_params.get("host", "")
        found = [
            (state, one) for one in state.instances.values() if host in ("", "*", one.placed.host, one.placed.hostname)
        ]
        shown = self._views(found, request)
        return await self._kill(request, found, {"tasks": shown})

    async def kill_one(self, request: Request, app_id: str, task_id: str) -> Response:
        state = self._desk.app(app_id)
        for place in self._detached(state):
            if place.task_id == task_id and flag(request, "wipe"):
                answer = await self._ask(request, (task_id,), scale=False, wipe=True)
                return deployed(answer) if answer.status != 200 else JSONResponse({"task": detached_view(state, place)})
        if task_id not in state.instances:
            raise HTTPException(404, f"Task '{task_id}' does not exist")
        found = [(state, state.instances[task_id])]
        (shown,) = self._views(found, request)
        return await self._kill(request, found, {"task": shown})

    async def kill_given(self, request: Request) -> Response:
        """Those that a body of `{"ids": [...]}` names; what has ended meanwhile is passed over."""
        ids = _ids(parse_json(await body_of(request)))
        states = [state for state in self._desk.bridge.machine.apps.values() if not state.stored.is_pod]
        found = [(state, one) for state in states for one in state.instances.values() if one.task_id in ids]
        if wrong := sorted(each for each in ids if _OF_A_TASK not in each):
            raise HTTPException(400, f"Invalid task id '{wrong[0]}'")
        shown = self._views(found, request)
        return await self._kill(request, found, {"tasks": shown})

    async def _kill(self, request: Request, found: Iterable[Found], shown: object) -> Response:
        """Who is replaced is told; who is taken off the count starts a deployment."""
        scale, wipe = flag(request, "scale"), flag(request, "wipe")
        if scale and wipe:
            raise HTTPException(400, "You cannot use scale and wipe at the same time.")
        answer = await self._ask(request, tuple(one.task_id for _, one in found), scale=scale, wipe=wipe)
        return deployed(answer) if scale or answer.status != 200 else JSONResponse(shown)

    async def _ask(self, request: Request, task_ids: tuple[str, ...], *, scale: bool, wipe: bool) -> Answer:
        number, deployment = self._desk.bridge.next_request(), str(uuid.uuid4())
        event = KillInstances(number, task_ids, deployment, scale, wipe, flag(request, "force"))
        return await self._desk.bridge.answer_to(event)

    def _detached(self, state: AppState) -> tuple[Place, ...]:
        return self._desk.bridge.machine.detached(state.stored.app_id)

    def _views(self, found: Iterable[Found], request: Request) -> list[dict[str, object]]:
        reasons = Embed.REASONS in app_embeds(embedded(request))
        return [task_view(state, one, self._desk.role, reasons=reasons) for state, one in found]


def _ids(body: dict[str, object]) -> set[str]:
    ids = body.get("ids")
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise DefinitionError([("/ids", "is a list of task ids")])
    return set(ids)
