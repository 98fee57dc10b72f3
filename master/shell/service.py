"""A master that serves: its machine, its streams, its gRPC and HTTP faces, in one loop."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from importlib.metadata import version

from barter.core.addresses import split_address
from barter.master.actions import Action
from barter.master.allocator.allocator import Allocator
from barter.master.cluster import Timing
from barter.master.events import Event
from barter.master.facts import Recovered
from barter.master.machine import Master
from barter.master.registry import Registry
from barter.master.shell.hub import Hub
from barter.master.shell.metrics import MasterMetrics, registry_of
from barter.master.shell.operators import Operators
from barter.master.shell.pacing import CALLS_PER_SECOND, Paces
from barter.master.shell.record import Recordings
from barter.master.shell.sessions import AgentSessions, Identity, SchedulerSessions
from barter.proto.v1.agent_pb2_grpc import add_AgentServiceServicer_to_server
from barter.proto.v1.operator_pb2_grpc import add_OperatorServiceServicer_to_server
from barter.proto.v1.scheduler_pb2_grpc import add_SchedulerServiceServicer_to_server
from barter.shell import http, transport
from barter.shell.clock import Clock
from barter.shell.runner import Runner

GOODBYE_SECONDS = 1.0
LONGEST_REST_SECONDS = 0.01


class MasterService:
    """`start`, then `until` its end, then `stop`. Everything runs in the loop that called `start`."""

    def __init__(
        self,
        registry: Registry,
        recovered: Recovered,
        timing: Timing,
        heartbeat_ms: int,
        calls_per_second: int = CALLS_PER_SECOND,
        allocator: Allocator | None = None,
    ) -> None:
        clock = Clock()
        self.cluster_id, self.epoch = recovered.cluster_id, recovered.epoch
        self.address = ""
        machine = Master(recovered, timing, clock.now(), allocator)
        cluster = machine.cluster
        self._hub = Hub(registry, cluster.history)
        self._runner: Runner[Event, Action] = Runner(machine, clock, self._hub.perform, LONGEST_REST_SECONDS)
        paces = Paces(calls_per_second, clock.now)
        self._metrics = MasterMetrics(cluster, paces)
        self._heartbeat_ms = heartbeat_ms
        self._server = transport.server()
        identity = Identity(self.cluster_id, self.epoch, heartbeat_ms)
        frameworks = SchedulerSessions(self._hub, identity, self._post, paces, clock.now)
        add_SchedulerServiceServicer_to_server(frameworks, self._server)  # type: ignore[no-untyped-call]
        agents = AgentSessions(self._hub, identity, self._post, self._post_later)
        add_AgentServiceServicer_to_server(agents, self._server)  # type: ignore[no-untyped-call]
        of_code = version("barter-scheduler")
        self._recordings = Recordings(machine, self._runner, clock.now, of_code)
        operators = Operators(cluster, self._hub, self._recordings, self._post, clock.now, of_code)
        add_OperatorServiceServicer_to_server(operators, self._server)  # type: ignore[no-untyped-call]
        self._stop_http: Callable[[], Awaitable[None]] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, listen: str, http_listen: str, *, insecure: bool = False) -> None:
        """Raises NotAllowed, AddressTaken or ValueError where an address cannot be used."""
        host, _ = split_address(listen)
        port = transport.listen(self._server, listen, insecure=insecure)
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        face = http.face("Barter master", registry_of(self._metrics), self._health)
        self._stop_http = await http.serve(face, http_listen, insecure=insecure)
        self._tasks = [
            asyncio.create_task(self._runner.run()),
            asyncio.create_task(self._hub.beat(self._heartbeat_ms)),
        ]
        await self._server.start()

    async def until(self, stop: asyncio.Event) -> None:
        """Until told to stop; raises what ended the machine before that, such as a registry that cannot be written."""
        stopping = asyncio.create_task(stop.wait())
        done, _ = await asyncio.wait([stopping, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in done:
            task.result()

    async def stop(self) -> None:
        self._hub.end_all()
        self._recordings.close()
        await self._server.stop(GOODBYE_SECONDS)
        if self._stop_http is not None:
            await self._stop_http()
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task

    def _post(self, event: Event) -> None:
        self._metrics.events_handled += 1
        self._runner.post(event)

    def _post_later(self, event: Event) -> None:
        self._metrics.events_handled += 1
        self._runner.post_later(event)

    def _health(self) -> dict[str, object]:
        return {"status": "ok", "cluster": self.cluster_id, "epoch": self.epoch}
