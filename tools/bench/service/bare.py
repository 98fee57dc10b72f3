"""The floor: an HTTP server of the same making that keeps each app it is sent in the same kind of store."""

import asyncio
import signal
import sys
from pathlib import Path

from fastapi import Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CollectorRegistry

from barter.frameworks.service.definition import parse_json
from barter.sdk import SqliteStore
from barter.shell import http


async def main(listen: str, folder: Path) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    store = SqliteStore(folder / "bare.sqlite")

    async def create(request: Request) -> Response:
        body = await request.body()
        app = parse_json(body)
        store.set(app["id"], body)
        return JSONResponse(app, 201)

    face = http.face("bare", CollectorRegistry(), dict)
    face.add_api_route("/v2/apps", create, methods=["POST"], response_model=None)
    end = await http.serve(face, listen)
    await stop.wait()
    await end()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
