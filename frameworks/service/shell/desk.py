"""What all resources of the API share: what is there, the way to a change, and how a call says what it wants."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from barter.core.roles import DEFAULT_ROLE
from barter.frameworks.service.actions import Answer
from barter.frameworks.service.definition import DefinitionError
from barter.frameworks.service.events import Change, Put
from barter.frameworks.service.groups import Tree
from barter.frameworks.service.published import api_post
from barter.frameworks.service.secrets import source_problems
from barter.frameworks.service.shell import refusals
from barter.frameworks.service.shell.bridge import Bridge
from barter.frameworks.service.shell.facts import Facts
from barter.frameworks.service.shell.preflight import Preflight
from barter.frameworks.service.state import AppState
from barter.frameworks.service.timestamps import iso
from barter.frameworks.service.views import Scene, current_view

DEPLOYMENT_HEADER = "Marathon-Deployment-Id"
Route = tuple[str, str, Callable[..., Any]]
"""A method, a path, and who answers."""

# What curl and others say where nobody told them: no reason to refuse what is JSON.
_JSON = ("", "application/json", "application/x-www-form-urlencoded")


class Desk:
    """`now` is in milliseconds; `role` the one of apps that name none; without `facts` nothing is proved impossible."""

    def __init__(
        self, bridge: Bridge, now: Callable[[], int], role: str = DEFAULT_ROLE, facts: Facts | None = None
    ) -> None:
        self.bridge, self.now, self.role = bridge, now, role
        self.preflight = Preflight(bridge, now, facts)

    def scene(self) -> Scene:
        return Scene(self.bridge.machine.deployment_of, self.role, self.now())

    def tree(self) -> Tree:
        return Tree.of(self.bridge.machine)

    def apps(self) -> list[AppState]:
        """Those that are not being deleted, without pods."""
        return [state for state in self.bridge.machine.apps.values() if _is_app(state)]

    def find(self, app_id: str) -> AppState | None:
        """The app of this absolute id."""
        state = self.bridge.machine.apps.get(app_id)
        return state if state is not None and _is_app(state) else None

    def app(self, text: str) -> AppState:
        """The app that a path names; raises HTTPException (404)."""
        state = self.find(absolute(text))
        if state is None:
            raise missing("App", text)
        return state

    async def change(self, request: Request, **parts: Any) -> Answer:
        """Ask for a Change of these `parts`, and wait until it is durable, or refused.

        Raises DefinitionError where it can never be finished or a secret is not there, and DryRun where only that and
        the rest is to be told.
        """
        puts = parts["puts"] = tuple(map(self._as_told, parts.get("puts", ())))
        self._check_secrets(puts)
        deployment = str(uuid.uuid4())
        event = Change(self.bridge.next_request(), deployment, **parts, force=flag(request, "force"))
        if flag(request, "dryRun"):
            return await self.preflight.dry_run(event)
        await self.preflight.check(event)
        answer = await self.bridge.answer_to(event)
        if answer.status == 200 and request.url.path.startswith("/v2/apps"):
            self._announce(request, event)
        return answer

    def _announce(self, request: Request, change: Change) -> None:
        """On the event stream, as Marathon does of what is asked of apps one by one."""
        client = request.client.host if request.client else ""
        for put in change.puts:
            if (state := self.bridge.machine.apps.get(put.app.app_id)) is not None:
                definition = current_view(state.stored, self.role)
                self.bridge.publish(api_post(client, request.url.path, definition))

    def _check_secrets(self, puts: Iterable[Put]) -> None:
        problems: list[tuple[str, str]] = []
        for put in puts:
            state = self.bridge.machine.apps.get(put.app.app_id)
            problems += source_problems(put.app, state.app if state else None, self.bridge.secret_of)
        if problems:
            raise DefinitionError(problems)

    def _as_told(self, put: Put) -> Put:
        """An app that names no role is told with the framework's: what comes back as it was told is no change."""
        return replace(put, app=replace(put.app, role="")) if put.app.role == self.role else put


def missing(what: str, text: str) -> HTTPException:
    return HTTPException(404, f"{what} '{absolute(text)}' does not exist")


def absolute(text: str) -> str:
    """An id as a path of the API has it: with or without a slash at its ends."""
    return "/" + "/".join(filter(None, text.split("/")))


def flag(request: Request, name: str, *, default: bool = False) -> bool:
    """Python's clients write True."""
    return request.query_params.get(name, str(default)).lower() == "true"


def embedded(request: Request) -> list[str]:
    return request.query_params.getlist("embed")


async def body_of(request: Request) -> bytes:
    """Raises HTTPException (415) for what says that it is no JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON and not kind.endswith("+json"):
        raise HTTPException(415, "Unsupported Media Type")
    return await request.body()


def deployed(answer: Answer, status: int = 200, location: str = "") -> Response:
    """Which deployment brings a change about, or why it was refused."""
    if answer.status != 200:
        return refusals.of_answer(answer)
    headers = {DEPLOYMENT_HEADER: answer.deployment_id, **({"Location": location} if location else {})}
    return JSONResponse({"version": iso(answer.version), "deploymentId": answer.deployment_id}, status, headers)


def _is_app(state: AppState) -> bool:
    return not state.stored.deleting and not state.stored.is_pod
