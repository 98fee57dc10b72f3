"""What each process of the framework answers itself, whether it leads or not: `/ping`, `/v2/info`, `/v2/leader`."""

import asyncio
from collections.abc import Callable, Mapping
from importlib.metadata import version

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

from barter.frameworks.service.openapi import document
from barter.frameworks.service.shell.front import Front, Standing
from barter.shell.accepting import prefers

_ABDICATION_DELAY_S = 0.5
_VERSION = version("barter-scheduler")


class OwnAnswers:
    """`info` is what is known of the process beside its version and who leads."""

    def __init__(self, standing: Standing, front: Front, info: Callable[[], Mapping[str, object]]) -> None:
        self._standing, self._front, self._info = standing, front, info

    def install(self, app: FastAPI) -> None:
        """Load balancers ask with HEAD; the server leaves the body out."""
        routes: list[tuple[str, Callable[..., Response]]] = [
            ("/ping", self.ping),
            ("/v2/info", lambda: JSONResponse(self.info())),
            ("/v2/leader", self.leader),
            ("/v2/openapi.json", lambda: JSONResponse(document(_VERSION))),
        ]
        for path, answer in routes:
            app.add_api_route(path, answer, methods=["GET", "HEAD"], response_model=None)
        app.add_api_route("/v2/leader", self.abdicate, methods=["DELETE"], response_model=None)

    @staticmethod
    def ping(request: Request) -> Response:
        as_json = prefers(request, "application/json", "text/plain")
        return JSONResponse("pong") if as_json else PlainTextResponse("pong")

    def info(self) -> dict[str, object]:
        """Marathon's fields, of those that mean something here."""
        return {
            "version": _VERSION,
            "buildref": "unknown",
            "elected": self._standing.leads,
            "leader": self._standing.leader or None,
            **self._info(),
        }

    def leader(self) -> Response:
        leader = self._standing.leader
        return JSONResponse({"leader": leader}) if leader else JSONResponse({"message": "There is no leader"}, 404)

    async def abdicate(self, request: Request) -> Response:
        """Another process leads; this one ends, as Marathon's does, once the answer has left."""
        if not self._standing.leads:
            return self._front.way_to_leader(request)
        if given := sorted(set(request.query_params) & {"backup", "restore"}):
            message = f"{given[0]} is not done by an election: use `barter backup` and `barter restore`"
            return JSONResponse({"message": message}, 422)
        if self._standing.abdicate is None:
            message = "this service framework is alone on its folder: nobody could lead instead"
            return JSONResponse({"message": message}, 409)
        asyncio.get_running_loop().call_later(_ABDICATION_DELAY_S, self._standing.abdicate)
        return JSONResponse({"message": "Leadership abdicated"})
