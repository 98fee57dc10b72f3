"""The REST face: Marathon's paths and JSON under /v2."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from barter.frameworks.service.pod_views import pod_view
from barter.frameworks.service.shell import refusals
from barter.frameworks.service.shell.api_apps import Apps
from barter.frameworks.service.shell.api_deployments import Deployments
from barter.frameworks.service.shell.api_groups import Groups
from barter.frameworks.service.shell.api_pods import Pods
from barter.frameworks.service.shell.api_queue import Queue, Why
from barter.frameworks.service.shell.api_tasks import Tasks
from barter.frameworks.service.shell.desk import Desk
from barter.frameworks.service.unused_offers import Standing


class Api:
    """Reads come from the machine as it stands; changes go through it and are answered when they are durable.

    `why` tells why what waits is not placed.
    """

    def __init__(self, desk: Desk, why: "Why | None" = None) -> None:
        self._resources = (
            Tasks(desk),
            Queue(desk, why or _nobody_says),
            Deployments(desk),
            Groups(desk, lambda stored: pod_view(stored, desk.role)),
            Pods(desk),
            Apps(desk),
        )

    def install(self, app: FastAPI) -> None:
        refusals.install(app)
        app.add_middleware(Trimmed)
        for resource in self._resources:
            for method, path, handler in resource.routes():
                app.add_api_route(path, handler, methods=[method], response_model=None)


class Trimmed:
    """Has a path mean the same with a slash at its end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and path.endswith("/") and path != "/":
            scope = {**scope, "path": path.rstrip("/") or "/"}
        await self._app(scope, receive, send)


async def _nobody_says(demand_ids: Sequence[str], unused: bool) -> dict[str, Standing]:
    return {}
