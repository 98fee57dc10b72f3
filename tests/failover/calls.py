"""How the campaign itself asks: HTTP in one loop with everything else, and operators' calls to whoever leads."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
import grpc.aio as aio

from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub
from barter.shell import transport

ReplyT = TypeVar("ReplyT")
TURNS = 6


@dataclass(frozen=True, slots=True)
class Reply:
    """`status` 0 where there was no answer in time. Names of headers are in lower case."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        """Nothing where it is none."""
        with contextlib.suppress(ValueError):
            return json.loads(self.body)
        return None


async def http(address: str, path: str, method: str = "GET", body: object = None, seconds: float = 1.0) -> Reply:
    with contextlib.suppress(OSError, TimeoutError, ValueError, IndexError, EOFError):
        async with asyncio.timeout(seconds):
            return await _exchange(address, path, method, b"" if body is None else json.dumps(body).encode())
    return Reply()


async def _exchange(address: str, path: str, method: str, body: bytes) -> Reply:
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        head = f"{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
        said = await reader.readuntil(b"\r\n\r\n")
        first, *lines = said.decode("latin-1").strip().split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        return Reply(int(first.split()[1]), headers, await reader.readexactly(length))
    finally:
        writer.transport.abort()


def stub_of(channel: aio.Channel) -> Any:
    return OperatorServiceStub(channel)  # type: ignore[no-untyped-call]


class Masters:
    """Calls for the one that leads, found as any client finds it: by asking, and by what the others answer."""

    def __init__(self, addresses: Sequence[str]) -> None:
        self._addresses = tuple(addresses)
        self._channels: dict[str, aio.Channel] = {}
        self._next = 0
        self._leader = ""

    async def ask(self, call: Callable[[Any, float], Awaitable[ReplyT]], seconds: float) -> ReplyT:
        """`call(stub, seconds)` where the leader answers; raises AioRpcError, after which nobody knows what it did."""
        for _ in range(TURNS):
            address = self._leader or self._addresses[self._next % len(self._addresses)]
            try:
                return await call(self._stub(address), seconds)
            except aio.AioRpcError as error:
                self._leader = transport.leader_of(error.trailing_metadata())
                if not self._leader or error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                    self._leader = ""
                    self._next += 1
                    raise
        raise TimeoutError("masters send to each other in a circle")

    def _stub(self, address: str) -> Any:
        if address not in self._channels:
            self._channels[address] = transport.channel(address)
        return stub_of(self._channels[address])

    async def close(self) -> None:
        for channel in self._channels.values():
            await channel.close(None)
