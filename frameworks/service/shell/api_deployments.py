"""/v2/deployments: what is under way, and its being taken back, paused, resumed and promoted."""

import uuid

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from barter.frameworks.service.deployment_views import deployment_view
from barter.frameworks.service.events import Pause, Promote, Resume, Rollback
from barter.frameworks.service.shell import refusals
from barter.frameworks.service.shell.desk import Desk, Route, deployed, embedded, flag


class Deployments:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def routes(self) -> list[Route]:
        one = "/v2/deployments/{deployment_id}"
        return [
            ("GET", "/v2/deployments", self.index),
            ("GET", one, self.show),
            ("DELETE", one, self.delete),
            ("POST", f"{one}/pause", self.pause),
            ("POST", f"{one}/resume", self.resume),
            ("POST", f"{one}/promote", self.promote),
        ]

    async def index(self, request: Request) -> Response:
        machine, reasons = self._desk.bridge.machine, "reasons" in embedded(request)
        views = [deployment_view(each, machine.apps, reasons=reasons) for each in machine.deployments.values()]
        return JSONResponse(views)

    async def show(self, deployment_id: str) -> Response:
        """Our own: whether it is under way, or how it ended."""
        if deployment_id in self._desk.bridge.machine.deployments:
            return JSONResponse({"id": deployment_id, "state": "RUNNING", "reason": ""})
        ended = self._desk.bridge.outcomes.of(deployment_id)
        if ended is None:
            raise HTTPException(404, f"DeploymentPlan {deployment_id} does not exist")
        return JSONResponse(ended)

    async def delete(self, request: Request, deployment_id: str) -> Response:
        """Back to what was before, by a new deployment; with `force` it is given up, and nothing else is done."""
        force = flag(request, "force")
        event = Rollback(self._desk.bridge.next_request(), deployment_id, str(uuid.uuid4()), force)
        if flag(request, "dryRun"):
            return deployed(await self._desk.preflight.dry_rollback(event))
        answer = await self._desk.bridge.answer_to(event)
        return Response(status_code=202) if force and answer.status == 200 else deployed(answer)

    async def pause(self, deployment_id: str) -> Response:
        return await self._steer(Pause(self._desk.bridge.next_request(), deployment_id))

    async def resume(self, deployment_id: str) -> Response:
        return await self._steer(Resume(self._desk.bridge.next_request(), deployment_id))

    async def promote(self, deployment_id: str) -> Response:
        return await self._steer(Promote(self._desk.bridge.next_request(), deployment_id))

    async def _steer(self, event: Pause | Resume | Promote) -> Response:
        answer = await self._desk.bridge.answer_to(event)
        if answer.status != 200:
            return refusals.of_answer(answer)
        machine = self._desk.bridge.machine
        deployment = machine.deployments.get(event.deployment_id)
        return JSONResponse(deployment_view(deployment, machine.apps, reasons=True) if deployment else {})
