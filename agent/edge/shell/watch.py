"""Watches the endpoints at the leading master, over its losses. A master of a lower epoch than was heard is left."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import partial

import grpc.aio as aio

from barter.agent.edge.messages import Event, TellServed, Told, WatchLost
from barter.agent.edge.shell.reports import Reports
from barter.agent.edge.view import ServiceEndpoints
from barter.core.cluster import Endpoint, Service, ServicePort
from barter.core.route import MastersAre
from barter.core.turns import Turns
from barter.proto.codec import endpoint_from_wire
from barter.proto.v1 import operator_pb2 as op
from barter.proto.v1 import types_pb2 as pb
from barter.proto.v1.operator_pb2_grpc import OperatorServiceStub
from barter.shell import reach
from barter.shell.log import logger
from barter.shell.transport import channel, leader_of

_LOOKUP_S, _LOOKUP_LASTS_S = 1.0, 30.0
log = logger("edge.watch")


class Watch:
    """Posts Told for every update and WatchLost when the word breaks off. Without `masters` it waits until told."""

    def __init__(self, masters: Sequence[str], post: Callable[[Event], None]) -> None:
        self._turns = Turns(masters)
        self._epoch = self._leader_epoch = 0
        self._news = asyncio.Event()
        self._post = post
        self._lookups: dict[str, tuple[str, float]] = {}
        self._troubled = False
        self._heard = False
        self._reports: Reports | None = None

    async def run(self) -> None:
        """Until cancelled: try one master after another, the leader first where one is named."""
        while True:
            self._news.clear()
            while self._turns.none_known:
                await self._sleep(None)
                self._news.clear()
            master = self._turns.next()
            leader, reason = await self._attempt(master)
            if not leader or self._turns.redirected:
                self._lost(master, reason)
            await self._sleep(self._turns.lost(leader, random.randrange(1000)) / 1000)

    def told(self, masters: MastersAre) -> None:
        """Go to a leader that is news, away from any of an earlier epoch."""
        leader = masters.leader if masters.epoch >= self._epoch else ""
        known = self._turns.none_known
        if self._turns.replace(masters.addresses, leader, masters.epoch) or known:
            self._leader_epoch = masters.epoch
            self._news.set()

    def tell_served(self, told: TellServed) -> None:
        """For the master that is watched; to the next one all is told anew, as its first word is a snapshot."""
        if self._reports is not None:
            self._reports.add(told)

    async def _sleep(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def _attempt(self, master: str) -> tuple[str, str]:
        """Follow that master until it ends, or until another leads in a later epoch."""
        silent = self._turns.unreachable
        back = silent, f"{silent} answers again"
        following = asyncio.create_task(reach.unless_back(partial(self._follow, master, silent), silent, back))
        news = asyncio.create_task(self._news.wait())
        try:
            await asyncio.wait({following, news}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done() and self._leader_epoch <= self._epoch:
                await asyncio.wait({following})
            return following.result() if following.done() else ("", "another master leads")
        finally:
            for each in (following, news):
                each.cancel()
            await asyncio.gather(following, news, return_exceptions=True)

    async def _follow(self, master: str, unreachable: str, heard: Callable[[], object]) -> tuple[str, str]:
        """Listen until the stream ends; returns the leader's address, if it was told, and why it ended."""
        line = channel(master)
        try:
            if not await reach.reachable(line):
                return "", "nobody answers there"
            stub = OperatorServiceStub(line)  # type: ignore[no-untyped-call]
            async with self._reporting(stub) as edge:
                stream = stub.WatchEndpoints(op.WatchEndpointsRequest(edge=edge), metadata=reach.telling(unreachable))
                async for update in stream:
                    heard()
                    if update.epoch < self._epoch:
                        self._turns.shun()
                        return "", f"its epoch {update.epoch} is over, {self._epoch} has spoken already"
                    self._epoch = update.epoch
                    await self._tell(master, update)
                return leader_of(await stream.trailing_metadata()), "the master ended the watch"
        except aio.AioRpcError as error:
            return leader_of(error.trailing_metadata()), f"{error.code().name}: {error.details()}"
        finally:
            await line.close(None)

    @contextlib.asynccontextmanager
    async def _reporting(self, stub: OperatorServiceStub) -> AsyncIterator[str]:
        """Reports go there meanwhile, under the name that is given."""
        self._reports = Reports()
        sending = asyncio.create_task(self._reports.send(stub))
        try:
            yield self._reports.edge
        finally:
            self._reports = None
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

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
