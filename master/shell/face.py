"""Where a master is reached: gRPC behind its door, and HTTP."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI

from barter.core.addresses import split_address
from barter.master.shell.door import Door
from barter.shell import http, transport


class Face:
    """`start`, then `stop`. `address` is where gRPC listens, once it has started."""

    def __init__(self, door: Door, app: FastAPI) -> None:
        self.address = ""
        self._server = transport.server((door,))
        self._app = app
        self._stop_http: Callable[[], Awaitable[None]] | None = None

    async def start(self, listen: str, http_listen: str, *, insecure: bool = False) -> None:
        """Raises NotAllowed, AddressTaken or ValueError where an address cannot be used."""
        host, _ = split_address(listen)
        port = transport.listen(self._server, listen, insecure=insecure)
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._stop_http = await http.serve(self._app, http_listen, insecure=insecure)
        await self._server.start()

    async def stop(self, goodbye_seconds: float) -> None:
        """Calls have so long to end."""
        await self._server.stop(goodbye_seconds)
        if self._stop_http is not None:
            await self._stop_http()
