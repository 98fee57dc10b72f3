"""`/v2/events`: what happens, as it happens, to every client that listens, as server-sent events.

A client is sent all that it asked for from its first event on, or its connection ends: one that does not read for so
long that `MOST_WAITING` bytes wait is let go, and knows by that.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from barter.frameworks.service.published import Published
from barter.frameworks.service.timestamps import iso
from barter.shell.log import logger

MOST_WAITING = 16 << 20
_KEEP_ALIVE_S = 10.0
_MEDIA_TYPE = "text/event-stream"
_log = logger("service")


class _Client:
    def __init__(self, address: str, kinds: Collection[str]) -> None:
        self.address, self.kinds = address, frozenset(kinds)
        self.waiting: list[bytes] = []
        self.size = 0
        self.news = asyncio.Event()
        self.over = False

    def wants(self, kind: str) -> bool:
        return not self.over and (not self.kinds or kind in self.kinds)

    def put(self, text: bytes) -> None:
        self.waiting.append(text)
        self.size += len(text)
        self.news.set()

    def take(self) -> bytes:
        text, self.waiting, self.size = b"".join(self.waiting), [], 0
        self.news.clear()
        return text

    def end(self) -> None:
        self.over = True
        self.news.set()


class EventStream:
    """`publish` to all clients; `close` ends their connections. `now` is in milliseconds since 1970."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._clients: dict[_Client, None] = {}
        self._closed = False

    def publish(self, published: Published) -> None:
        listening = [client for client in self._clients if client.wants(published.kind)]
        if not listening:
            return
        body = {**published.body, "eventType": published.kind, "timestamp": iso(self._now())}
        text = f"event: {published.kind}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n".encode()
        for client in listening:
            client.put(text)
            if client.size > MOST_WAITING:
                self._drop(client)

    def close(self) -> None:
        self._closed = True
        for client in self._clients:
            client.end()

    async def answer(self, request: Request) -> Response:
        """The stream, filtered by each `event_type` given; 405 to who does not accept one, as Marathon says it."""
        if _MEDIA_TYPE not in request.headers.get("accept", ""):
            message = f"/v2/events is a stream: ask for it with the header 'Accept: {_MEDIA_TYPE}'"
            return JSONResponse({"message": message}, 405, {"Allow": "GET"})
        address = request.client.host if request.client else ""
        client = _Client(address, request.query_params.getlist("event_type"))
        self._clients[client] = None
        self.publish(Published("event_stream_attached", {"remoteAddress": address}))
        # What stands between must not collect the events either.
        headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
        return _Attached(self._events(client), partial(self._detach, client), headers)

    async def _events(self, client: _Client) -> AsyncIterator[bytes]:
        while not (client.over or self._closed):
            try:
                async with asyncio.timeout(_KEEP_ALIVE_S):
                    await client.news.wait()
            except TimeoutError:
                yield b":\n\n"
            else:
                yield client.take()

    def _detach(self, client: _Client) -> None:
        del self._clients[client]
        self.publish(Published("event_stream_detached", {"remoteAddress": client.address}))

    def _drop(self, client: _Client) -> None:
        _log.warning("a client of /v2/events does not read, its connection ends", address=client.address)
        client.waiting.clear()
        client.end()


class _Attached(StreamingResponse):
    """Calls `detach` when its connection has ended, whoever ended it."""

    def __init__(self, events: AsyncIterator[bytes], detach: Callable[[], None], headers: dict[str, str]) -> None:
        super().__init__(events, media_type=_MEDIA_TYPE, headers=headers)
        self._detach = detach

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._detach()
