"""Watches the endpoints at the leading master, over its losses."""

import asyncio
import contextlib
import random
import socket
from collections.abc import Callable
from dataclasses import replace

import grpc
import grpc.aio as aio

from barter.agent.edge.messages import Event, Told, WatchLost
from barter.agent.edge.view import ServiceEndpoints
from barter.core.addresses import split_addresses
from barter.core.cluster import Endpoint, Service, ServicePort
from barter.core.turns import Turns
from barter.proto.codec import endpoint_from_wire
from barter.proto.v1 import operator_pb2 as op
from barter.proto.v1 import types_pb2 as pb
from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub
from barter.shell.log import logger
from barter.shell.transport import channel, leader_of

_LOOKUP_S, _LOOKUP_LASTS_S = 1.0, 30.0
log = logger("edge.watch")


class Watch:
    """Posts Told for every update and WatchLost when the word breaks off."""

    def __init__(self, masters: str, post: Callable[[Event], None]) -> None:
        self._turns = Turns(split_addresses(masters))
        self._post = post
        self._lookups: dict[str, tuple[str, float]] = {}
        self._troubled = False
        self._heard = False

    async def run(self) -> None:
        """Until cancelled: try one master after another, the leader first where one is named."""
        while True:
            master = self._turns.next()
            leader, reason = await self._follow(master)
            if not leader or self._turns.redirected:
                self._lost(master, reason)
            await asyncio.sleep(self._turns.lost(leader, random.randrange(1000)) / 1000)

    async def _follow(self, master: str) -> tuple[str, str]:
        """Listen until the stream ends; returns the leader's address, if it was told, and why it ended."""
        line = channel(master)
        try:
            stub = OperatorServiceStub(line)  # type: ignore[no-untyped-call]
            async for update in stub.WatchEndpoints(op.WatchEndpointsRequest()):
                await self._tell(master, update)
        except aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
                return leader_of(error.trailing_metadata()), f"{master} does not lead"
            return "", f"{error.code().name}: {error.details()}"
        finally:
            await line.close(None)
        return "", "the master ended the watch"

    async def _tell(self, master: str, update: op.EndpointsUpdate) -> None:
        if self._troubled or not self._heard:
            log.info("hears of endpoints", master=master)
        self._troubled, self._heard = False, True
        self._turns.arrived()
        services: list[ServiceEndpoints] = []
        for entry in update.services:
            service = _read_service(entry.service)
            endpoints = [await self._resolve(endpoint_from_wire(endpoint)) for endpoint in entry.endpoints]
            services.append(ServiceEndpoints(service, tuple(endpoints)))
        self._post(Told(tuple(services), tuple(update.removed), update.snapshot, update.settled))

    def _lost(self, master: str, reason: str) -> None:
        if self._troubled:
            return
        self._troubled = True
        if self._heard:
            self._post(WatchLost(f"the watch at {master} is lost ({reason})"))
        else:
            log.warning("no master answers yet; trying on", master=master, reason=reason)

    async def _resolve(self, endpoint: Endpoint) -> Endpoint:
        """An agent may be known by name; HAProxy's slots take addresses. A name unknown here is left to be refused."""
        host = endpoint.host
        if not host or host[0].isdecimal() or ":" in host:
            return endpoint
        loop = asyncio.get_running_loop()
        address, until = self._lookups.get(host, (host, 0.0))
        if until < loop.time():
            with contextlib.suppress(OSError, UnicodeError, TimeoutError):
                async with asyncio.timeout(_LOOKUP_S):
                    found = await loop.getaddrinfo(host, endpoint.port, type=socket.SOCK_STREAM)
                address = str(sorted(found)[0][4][0])
            self._lookups[host] = (address, loop.time() + _LOOKUP_LASTS_S)
        return replace(endpoint, host=address)


def _read_service(wire: pb.Service) -> Service:
    """Not the codec's: one bad number must exclude its service, not end the watch; the model checks every field."""
    ports = tuple(ServicePort(port.name, port.number, port.protocol, tuple(port.vhosts)) for port in wire.ports)
    return Service(wire.service_id, ports)
