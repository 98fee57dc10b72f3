"""The HTTP face every daemon has: `/health`, `/metrics`, and what it adds to them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from barter.shell.accepting import prefers
from barter.shell.metrics_json import metrics_json
from barter.shell.transport import AddressTaken, check_listen

LAST_ANSWERS_S = 3
"""Who does not read its answer does not keep a daemon from ending."""
Health = Callable[[], dict[str, object]]


def face(title: str, registry: CollectorRegistry, health: Health) -> FastAPI:
    """An application with `/health` (200 while the process serves) and `/metrics` (Prometheus text, or JSON)."""
    app = FastAPI(title=title, docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/health")
    async def get_health() -> dict[str, object]:
        return health()

    @app.get("/metrics")
    async def get_metrics(request: Request) -> Response:
        if prefers(request, "application/json", "text/plain"):
            return JSONResponse(metrics_json(registry))
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return app


async def serve(app: FastAPI, address: str, *, insecure: bool = False) -> Callable[[], Awaitable[None]]:
    """Serve in this loop; return the coroutine function that stops it.

    Raises NotAllowed or AddressTaken.
    """
    host, port = check_listen(address, insecure=insecure)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=LAST_ANSWERS_S,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        if task.done():
            raise AddressTaken(f"cannot serve HTTP on {address}") from task.exception()
        await asyncio.sleep(0.005)

    async def stop() -> None:
        server.should_exit = True
        await task

    return stop


class _Server(uvicorn.Server):
    """Leaves the process' signals to the daemon."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield
