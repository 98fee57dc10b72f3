"""The HTTP face of a master among others: /health and /metrics are its own, all else is the leader's."""

from collections.abc import Callable

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from prometheus_client import CollectorRegistry

from barter.shell import http

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def elected_app(registry: CollectorRegistry, health: http.Health, leader_http: Callable[[], str]) -> FastAPI:
    """`leader_http`: HOST:PORT of another that leads, empty where this one does or nobody is known."""
    app = http.face("Barter master", registry, health)

    @app.api_route("/{path:path}", methods=METHODS, include_in_schema=False)
    async def elsewhere(path: str, request: Request) -> Response:
        if leader := leader_http():
            query = f"?{request.url.query}" if request.url.query else ""
            return RedirectResponse(f"http://{leader}{request.url.path}{query}", 307)
        state = health()
        if not state["leading"]:
            raise HTTPException(503, state.get("reason", "no master leads"))
        raise HTTPException(404, "a master has /health and /metrics; operators use `barter`")

    return app
