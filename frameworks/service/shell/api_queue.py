"""/v2/queue: what waits to be launched, and why."""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from barter.frameworks.service.events import ResetDelay
from barter.frameworks.service.paths import key_of
from barter.frameworks.service.queue_views import NOT_TOLD, is_waiting, queue_view
from barter.frameworks.service.shell import refusals
from barter.frameworks.service.shell.desk import Desk, Route, absolute, embedded
from barter.frameworks.service.unused_offers import Standing

Why = Callable[[Sequence[str], bool], Awaitable[dict[str, Standing]]]
"""Asked for demands by id, and whether agent by agent, tells where each stands, as far as the master says so."""


class Queue:
    def __init__(self, desk: Desk, why: Why) -> None:
        self._desk, self._why = desk, why

    def routes(self) -> list[Route]:
        return [
            ("GET", "/v2/queue", self.index),
            ("DELETE", "/v2/queue/{app_id:path}/delay", self.reset_delay),
        ]

    async def index(self, request: Request) -> Response:
        embeds = embedded(request)
        unused, reasons = "lastUnusedOffers" in embeds, "reasons" in embeds
        waiting = [state for state in self._desk.bridge.machine.apps.values() if is_waiting(state)]
        standings = await self._why([key_of(state.stored.app_id) for state in waiting], unused)
        scene = self._desk.scene()
        views = [
            queue_view(
                scene, state, standings.get(key_of(state.stored.app_id), NOT_TOLD), unused=unused, reasons=reasons
            )
            for state in waiting
            if is_waiting(state)
        ]
        return JSONResponse({"queue": views})

    async def reset_delay(self, app_id: str) -> Response:
        path = absolute(app_id)
        state = self._desk.bridge.machine.apps.get(path)
        if state is None or not is_waiting(state):
            raise HTTPException(404, f"Application {path} not found in tasks queue.")
        answer = await self._desk.bridge.answer_to(ResetDelay(self._desk.bridge.next_request(), path))
        return Response(status_code=204) if answer.status == 200 else refusals.of_answer(answer)
