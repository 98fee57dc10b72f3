"""What every process of the framework answers: the API where it leads, and else the way to who does."""

from collections.abc import Callable
from typing import Protocol

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

LEADER_HEADER = "X-Marathon-Leader"
NOBODY = "no service framework leads: {}; running apps go on, changes are refused"


class Standing(Protocol):
    """Of this process among those of its framework."""

    @property
    def leads(self) -> bool: ...

    @property
    def leader(self) -> str:
        """host:port of the leader's API, this one's where it leads; empty where nobody is known to."""
        ...

    @property
    def why_no_leader(self) -> str: ...

    @property
    def abdicate(self) -> Callable[[], None] | None:
        """Has another process lead; None where there is no other."""
        ...


class Front:
    """An ASGI application; `api` is the one to serve while this process leads."""

    def __init__(self, standing: Standing, own: str) -> None:
        """`own` is the host:port that others are told of this process."""
        self.api: ASGIApp | None = None
        self._standing, self._own = standing, own

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
        elif self.api is not None and self._standing.leads:
            await self.api(scope, receive, _naming(self._own, send))
        else:
            request = Request(scope, receive)
            async for _ in request.stream():
                pass
            await self.way_to_leader(request)(scope, receive, send)

    def way_to_leader(self, request: Request) -> Response:
        """Where who asks gets an answer, or why nowhere."""
        leader = self._standing.leader
        if not leader:
            return JSONResponse({"message": NOBODY.format(self._standing.why_no_leader)}, 503)
        if leader == self._own:
            why = (
                "the process before this one, at the same address, has led, and its session with ZooKeeper is not over"
            )
            return JSONResponse({"message": NOBODY.format(why)}, 503)
        url = f"http://{leader}"
        target = request.scope.get("raw_path", request.url.path.encode()).decode("ascii")
        query = f"?{request.url.query}" if request.url.query else ""
        return Response(status_code=307, headers={"Location": f"{url}{target}{query}", LEADER_HEADER: url})


def _naming(leader: str, send: Send) -> Send:
    """Has each answer tell who gave it, as Marathon's do."""

    async def named(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)[LEADER_HEADER] = f"http://{leader}"
        await send(message)

    return named
